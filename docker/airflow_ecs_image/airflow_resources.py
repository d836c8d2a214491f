# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Connections, variables and pools of the stack's file, brought into Airflow's database in one transaction.

What the file names is made, or updated in all its fields. What it named before and names no more is deleted
if the file had made it; which those are stands in a table of our own, since nothing in Airflow's could tell.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from airflow_ecs_image.errors import PermanentError

URL_VARIABLE = "AIRFLOW_ECS_RESOURCES_URL"
HASH_VARIABLE = "AIRFLOW_ECS_RESOURCES_SHA256"
FERNET_VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
KINDS = ("connections", "variables", "pools")
TABLE = "airflow_ecs.airflow_resources"
MAKE_TABLE = (
    "CREATE SCHEMA IF NOT EXISTS airflow_ecs",
    f"CREATE TABLE IF NOT EXISTS {TABLE} (kind text NOT NULL, name text NOT NULL, PRIMARY KEY (kind, name))",
)
RECORD = f"INSERT INTO {TABLE} VALUES (:kind, :name) ON CONFLICT DO NOTHING"  # noqa: S608 - a constant of ours
RECORDED = f"SELECT name FROM {TABLE} WHERE kind = :kind ORDER BY name"  # noqa: S608 - a constant of ours
FORGET = f"DELETE FROM {TABLE} WHERE kind = :kind AND name = :name"  # noqa: S608 - a constant of ours

Resources = Mapping[str, Mapping[str, Any]]


def apply(environ: Mapping[str, str]) -> str:
    """Bring the database to what the file says; without a file, delete what one made before.

    Returns:
        What was done, in one line without values.

    Raises:
        PermanentError: the file or a secret cannot be had, or an entry is none that Airflow takes.
            Nothing changed.
    """
    resources: Resources = {}
    if url := environ.get(URL_VARIABLE):
        if not environ.get(FERNET_VARIABLE):
            raise PermanentError(f"{FERNET_VARIABLE} is not set: Airflow would write passwords in plaintext")
        resources = resolved(fetch(url, environ.get(HASH_VARIABLE, "")), cache(secret))
    from airflow.utils.session import create_session  # noqa: PLC0415 - Airflow is slow to import

    with create_session() as session:
        return _write(session, resources)


def fetch(url: str, sha256: str) -> Resources:
    """Read the file from S3, and refuse it when it is not the one that the program uploaded."""
    parts = urlsplit(url)
    body = _aws(
        url, "s3", None, lambda s3: s3.get_object(Bucket=parts.netloc, Key=parts.path[1:])["Body"].read()
    )
    if hashlib.sha256(body).hexdigest() != sha256:
        raise PermanentError(f"{url} is not what `pulumi up` wrote. Run `pulumi up --refresh` to write it")
    return json.loads(body)


def secret(arn: str) -> str:
    """Read a secret's text, in the region that its ARN names."""
    answer = _aws(arn, "secretsmanager", arn.split(":")[3], lambda sm: sm.get_secret_value(SecretId=arn))
    if "SecretString" not in answer:
        raise PermanentError(f"{arn} holds bytes; it must hold a text")
    return answer["SecretString"]


def resolved(value: Any, read: Callable[[str], str]) -> Any:
    """Put the secrets' values in place of the references to them."""
    if isinstance(value, list):
        return [resolved(inner, read) for inner in value]
    if not isinstance(value, Mapping):
        return value
    if "secret_arn" not in value:
        return {key: resolved(inner, read) for key, inner in value.items()}
    arn, text = value["secret_arn"], read(value["secret_arn"])
    if "key" not in value:
        return text
    try:
        known = json.loads(text)
    except ValueError:
        known = None
    if not isinstance(known, dict) or value["key"] not in known:
        raise PermanentError(f"{arn} must be a JSON object with the key {value['key']!r}")
    return known[value["key"]]


def _aws(what: str, service: str, region: str | None, call: Callable[[Any], Any]) -> Any:
    import boto3  # noqa: PLC0415 - only where there is a file
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return call(boto3.client(service, region_name=region))
    except (BotoCoreError, ClientError) as error:
        raise PermanentError(f"cannot read {what}: {error}") from None


def _write(session: Any, resources: Resources) -> str:
    from sqlalchemy import text  # noqa: PLC0415

    if not resources and session.scalar(text(f"SELECT to_regclass('{TABLE}')")) is None:
        return "no file of objects"
    for statement in MAKE_TABLE:
        session.execute(text(statement))
    made, deleted = [], []
    for kind in KINDS:
        entries = resources.get(kind, {})
        for name, entry in entries.items():
            if _set(session, kind, name, entry):
                made.append(f"{kind}.{name}")
                session.execute(text(RECORD), {"kind": kind, "name": name})
        for name in session.scalars(text(RECORDED), {"kind": kind}).all():
            if name not in entries:
                _delete(session, kind, name)
                deleted.append(f"{kind}.{name}")
                session.execute(text(FORGET), {"kind": kind, "name": name})
    counts = ", ".join(f"{len(resources.get(kind, {}))} {kind}" for kind in KINDS)
    return f"{counts} match the file; made: {_listed(made)}; deleted: {_listed(deleted)}"


def _set(session: Any, kind: str, name: str, entry: Any) -> bool:
    """Make or update an object; whether it was made."""
    from sqlalchemy import inspect  # noqa: PLC0415

    try:
        wanted = {"connections": _connection, "variables": _variable, "pools": _pool}[kind](name, entry)
    except Exception as error:  # noqa: BLE001 - Airflow raises any; its text may hold a part of a secret
        raise PermanentError(
            f"{kind}.{name} is invalid for Airflow ({type(error).__name__}). Look at the secret behind it"
        ) from None
    found = _find(session, kind, name)
    if found is None:
        session.add(wanted)
        session.flush()
        return True
    # Column by column: Airflow's own setters leave a password as it was when the new one is none.
    for attribute in inspect(found).mapper.column_attrs:
        value = getattr(wanted, attribute.key)
        (column,) = attribute.columns
        if not column.primary_key and (value is not None or column.nullable):
            setattr(found, attribute.key, value)
    session.flush()
    return False


def _delete(session: Any, kind: str, name: str) -> None:
    found = _find(session, kind, name)
    if found is not None:
        session.delete(found)
        session.flush()


def _find(session: Any, kind: str, name: str) -> Any:
    from airflow.models.connection import Connection  # noqa: PLC0415 - Airflow is slow to import
    from airflow.models.pool import Pool  # noqa: PLC0415
    from airflow.models.variable import Variable  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    model, column = {
        "connections": (Connection, Connection.conn_id),
        "variables": (Variable, Variable.key),
        "pools": (Pool, Pool.pool),
    }[kind]
    return session.scalar(select(model).where(column == name))


def _connection(name: str, entry: Any) -> Any:
    from airflow.models.connection import Connection  # noqa: PLC0415

    if isinstance(entry, str):
        as_json = entry.lstrip().startswith("{")
        return Connection.from_json(entry, conn_id=name) if as_json else Connection(conn_id=name, uri=entry)
    port = {"port": int(entry["port"])} if "port" in entry else {}
    return Connection(conn_id=name, **{**entry, **port})


def _variable(name: str, entry: Any) -> Any:
    from airflow.models.variable import Variable  # noqa: PLC0415

    value = entry["value"]
    # As `airflow variables import` writes it.
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    return Variable(key=name, val=text, description=entry.get("description"))


def _pool(name: str, entry: Any) -> Any:
    from airflow.models.pool import Pool  # noqa: PLC0415

    return Pool(pool=name, **entry)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"
