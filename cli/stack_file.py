"""A stack's file, as the engine may read it without writing into the project."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

SECRETS_PROVIDER = {"encryptionsalt", "encryptedkey", "secretsprovider"}
"""What Pulumi adds to a stack's file."""


@contextmanager
def private_copy(workspace: Path, stack: str) -> Generator[str | None]:
    """Copy a stack's file for `--config-file`.

    Pulumi saves the salt or key of a stack's secrets into the file that it reads, also for a preview:
    https://github.com/pulumi/pulumi/blob/v3.200.0/pkg/cmd/pulumi/config/io.go#L174

    Args:
        workspace: the folder with `Pulumi.yaml`.
        stack: the stack's name, with or without its organization and project.

    Yields:
        the copy; None where the stack has no file: its configuration may lie with the backend.
    """
    file = path(workspace, stack)
    if file.is_file():
        with TemporaryDirectory(prefix="airflow-ecs-") as folder:
            copy = Path(folder) / file.name
            copy.write_bytes(file.read_bytes())
            yield str(copy)
        return
    try:
        yield None
    finally:
        if file.is_file() and set(_read(file)) <= SECRETS_PROVIDER:
            file.unlink()


@contextmanager
def rewritten(workspace: Path, stack: str) -> Generator[str | None]:
    """Copy a stack's file to change it with `--config-file`; it takes the file's place when all is done.

    Args:
        workspace: the folder with `Pulumi.yaml`.
        stack: the stack's name.

    Yields:
        the copy, in the file's folder; None where the stack has no file.
    """
    file = path(workspace, stack).resolve()
    if not file.is_file():
        yield None
        return
    with TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
        copy = Path(folder) / file.name
        copy.write_bytes(file.read_bytes())
        copy.chmod(file.stat().st_mode)
        yield str(copy)
        copy.replace(file)


def path(workspace: Path, stack: str) -> Path:
    """Return where a stack's file is, or would be.

    https://www.pulumi.com/docs/iac/concepts/projects/project-file/ (`stackConfigDir`)
    """
    folder = workspace / (_read(workspace / "Pulumi.yaml").get("stackConfigDir") or "")
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    other = file.with_suffix(".yml")
    return other if other.is_file() else file


def _read(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text()) or {}
