"""What the program and docker/Dockerfile must agree on."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

DEFAULT_BASE_IMAGE: Final = "docker.io/library/python:3.12-slim-bookworm"
CONTEXT_FOLDERS: Final = ("docker", "dags", "plugins")
"""The folders of the project that the image is made from; `.dockerignore` lets in just these."""
CACHES: Final = frozenset({"__pycache__", ".ruff_cache"})
"""What tools leave in those folders; `.dockerignore` keeps them out."""

DATABASE_CA_FILE: Final = "/opt/airflow/certs/database.pem"
BROKER_CA_FILE: Final = "/opt/airflow/certs/broker.pem"
DAGS_FOLDER: Final = "/opt/airflow/dags"
PLUGINS_FOLDER: Final = "/opt/airflow/plugins"
LOGS_FOLDER: Final = "/opt/airflow/logs"
WRITABLE_FOLDERS: Final = ("/opt/airflow/logs", "/opt/airflow/run", "/tmp")  # noqa: S108, a path in the container
"""What Airflow writes to; all else in the container is read-only."""
MIGRATE_COMMAND: Final = ("/opt/airflow/bin/migrate",)
HEALTHCHECK: Final = "/opt/airflow/bin/healthcheck"
UID: Final = 50000


def content_tag(project: Path, build_args: Iterable[str] = ()) -> str:
    """Name an image by what goes into it, so that the same content has the same tag on every machine.

    Args:
        project: the folder that holds the build context's folders.
        build_args: texts that change the image beside the files.

    Returns:
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256()
    for text in build_args:
        digest.update(text.encode() + b"\0")
    for file in _context_files(project):
        executable = bool(file.stat().st_mode & 0o100)
        digest.update(f"{file.relative_to(project).as_posix()}\0{executable}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _context_files(project: Path) -> list[Path]:
    return sorted(
        file
        for folder in CONTEXT_FOLDERS
        for file in (project / folder).rglob("*")
        if file.is_file() and CACHES.isdisjoint(file.parts)
    )
