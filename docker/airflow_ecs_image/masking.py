# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Masks the cluster's secrets in logs, in every process that runs code of a DAG or writes its log.

Airflow masks its own sensitive settings as it starts, but forgets them for each task (`reset_secrets_masker`
in the task SDK's supervisor), and does not know the passwords in URLs.
https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/mask-sensitive-values.html
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from airflow_ecs_image import secret_files


def mask() -> None:
    """Mask them in this process, and in the one that supervises it if there is one."""
    from airflow._shared.secrets_masker import mask_secret as mask_in_core  # noqa: PLC0415
    from airflow.sdk.log import mask_secret  # noqa: PLC0415 - only while Airflow starts

    found = sorted(written(secret_files.given(secret_files.environment())))
    mask_secret(found)  # pyright: ignore[reportArgumentType]
    mask_in_core(found)  # pyright: ignore[reportArgumentType]


def mask_output() -> None:
    """Mask what this process writes itself: with LocalExecutor Airflow repeats there what tasks log."""
    import structlog  # noqa: PLC0415

    # The list that loggers which are there already use too.
    processors = structlog.get_config()["processors"]
    if _redacted not in processors:
        processors.insert(len(processors) - 1, _redacted)


def _redacted(_logger: Any, _method: str, event: Any) -> Any:
    from airflow._shared.secrets_masker import redact  # noqa: PLC0415

    return redact(event)


def written(secrets: Iterable[str]) -> set[str]:
    """Each way in which the secrets and the passwords in them are written where they are kept."""
    parts = {part for secret in secrets for part in _parts(secret)}
    return {way for part in parts for way in (part, part.replace("%", "%%"), json.dumps(part)[1:-1])}


def _parts(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    # Logs are written line by line. The first and the last line of a PEM file are no secret.
    yield from (line for line in secret.splitlines() if not line.startswith("-----"))
    with suppress(ValueError):
        if password := urlsplit(secret).password:
            yield from (password, unquote(password))
