"""What commands need that work on this machine's cluster or image."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cli import workspace
from cli.errors import UsageError


def folder(project: Path | None) -> Path:
    """Return a project's folder: the named one, or the current one or the nearest one above it.

    Raises:
        UsageError: it has no project.
    """
    found = (project or workspace.nearest()).resolve()
    if not (found / workspace.PROJECT_FILE).is_file():
        raise UsageError(f"{found} has no {workspace.PROJECT_FILE}: name the project's folder with --project")
    return found


@contextmanager
def needed() -> Generator[None]:
    """Import what needs the packages of the embedded account.

    Raises:
        UsageError: they are not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{error.name} is not installed: on this machine a cluster takes airflow-ecs[embedded-aws], the "
            "package with its extra"
        ) from None
