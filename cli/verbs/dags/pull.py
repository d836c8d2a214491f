"""`airflow-ecs dags pull`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def pull(
    folder: Annotated[Path, Parameter(help="A folder that is empty, or does not exist.")],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    version: Annotated[str, Parameter("--version", help="Its first digits; default: the current one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the files of a version into a folder."""
    from cli import dags
    from cli.answer import answer
    from cli.stack import Stack

    with dags.versions_of(Stack(stack, workspace)) as versions:
        found = dags.pull(folder, version, versions)
    answer(
        f"version {found[: dags.SHOWN]} is in {folder}",
        {"version": found, "folder": str(folder)},
        as_json=as_json,
    )
