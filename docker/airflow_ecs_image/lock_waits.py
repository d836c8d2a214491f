# pyright: basic, reportMissingImports=false
# SQLAlchemy is in the image's environment, not in the program's.
"""Waiting for locks in PostgreSQL: bounded, and the session that holds the lock is named.

A statement that waits for a table makes all later ones on that table wait behind it, and Airflow's services
go on meanwhile. So a wait is short, and is repeated after a pause in which they have their turn.
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

TIMEOUT_SECONDS = 20
"""Below the age at which a scheduler's heartbeat is taken for lost."""
TRIES = 5
PAUSE_SECONDS = 5.0
POLLS = 10
"""In each wait."""
HELD = """
SELECT coalesce(wanted.relation::regclass::text, ''), coalesce(held.mode, ''),
       holder.pid, holder.usename, holder.application_name, host(holder.client_addr), holder.state,
       holder.xact_start
  FROM pg_locks AS wanted
 CROSS JOIN LATERAL unnest(pg_blocking_pids(wanted.pid)) AS blocking(pid)
  JOIN pg_stat_activity AS holder ON holder.pid = blocking.pid
  LEFT JOIN pg_locks AS held ON held.pid = holder.pid AND held.granted AND held.relation = wanted.relation
 WHERE NOT wanted.granted AND wanted.pid = ANY(%s)
 ORDER BY holder.xact_start NULLS LAST, held.mode LIMIT 1
"""
"""A session of another role shows its state and times to members of pg_read_all_stats only.

https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
"""


class LockedError(RuntimeError):
    """Another session holds a lock for too long; the text names it, and what to do."""


@dataclass(frozen=True)
class Holder:
    """A session of PostgreSQL that holds what another one waits for.

    Attributes:
        relation: the table or index; empty for rows and advisory locks.
        mode: the lock's mode, as PostgreSQL names it; empty as above.
        pid: its process.
        user: its role.
        application: what it calls itself.
        address: its client's.
        state: PostgreSQL's word for what it does; None where the asking role may not see it.
        since: the start of its transaction; None as above, or outside of a transaction.
    """

    relation: str
    mode: str
    pid: int
    user: str
    application: str
    address: str | None
    state: str | None
    since: datetime | None

    def __str__(self) -> str:
        """Describe lock and session. Not its statement, which may contain a password."""
        lock = f"a lock ({self.mode}) on {self.relation}" if self.relation else "a lock"
        known = [
            f"user {self.user}",
            f"application {self.application}" if self.application else "",
            f"client {self.address}" if self.address else "",
            self.state or "",
            f"in a transaction since {self.since:%Y-%m-%d %H:%M:%S %Z}" if self.since else "",
        ]
        return f"session {self.pid} ({', '.join(filter(None, known))}) holds {lock}"


def holder(connection: psycopg.Connection, waiting: Iterable[int]) -> Holder | None:
    """Find who holds the lock that sessions with these process ids wait for."""
    row = connection.execute(HELD, ([*waiting],)).fetchone()
    return Holder(*row) if row else None


class LockWaits:
    """The waits of this process's sessions."""

    def __init__(
        self,
        observer: psycopg.Connection,
        log: Callable[[str], None],
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """Take a connection in autocommit mode that nobody else uses."""
        self._observer, self._log = observer, log
        self._timeout_seconds, self._pause_seconds = timeout_seconds, pause_seconds
        self._pids: set[int] = set()
        self._expired = False
        self._holder: Holder | None = None
        self._close_sessions: Callable[[], None] = lambda: None

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Remember who holds what this process waits for: PostgreSQL's error names nobody."""
        ended = threading.Event()
        thread = threading.Thread(target=self._observe, args=(ended,), name="lock-waits", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def bound(self, connection: psycopg.Connection) -> None:
        """Bound the waits of a session, which is in no transaction."""
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{self._timeout_seconds}s",))
        if not connection.autocommit:
            connection.commit()
        self._pids.add(connection.info.backend_pid)

    def bound_sqlalchemy(self) -> None:
        """Bound the waits of all sessions that SQLAlchemy opens; Airflow resets the timeout now and then."""
        from sqlalchemy import event  # noqa: PLC0415 - in the image only
        from sqlalchemy.engine import Engine  # noqa: PLC0415
        from sqlalchemy.orm import close_all_sessions  # noqa: PLC0415
        from sqlalchemy.pool import Pool  # noqa: PLC0415

        def checkout(connection: Any, *_: Any) -> None:
            self.bound(connection)

        def handle_error(context: Any) -> None:
            self.failed(context.original_exception)

        event.listen(Pool, "checkout", checkout)
        event.listen(Engine, "handle_error", handle_error)
        self._close_sessions = close_all_sessions

    def failed(self, error: BaseException | None) -> None:
        """Take note of a statement's error, whether or not it is raised to who calls `repeated`."""
        self._expired |= isinstance(error, psycopg.errors.LockNotAvailable)

    def repeated(self, name: str, do: Callable[[], object], *, again: str, tries: int = TRIES) -> None:
        """Do it until no lock is missing.

        Flask-AppBuilder logs the errors of its statements and goes on, so that it matters whether there were
        any, not whether one is raised.

        Args:
            name: what is done, for the log.
            do: may be repeated after it has been done in part.
            again: what to do when the lock is released.
            tries: how often at most.

        Raises:
            LockedError: the last try met a lock too.
        """
        for attempt in range(1, tries + 1):
            self._expired, self._holder = False, None
            try:
                do()
            except Exception as error:
                self.failed(error)
                if not self._expired:
                    raise
            if not self._expired:
                return
            self._log(f"{name}: {self._reason()}; try {attempt} of {tries}")
            self._close_sessions()  # one in a failed transaction accepts no statement
            if attempt < tries:
                time.sleep(self._pause_seconds)
        raise LockedError(f"{self._reason()}. {self._remedy()}{again}")

    def _reason(self) -> str:
        return str(self._holder or f"no lock within {self._timeout_seconds} s, from a session that is gone")

    def _remedy(self) -> str:
        if self._holder is None:
            return ""
        return f"End that session (SELECT pg_terminate_backend({self._holder.pid})) or wait for it; then "

    def _observe(self, ended: threading.Event) -> None:
        while not ended.wait(self._timeout_seconds / POLLS):
            try:
                found = holder(self._observer, self._pids)
            except psycopg.Error as error:
                self._log(f"waits for locks are no longer observed: {error}")
                return
            self._holder = found or self._holder
