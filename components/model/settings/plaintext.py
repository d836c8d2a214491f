"""Which values are secrets, and so must not be in plaintext: by their names' words, and by their form."""

import re
from typing import Any, Final
from urllib.parse import unquote

_SECRET_WORDS: Final = re.compile(
    r"(?<![^_])(password|passwd|passphrase|secrets?|token|private_key|access_key|api_key|apikey|fernet_key"
    r"|keyfile_dict|credentials?|authorization|webhook|dsn)(?![^_])|_auth$|^airflow_conn_"
)
"""Words that Airflow masks, and those that drivers and providers of it use.

https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/mask-sensitive-values.html
"""
_HARMLESS_END: Final = re.compile(
    r"_(adapter|algorithm|arns?|backend|cache|count|days|enabled|endpoint|expiry|fields?|file|header|host|hours|ids?|length"
    r"|lifetime|limit|manager|method|minutes|mode|names?|path|policy|port|prefix|provider|region|scopes?|seconds"
    r"|size|ttl|type|uri|url|user|username|version)$"
)
"""Ends of names that describe where a secret is or how it is used, not the secret itself."""
_SECRET_ENDS: Final = (
    *("access_key_id", "broker_url", "result_backend", "sql_alchemy_conn", "sql_alchemy_conn_async"),
    *("webhook_url", "webhook_uri"),
)
"""What is a login, or part of one, without a word for it or with a harmless end."""
_HARMLESS_VALUE: Final = re.compile(
    r"|true|false|none|null|\d{1,3}|/[^\s:@]*|sqs://|dynamodb://@[^\s:@]*", re.IGNORECASE
)
"""Nothing, a switch, a small number, a file, a service that IAM authorizes for."""
_SECRET_VALUE: Final = re.compile(
    r"://[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY|://hooks?\.[^/\s]+/\S+", re.IGNORECASE
)
"""A URL with a password, a private key, a webhook, whose address is its key."""


def is_secret(name: str, value: Any) -> bool:
    """Whether a value of this name is a secret; a name of Airflow's or of the environment, in any case."""
    if isinstance(value, str) and _SECRET_VALUE.search(unquote(value)):
        return True
    if value is None or isinstance(value, bool) or _HARMLESS_VALUE.fullmatch(str(value)):
        return False
    return is_secret_name(name)


def is_secret_name(name: str) -> bool:
    """Whether what is named so is a secret, whatever its value."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).lower()
    snake = re.sub(r"_+", "_", snake)
    if snake.endswith(_SECRET_ENDS):
        return True
    return bool(_SECRET_WORDS.search(snake)) and not _HARMLESS_END.search(snake)
