"""`airflow-ecs dags rollback`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def rollback(
    version: Annotated[str, Parameter(help="Its first digits; default: the one before.")] = "",
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make an earlier version the current one."""
    from cli import dags
    from cli.answer import answer
    from cli.stack import Stack

    with dags.versions_of(Stack(stack, workspace)) as versions:
        current, line = dags.rollback(version, versions)
    answer(line, {"version": current}, as_json=as_json)
