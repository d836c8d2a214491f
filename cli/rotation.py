"""Replaces a secret's value while the cluster runs, in steps that each are a change of the stack's settings.

The names of a secret's values in the stack's file are the state of its rotation. Which of them are deployed
stands in Pulumi's history. So whoever runs the command again goes on where it was interrupted.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cli import cluster, former_tasks, one_off
from cli.change import change
from cli.errors import UsageError
from cli.stack import Stack
from cli.token_lifetime import token_lifetime
from components.model import image_contract as image
from components.model.aws.stateful_resources import GENERATED_VALUES
from components.model.secrets import FIRST_NAME, GENERATED, Secret, generated

POLL_SECONDS: Final = 30.0
Names = tuple[str, ...]
"""Of a secret's values: the first is used, the others are accepted too."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """How a secret is rotated.

    Attributes:
        secret: which one.
        setting: the setting with the names of its values.
        gradual: whether two values are valid for a while: the new one is used, then the former one goes.
            Otherwise it takes the former one's place.
        published: whether all services must know the new one before one of them uses it.
    """

    secret: Secret
    setting: str
    gradual: bool = False
    published: bool = False


ROTATIONS: Final = {
    "fernet": Rotation(secret=Secret.FERNET_KEY, setting="fernetKeyNames", gradual=True, published=True),
    "jwt": Rotation(secret=Secret.JWT_PRIVATE_KEYS, setting="jwtKeyNames", gradual=True, published=True),
    "database": Rotation(secret=Secret.DATABASE_URL, setting="databasePasswordNames", gradual=True),
    "broker": Rotation(secret=Secret.BROKER_URL, setting="brokerTokenNames", gradual=True),
    "api": Rotation(secret=Secret.API_SECRET_KEY, setting="apiSecretKeyName"),
    "admin": Rotation(secret=Secret.ADMIN_PASSWORD, setting="adminPasswordName"),
}


class NotYetError(Exception):
    """The next step must wait; the text has for what."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far a rotation is.

    Attributes:
        names: those of the secret's values now.
        waits_for: why it is not complete; empty where it is.
        advice: what to do with the stack's file.
    """

    names: Names
    waits_for: str
    advice: str


def following(names: Names, rotation: Rotation) -> Names:
    """Return the names after the next step.

    Raises:
        UsageError: it cannot be seen which value is the newest.
    """
    first, *others = names
    if not others:
        new = str(_number(first) + 1)
        if not rotation.gradual:
            return (new,)
        return (first, new) if rotation.published else (new, first)
    second, *more = others
    if more or _number(first) == _number(second):
        raise UsageError(
            f"the names {', '.join(names)} are not those of a rotation, which has two, the newer with the "
            "greater number. Finish by hand what was begun by hand, down to one name"
        )
    return (second, first) if _number(first) < _number(second) else (first,)


def rotate(
    stack: Stack, kind: str, *, leaked: bool, wait_seconds: float, write: Callable[[str], None]
) -> Outcome:
    """Take all steps of a rotation that can be taken now, beginning with one that was interrupted.

    Args:
        stack: whose secret.
        kind: one of `ROTATIONS`.
        leaked: wait for nothing that still uses the former value; not for the Fernet key.
        wait_seconds: how long to wait, for another update and between steps.
        write: gets a line for each step.

    Raises:
        UsageError: the stack is asleep, its file is not what was deployed, or the names are no rotation's.
        SystemExit: as of `change`; 1 where the keys do not decrypt what the database has.
    """
    return _Run(stack, kind, leaked=leaked, wait_seconds=wait_seconds, write=write).all_steps()


class _Run:
    def __init__(
        self, stack: Stack, kind: str, *, leaked: bool, wait_seconds: float, write: Callable[[str], None]
    ) -> None:
        self._stack, self._kind, self._leaked, self._write = stack, kind, leaked, write
        self._wait_seconds = wait_seconds
        self._rotation = ROTATIONS[kind]
        self._what = f"rotation of {self._rotation.secret} of {stack.name}"

    def all_steps(self) -> Outcome:
        if self._stack.setting("asleep") == "true":
            name = self._stack.name
            raise UsageError(
                f"stack {name} is asleep: no service would get a new value. Set asleep to false, and run "
                f"`pulumi up --stack {name}` first"
            )
        self._require_ours()
        names, advice = self._names(self._stack.setting(self._rotation.setting)), ""
        if self._interrupted(names):
            advice = self._up(names)
            if len(names) == 1:
                return self._complete(names, advice)
        while True:
            after = self._next(names)
            if len(names) > 1 and not self._leaked:
                try:
                    self._settle(names)
                except NotYetError as error:
                    return Outcome(names=names, waits_for=str(error), advice=advice)
            advice = self._up(after)
            names = after
            if len(names) == 1:
                return self._complete(names, advice)

    def _complete(self, names: Names, advice: str) -> Outcome:
        if self._rotation.secret is Secret.DATABASE_URL:
            self._rotate_master()
        return Outcome(names=names, waits_for="", advice=advice)

    def _rotate_master(self) -> None:
        """Let RDS replace its master user's password: only the migration reads it, as it starts.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-rotate

        Raises:
            UsageError: there is no such instance, or AWS refuses.
        """
        host = self._stack.outputs["database_endpoint"].rpartition(":")[0]
        what = f"the master user's password of stack {self._stack.name} cannot be rotated"
        with cluster.opened(self._stack, what) as opened:
            instance = opened.database(host)
            if instance is None:
                raise UsageError(f"{what}: the account has no RDS instance {host}")
            opened.client("rds").modify_db_instance(
                DBInstanceIdentifier=instance["DBInstanceIdentifier"],
                RotateMasterUserPassword=True,
                ApplyImmediately=True,
            )
        self._write(f"{self._kind}: RDS replaces the password of its master user")

    def _require_ours(self) -> None:
        """Refuse a secret that the stack does not generate.

        Raises:
            UsageError: it has none, or the existing database's.
        """
        name, secret = self._stack.name, self._rotation.secret
        if secret not in self._stack.outputs["secret_arns"]:
            raise UsageError(f"stack {name} has no {secret}: there is nothing to rotate")
        if secret is Secret.DATABASE_URL and self._stack.setting("databaseHost"):
            raise UsageError(
                f"stack {name} uses an existing database: change the password there and in its secret "
                f"(databaseSecretArn), and run `pulumi up --stack {name}`"
            )

    def _next(self, names: Names) -> Names:
        after = following(names, self._rotation)
        return (max(after, key=_number),) if self._leaked and self._rotation.published else after

    def _interrupted(self, names: Names) -> bool:
        """Return whether what the stack's file says is still to be deployed.

        Raises:
            UsageError: it is neither what is deployed nor one step further.
        """
        last = next(self._updates(), None)
        if last is None:
            return len(names) > 1
        deployed = self._names_of(last)
        if names == deployed:
            return last["result"] != "succeeded"
        steps = {following(deployed, self._rotation), self._next(deployed)}
        if names in steps:
            return True
        raise UsageError(
            f"{self._rotation.setting} of stack {self._stack.name} is {', '.join(names)} in its file, but "
            f"the last update deployed {', '.join(deployed)}. Take the file that was committed after it"
        )

    def _up(self, names: Names) -> str:
        """Deploy names; return what to do with the stack's file."""
        self._write(f"{self._kind}: {_described(names, self._rotation)}")
        value = [*names] if self._rotation.gradual else names[0]
        return change(
            self._stack,
            self._what,
            {self._rotation.setting: value},
            wait_seconds=self._wait_seconds,
            dropped=self._resources(names),
        )

    def _resources(self, names: Names) -> list[str]:
        """Name the generated values of this secret that do not stay."""
        secret = self._rotation.secret
        stay = tuple(f"-{generated(secret, name)}" for name in names)
        held = [
            one["urn"].rsplit("::", 1)[1] for one in self._stack.deployed if one["type"] in GENERATED_VALUES
        ]
        return [one for one in held if f"-{GENERATED[secret]}" in one and not one.endswith(stay)]

    def _settle(self, names: Names) -> None:
        """Wait until nothing needs what the next step takes away.

        Raises:
            NotYetError: something does, for longer than the caller waits.
        """
        name, secret = self._stack.name, self._rotation.secret
        with cluster.opened(self._stack, f"the tasks of stack {name} cannot be read") as opened:
            opened.require_awake(opened.services())
            self._wait_until(lambda: former_tasks.line(former_tasks.find(opened, secret)))
            if _number(names[0]) < _number(names[1]):
                return
            if secret is Secret.FERNET_KEY:
                _, code = one_off.run(opened, image.ROTATE_FERNET_KEY_COMMAND, self._write)
                if code:
                    raise SystemExit(
                        f"{self._what} failed: not everything is encrypted with the new key, and both stay"
                    )
            if secret is Secret.JWT_PRIVATE_KEYS:
                end = self._deployed_since(names) + token_lifetime(self._stack, opened)
                self._wait_until(lambda: _until(end))

    def _wait_until(self, reason: Callable[[], str]) -> None:
        give_up = time.monotonic() + self._wait_seconds
        shown = ""
        while why := reason():
            if time.monotonic() >= give_up:
                raise NotYetError(why)
            if why != shown:
                self._write(f"{self._kind}: waits: {why}")
                shown = why
            time.sleep(POLL_SECONDS)

    def _deployed_since(self, names: Names) -> datetime:
        """Return when the update ended that deployed these names first, and nothing else since.

        Raises:
            NotYetError: the last update did not deploy them.
        """
        since = None
        for update in self._updates():
            if self._names_of(update) != names:
                break
            if update["result"] == "succeeded":
                since = update["endTime"]
        if since is None:
            raise NotYetError(f"no update in Pulumi's history deployed {', '.join(names)}: run `pulumi up`")
        return datetime.fromisoformat(since)

    def _updates(self) -> Iterator[Mapping[str, Any]]:
        return (one for one in self._stack.updates() if one["kind"] == "update")

    def _names_of(self, update: Mapping[str, Any]) -> Names:
        found: Mapping[str, Mapping[str, str]] = update["config"]
        setting = self._rotation.setting
        value = next((one["value"] for key, one in found.items() if key.rpartition(":")[2] == setting), "")
        return self._names(value)

    def _names(self, text: str) -> Names:
        if not text:
            return (FIRST_NAME,)
        return tuple(map(str, json.loads(text))) if self._rotation.gradual else (text,)


def _number(name: str) -> int:
    """Order names: what `rotate` makes are numbers, and newer than what somebody called otherwise."""
    return int(name) if name.isdecimal() else 0


def _described(names: Names, rotation: Rotation) -> str:
    first, *others = names
    if not rotation.gradual:
        return f"{first} takes the place of the former value"
    steps = 3 if rotation.published else 2
    if not others:
        return f"step {steps} of {steps}: {first} alone is accepted"
    if _number(first) < _number(others[0]):
        return f"step 1 of {steps}: services get {others[0]} too, and still use {first}"
    return f"step {steps - 1} of {steps}: {first} is used, and {others[0]} is still accepted"


def _until(end: datetime) -> str:
    left = end - datetime.now(UTC)
    if left <= timedelta():
        return ""
    return f"tokens of the former key are valid until {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
