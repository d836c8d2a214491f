"""`airflow-ecs redeploy`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def redeploy(
    service: Annotated[str, Parameter(help="A service; default: all.")] = "",
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Replace the tasks of the stack's services by new ones, and wait until they are healthy."""
    import sys
    from functools import partial

    from cli import cluster
    from cli import redeploy as tasks
    from cli.answer import answer
    from cli.interrupts import ended_by_ctrl_c
    from cli.stack import Stack

    found = Stack(stack, workspace)
    with cluster.opened(found, f"the services of stack {stack} cannot be read") as opened:
        opened.require_awake(opened.services())
    wanted = tasks.wanted(found, service)
    with ended_by_ctrl_c():
        done = tasks.run(wanted, partial(print, file=sys.stderr, flush=True))
    names = ", ".join(sorted(done))
    answer(f"{names} run new tasks", {"stack": stack, "remaining": done}, as_json=as_json)
