# pyright: basic
# moto has no types for its backends.
"""The account's state in one file, so that it outlives a stop, a crash and a restart of the machine.

What moto holds and what the account's servers know is pickled together: who refers to whom is kept. Data of
databases, image layers and file systems are files of the account anyway.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import pickle
import re
import sys
import threading
import time
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import IO, TYPE_CHECKING, Any

from embedded_aws.account.periodic import Periodic

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

LOG = logging.getLogger(__name__)
_FILE = "state"
_FORMAT = 1
"""Of the file, and of this package's own classes in it: to be raised when an older file cannot be read."""
_SECONDS = (10.0, 60.0)
"""Between two looks for changes, at least and at most."""
_SHARE = 0.02
"""Of its time that an account may spend saving, within these limits."""
_QUIET_SECONDS = 5.0
"""How long to wait for requests that are being served."""
_LAST_TRIES, _LAST_PAUSE_SECONDS = 5, 0.2
_STACK_BYTES = 256 * 2**20
_RECURSION = 100_000
"""moto's objects refer to each other in long chains."""
_LOCKS = {type(make()): make for make in (threading.Lock, threading.RLock)}
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_READING = ("describe", "get", "list", "head", "batchget", "lookup", "simulate")


class SavedStateError(Exception):
    """A saved state cannot be read; the message names why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What is known of a saved state before it is read.

    Attributes:
        port: of the account that saved it.
        made_by: the versions that can read it.
    """

    port: int
    made_by: str


def made_by() -> str:
    """Return the versions of what a saved state is made of."""
    python = ".".join(map(str, sys.version_info[:2]))
    return f"format {_FORMAT}, moto {metadata.version('moto')}, Python {python}"


def exists(home: Path) -> bool:
    """Whether an account saved its state, readable or not."""
    return (home / _FILE).exists()


def header(home: Path) -> Header | None:
    """Return the header of the state that an account saved; None: there is no state.

    Raises:
        SavedStateError: these versions cannot read it.
    """
    if not exists(home):
        return None
    path = home / _FILE
    with path.open("rb") as file, _readable(path):
        found = Header(**json.loads(file.readline()))
    if found.made_by != made_by():
        raise SavedStateError(
            f"{path} was saved by {found.made_by}, and this is {made_by()}: "
            "go back to those versions, or remove its folder and start with an empty account"
        )
    return found


def read(home: Path) -> dict[str, Any] | None:
    """Return what an account saved, with moto's part of it in moto; None: nothing.

    Raises:
        SavedStateError: it cannot be read.
    """
    path = home / _FILE
    if header(home) is None:
        return None
    with path.open("rb") as file, _readable(path):
        file.readline()
        # Only this user can write the file, as everything in an account's folder: see `lifecycle.start`.
        backends, parts = _deep(lambda: pickle.load(file))  # noqa: S301
    for module, service, account_id, region, backend in backends:
        dict.__setitem__(_backends(module, service)[account_id], region, backend)
    return parts


def write(home: Path, port: int, parts: dict[str, Any]) -> None:
    """Save moto's state and `parts`; a reader sees the file before or after, never half of it.

    Raises:
        RuntimeError: something changed meanwhile: try again.
    """
    unfinished = home / f"{_FILE}.part"
    unfinished.touch(mode=0o600)
    with unfinished.open("wb") as file:
        file.write(json.dumps(asdict(Header(port=port, made_by=made_by()))).encode() + b"\n")
        start = file.tell()
        held = list(_held())
        try:
            _pickle(file, (held, parts))
        except (AttributeError, TypeError, pickle.PicklingError):
            file.seek(start)
            file.truncate()
            _pickle(file, ([one for one in held if _can_be_saved(one)], parts))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(home / _FILE)


def save_at_the_end(save: Callable[[], None]) -> None:
    """Save once more, again and again while what was still being served changes the state meanwhile.

    Raises:
        RuntimeError: it changed at each of five tries.
    """
    for _ in range(_LAST_TRIES - 1):
        with contextlib.suppress(RuntimeError):
            return save()
        time.sleep(_LAST_PAUSE_SECONDS)
    return save()


class _Pickler(pickle.Pickler):
    """Pickles locks as new ones, since who holds one is no state, and keys and certificates as PEM."""

    def reducer_override(self, obj: Any) -> Any:
        if make := _LOCKS.get(type(obj)):
            return make, ()
        if type(obj).__module__.startswith("cryptography."):
            if hasattr(obj, "private_bytes"):
                return _private_key, (_pem(obj),)
            if hasattr(type(obj), "not_valid_after_utc"):
                return _certificate, (_pem(obj),)
        return NotImplemented


# cryptography is imported here, since who only asks whether there is a state may have nothing but Python.
def _pem(obj: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415

    if hasattr(obj, "private_bytes"):
        return obj.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    return obj.public_bytes(forms.Encoding.PEM)


def _private_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    return load_pem_private_key(pem, None)


def _certificate(pem: bytes) -> Any:
    from cryptography import x509  # noqa: PLC0415

    return x509.load_pem_x509_certificate(pem)


def _pickle(file: IO[bytes], what: Any) -> None:
    _deep(lambda: _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(what))


def _can_be_saved(held: tuple[str, str, str, str, Any]) -> bool:
    """Whether one of moto's services can be pickled; a few of them hold threads and functions."""
    try:
        _pickle(io.BytesIO(), held)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        LOG.error("what %s of %s has is lost when the account ends: %s", held[1], held[3], error)  # noqa: TRY400
        return False
    return True


def _held() -> Iterable[tuple[str, str, str, str, Any]]:
    from moto.core.base_backend import BackendDict  # noqa: PLC0415 - the command line needs no moto

    of_all: Any = BackendDict
    for backends in list(of_all._instances):  # noqa: SLF001 - moto lists them nowhere else
        for account_id, region, backend in list(backends.iter_backends()):
            # moto fills IAM for each partition with AWS's own policies, which are as new each time.
            if backends.service_name != "iam" or backend.roles or backend.users:
                yield backends.backend.__module__, backends.service_name, account_id, region, backend


def _backends(module: str, service: str) -> Any:
    from moto.core.base_backend import BackendDict  # noqa: PLC0415

    found = vars(importlib.import_module(module)).values()
    return next(one for one in found if isinstance(one, BackendDict) and one.service_name == service)


def _deep(work: Callable[[], Any]) -> Any:
    """Do work that recurses deeply, in a thread with a stack for it."""
    results: list[Any] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(_RECURSION)
    try:
        thread = threading.Thread(target=run, name="state")
        thread.start()
        threading.stack_size(size)
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]


@contextlib.contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except SavedStateError:
        raise
    except Exception as error:
        raise SavedStateError(
            f"{path} cannot be read ({type(error).__name__}: {error}): remove its folder and start with an "
            "empty account"
        ) from error


class Saver:
    """Saves the state a few seconds after it changed, as a WSGI application in front of another.

    Args:
        application: serves requests; none is served while the state is read.
        save: writes the state.
    """

    def __init__(self, application: Callable[[dict[str, Any], Any], Any], save: Callable[[], None]) -> None:
        self._application, self._save = application, save
        self._turn = threading.Condition()
        self._served = 0
        self._open = True
        self._changed = False
        self._periodic = Periodic("state", self.save, _SECONDS[0])

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Serve one request."""
        changes = _changes(environ)
        with self._turn:
            self._turn.wait_for(lambda: self._open)
            self._served += 1
        try:
            return self._application(environ, start_response)
        finally:
            with self._turn:
                self._served -= 1
                self._changed = self._changed or changes
                self._turn.notify_all()

    def start(self) -> None:
        """Start to save."""
        self._periodic.start()

    def end(self) -> None:
        """Save no more."""
        self._periodic.end()

    def save(self) -> None:
        """Save what changed since the last time."""
        if not self._changed:
            return
        began = time.monotonic()
        with self._turn:
            self._open = False
            try:
                if self._turn.wait_for(lambda: not self._served, _QUIET_SECONDS):
                    self._changed = False
                    self._save()
            except Exception:
                self._changed = True  # tried again at the next look
                raise
            finally:
                self._open = True
                self._turn.notify_all()
        shortest, longest = _SECONDS
        self._periodic.seconds = min(max(shortest, (time.monotonic() - began) / _SHARE), longest)


def _changes(environ: dict[str, Any]) -> bool:
    """Whether a request may have changed something: what it is called says that it only reads."""
    if environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
        return False
    return not _action(environ).lower().startswith(_READING)


def _action(environ: dict[str, Any]) -> str:
    """Return the action of AWS's JSON and query protocols; empty: it stands elsewhere."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2]
    body = environ["wsgi.input"]
    found = _ACTION.search(body.getvalue()) if isinstance(body, io.BytesIO) else None
    return found[1].decode() if found else ""
