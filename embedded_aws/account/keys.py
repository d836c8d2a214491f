# pyright: basic
# moto has no types for its backends.
"""Access keys that the account knows: its own, those of its tasks, and those that IAM and STS gave out.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

from __future__ import annotations

import configparser
import datetime as dt
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "credentials"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TASK_HOURS = 6
_RENEWED_BEFORE = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Key:
    """An access key.

    Attributes:
        id: access key id.
        secret: secret access key.
        token: session token of a temporary key.
        expires: when a temporary key ends.
        role_arn: the role whose policies say what it may do; empty: it may do everything.
        session: name of the role's session.
    """

    id: str
    secret: str
    token: str = ""
    expires: dt.datetime | None = None
    role_arn: str = ""
    session: str = ""

    @classmethod
    def new(cls, *, hours: int | None = None, role_arn: str = "", session: str = "") -> Key:
        """Make a random key; with `hours`, a temporary one."""
        name = "".join(secrets.choice(_BASE32) for _ in range(16))
        if hours is None:
            return cls(f"AKIA{name}", secrets.token_urlsafe(30))
        expires = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
        token = secrets.token_urlsafe(120)
        return cls(f"ASIA{name}", secrets.token_urlsafe(30), token, expires, role_arn, session)


def own(home: Path) -> Key:
    """Return the key of the account in `home`, made at its first start: in the form of AWS's own file.

    https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
    """
    path = home / _FILE
    if not path.exists():
        made = Key.new()
        path.touch(mode=0o600)
        path.write_text(
            f"[default]\naws_access_key_id = {made.id}\naws_secret_access_key = {made.secret}\n",
            encoding="utf-8",
        )
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read(path, encoding="utf-8")
    return Key(parsed["default"]["aws_access_key_id"], parsed["default"]["aws_secret_access_key"])


class Keys:
    """All keys of a running account."""

    def __init__(self, own_key: Key) -> None:
        self.own = own_key
        self._of_sessions: dict[str, Key] = {}
        self._lock = threading.Lock()

    def of_session(self, session: str, role_arn: str) -> Key:
        """Return the temporary key of a role's session: a new one in the last hour of the one before."""
        with self._lock:
            now = dt.datetime.now(dt.UTC)
            key = self._of_sessions.get(session)
            if key is None or key.expires is None or key.expires - now < _RENEWED_BEFORE:
                self._of_sessions[session] = key = Key.new(
                    hours=_TASK_HOURS, role_arn=role_arn, session=session
                )
            return key

    def forget(self, session: str) -> None:
        """Let a session's key end, a stopped task's among them."""
        with self._lock:
            self._of_sessions.pop(session, None)

    def find(self, key_id: str) -> Key | None:
        """Return the key of an id."""
        with self._lock:
            keys = [self.own, *self._of_sessions.values()]
        return next(
            (key for key in [*keys, *_issued()] if secrets.compare_digest(key.id.encode(), key_id.encode())),
            None,
        )


def role_arns() -> set[str]:
    """Return the roles that there are."""
    from moto.iam.models import iam_backends  # noqa: PLC0415 - the command line needs no moto

    return {
        role.arn
        for backends in list(iam_backends.values())
        for backend in list(backends.values())
        for role in list(backend.roles.values())
    }


def _issued() -> list[Key]:
    from moto.iam.models import iam_backends  # noqa: PLC0415 - the command line needs no moto
    from moto.sts.models import sts_backends  # noqa: PLC0415

    users = [
        Key(key.access_key_id, key.secret_access_key)
        for backends in list(iam_backends.values())
        for backend in list(backends.values())
        for key in list(backend.access_keys.values())
        if key.status == "Active"
    ]
    sessions = [
        Key(
            role.access_key_id,
            role.secret_access_key,
            role.session_token,
            role.expiration.replace(tzinfo=dt.UTC),
            # moto gives sessions of roles that nobody made; there is nothing to evaluate them by. One whose
            # role was deleted may do nothing.
            role.role_arn if getattr(role, "of_existing_role", True) else "",
            role.session_name,
        )
        for backends in list(sts_backends.values())
        for backend in list(backends.values())
        for role in list(backend.assumed_roles)
    ]
    return [*sessions, *users]
