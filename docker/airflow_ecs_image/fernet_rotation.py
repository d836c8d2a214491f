# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Everything that the metadata database keeps encrypted, encrypted with the first of the Fernet keys.

`airflow rotate-fernet-key` reads all rows and writes them later: what somebody changes in between is lost,
and a trigger that ends in between ends the command. Here a row is locked from reading to writing, in batches
that each stand by themselves, and in the end every row is read with the first key alone.
https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/fernet.html#rotating-encryption-keys
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

KEYS_VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
BATCH_ROWS = 100
LOCK_SECONDS = 20


class UnreadableError(RuntimeError):
    """The keys that are given do not decrypt a row; the text names table and row, and no value."""


def main(environ: Mapping[str, str]) -> int:
    """Encrypt all rows again; the last line on standard error says how many, or what failed."""
    first = environ.get(KEYS_VARIABLE, "").partition(",")[0]
    if not first:
        return _failed(f"{KEYS_VARIABLE} is not set")
    try:
        rows = {model.__tablename__: sum(_batches(model, write=True)) for model in models()}
        _use(first)
        for model in models():
            sum(_batches(model, write=False))
    except Exception as error:  # noqa: BLE001 - the last line of a one-off task is what its operator sees
        return _failed(" ".join(str(error).split()) or type(error).__name__)
    counts = ", ".join(f"{count} of {table}" for table, count in sorted(rows.items()))
    _log(f"encrypted with the first key: {counts}")
    return 0


def models() -> list[Any]:
    """Airflow's tables that hold something encrypted: whatever it can encrypt again."""
    from airflow.models import import_all_models  # noqa: PLC0415 - Airflow is slow to import
    from airflow.models.base import Base  # noqa: PLC0415

    import_all_models()
    found = {mapper.class_ for mapper in Base.registry.mappers}
    return sorted(
        (one for one in found if hasattr(one, "rotate_fernet_key")), key=lambda one: one.__tablename__
    )


def _use(key: str) -> None:
    """Let Airflow know this key alone, in this process."""
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.models.crypto import get_fernet  # noqa: PLC0415

    conf.set("core", "fernet_key", key)
    get_fernet.cache_clear()


def _batches(model: Any, *, write: bool) -> Iterator[int]:
    """Encrypt a table's rows again, a batch in each transaction; without `write` only try.

    Yields:
        how many rows there were.

    Raises:
        UnreadableError: no key decrypts a row.
    """
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy import inspect, select, text  # noqa: PLC0415

    (key,) = inspect(model).primary_key
    last = None
    while True:
        with create_session() as session:
            session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            after = select(key).order_by(key).limit(BATCH_ROWS)
            found = list(session.scalars(after if last is None else after.where(key > last)))
            rows = sum(_encrypt(session, model, one, write=write) for one in found)
            if not write:
                session.rollback()
        yield rows
        if len(found) < BATCH_ROWS:
            return
        last = found[-1]


def _encrypt(session: Any, model: Any, identity: Any, *, write: bool) -> bool:
    """Encrypt a row again, if it is still there."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415
    from sqlalchemy.orm import lazyload  # noqa: PLC0415

    try:
        # Airflow decrypts some rows as it loads them, to mask what they hold.
        row = session.get(model, identity, options=[lazyload("*")], with_for_update=write)
        if row is not None:
            row.rotate_fernet_key()
    except InvalidToken:
        raise UnreadableError(
            f"the row {identity} of {model.__tablename__} is encrypted with another key"
        ) from None
    return row is not None


def _failed(why: str) -> int:
    _log(f"failed: {why}")
    return 1


def _log(line: str) -> None:
    sys.stderr.write(f"rotate-fernet-key: {line}\n")
    sys.stderr.flush()
