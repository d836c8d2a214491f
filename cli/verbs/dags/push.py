"""`airflow-ecs dags push`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def push(
    *,
    stack: StackName,
    workspace: Workspace = None,
    project: Annotated[
        Path | None, Parameter("--project", help="Folder with dags/; default: that of the stack's program.")
    ] = None,
    message: Annotated[str, Parameter("--message", help="Why, for the history.")] = "",
    no_import: Annotated[
        bool, Parameter("--no-import", help="Check the syntax alone: the DAGs need what is not here.")
    ] = False,
    watch: Annotated[bool, Parameter("--watch", help="Push again whenever a file is saved.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the DAGs that are here the current version, unless one of them cannot be read."""
    from cli import dag_watch, dags
    from cli import workspace as workspaces
    from cli.answer import answer
    from cli.interrupts import ended_by_ctrl_c
    from cli.stack import Stack

    found = Stack(stack, workspace)
    with dags.versions_of(found) as versions:
        folder = project or workspaces.program(found.workspace)

        def push_once() -> None:
            version, line = dags.push(folder, versions, message=message, only_syntax=no_import)
            answer(line, {"version": version}, as_json=as_json)

        if watch:
            with ended_by_ctrl_c():
                dag_watch.watch(folder, push_once)
        else:
            push_once()
