"""What may stand in an entry of the file of connections, variables and pools.

Each rule yields one line an error: the entry, what is wrong, what to do; never a value that may be secret.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeGuard
from urllib.parse import parse_qsl, urlsplit

from ..documents import is_mapping, kind
from ..settings import named_secrets
from ..settings.named_secrets import is_reference, unknown
from ..settings.plaintext import is_secret, is_secret_name
from ..shown import shown

CONNECTION_STRINGS: Final = ("conn_type", "description", "host", "login", "password", "schema")
CONNECTION_KEYS: Final = (*CONNECTION_STRINGS, "port", "extra")
CONNECTION_ID: Final = r"[\w#!()\-.:/\\]{1,250}"
"""As Airflow's `sanitize_conn_id` takes it."""
VARIABLE_KEYS: Final = ("value", "description")
MAX_VARIABLE_NAME_LENGTH: Final = 250
POOL_KEYS: Final = ("slots", "description", "include_deferred")
MAX_POOL_NAME_LENGTH: Final = 256


def connection(path: str, name: str, entry: Any) -> Iterator[str]:
    """As `airflow connections import` takes it: a mapping, or a URI; or a secret that holds one of them."""
    if not re.fullmatch(CONNECTION_ID, name):
        yield f"{path}: a connection's id is 1 to 250 letters, digits and # ! ( ) - . : / \\ _. Rename it"
    if is_reference(entry):
        yield from named_secrets.errors(path, "", entry)
    elif is_mapping(entry):
        yield from _connection_fields(path, given(entry))
    elif isinstance(entry, str):
        yield from _uri(path, entry)
    else:
        yield f"{path} must be a mapping, a URI or a {{secret_arn: ARN}}; got {kind(entry)}"


def variable(path: str, name: str, entry: Any) -> Iterator[str]:
    """As `airflow variables import` takes it: a value, or a mapping with value and description."""
    if not 1 <= len(name) <= MAX_VARIABLE_NAME_LENGTH:
        yield f"{path}: a name has 1 to {MAX_VARIABLE_NAME_LENGTH} characters; got {len(name)}. Rename it"
    value: Any = entry
    if is_described(entry):
        yield from unknown(path, entry, VARIABLE_KEYS)
        yield from _optional_text(path, "description", entry)
        value = entry["value"]
    if value is None:
        yield f"{path} has no value. Give it one, or remove it"
    yield from named_secrets.errors(path, name, value)


def pool(path: str, name: str, entry: Any) -> Iterator[str]:
    """As `airflow pools import` takes it; the description may be left out."""
    if not 1 <= len(name) <= MAX_POOL_NAME_LENGTH:
        yield f"{path}: a name has 1 to {MAX_POOL_NAME_LENGTH} characters; got {len(name)}. Rename it"
    if not is_mapping(entry):
        yield f"{path} must be a mapping with slots; got {kind(entry)}"
        return
    fields = given(entry)
    yield from unknown(path, fields, POOL_KEYS)
    slots = fields.get("slots")
    if not isinstance(slots, int) or isinstance(slots, bool) or slots < -1:
        yield f"{path}.slots must be a whole number, 0 or more, or -1 for no limit; got {shown(slots)}"
    yield from _optional_text(path, "description", fields)
    if not isinstance(fields.get("include_deferred", False), bool):
        yield f"{path}.include_deferred must be true or false; got {shown(fields['include_deferred'])}"


def is_described(entry: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a variable is written as value and description."""
    return is_mapping(entry) and "value" in entry


def given(entry: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, as Airflow's own exports write it."""
    return {key: value for key, value in entry.items() if value is not None}


def parsed(extra: Any) -> Any:
    """Read a connection's `extra` that is the text of a JSON object, as Airflow's own exports write it."""
    try:
        return json.loads(extra) if isinstance(extra, str) and extra else extra
    except json.JSONDecodeError:
        return extra


def _connection_fields(path: str, fields: dict[str, Any]) -> Iterator[str]:
    yield from unknown(path, fields, CONNECTION_KEYS)
    if not fields.get("conn_type"):
        yield f"{path} has no conn_type. Add one, such as postgres, aws or http"
    for key in CONNECTION_STRINGS:
        if not is_secret_name(key):
            yield from _optional_text(path, key, fields)
    port = fields.get("port", 0)
    if not is_reference(port) and (
        not isinstance(port, int) or isinstance(port, bool) or not 0 <= port < 1 << 16
    ):
        yield f"{path}.port must be a whole number from 0 to 65535; got {shown(port)}"
    extra = parsed(fields.get("extra"))
    if extra and not is_mapping(extra):
        yield f"{path}.extra must be a mapping, or a JSON object as a string; got {kind(extra)}"
    for key, value in {**fields, "extra": extra}.items():
        yield from named_secrets.errors(f"{path}.{key}", key, value)


def _uri(path: str, uri: str) -> Iterator[str]:
    try:
        parts = urlsplit(uri)
        password = parts.password
    except ValueError:
        yield f"{path} is not a URI. Write it as conn_type://login@host:port/schema, or as a mapping"
        return
    if not parts.scheme:
        yield f"{path} has no conn_type. Write it as conn_type://login@host:port/schema, or as a mapping"
    if password:
        yield f"{path} has its password in plaintext. Write a mapping, with password: {{secret_arn: ARN}}"
    elif is_secret("", parts._replace(query="").geturl()):
        yield f"{path} has a secret in plaintext. Write it whole as {{secret_arn: ARN}}, in Secrets Manager"
    query = dict(parse_qsl(parts.query))
    for key, value in query.items():
        yield from named_secrets.errors(f"{path}.extra.{key}", key, parsed(value))


def _optional_text(path: str, key: str, fields: dict[str, Any]) -> Iterator[str]:
    value = fields.get(key)
    if value is not None and not isinstance(value, str) and not is_reference(value):
        yield f"{path}.{key} must be a string; got {kind(value)}. Put it in quotes"
