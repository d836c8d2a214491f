"""`airflow-ecs rollback`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def rollback(
    digest: Annotated[
        str, Parameter(help="First digits of an image in the history; default: the one before.")
    ] = "",
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    wait_seconds: WaitSeconds = 0,
    as_json: AsJson = False,
) -> None:
    """Deploy an earlier image and its version of the DAGs again, unless the database has another schema."""
    import sys
    from functools import partial

    from cli import cluster
    from cli import rollback as back
    from cli.answer import answer
    from cli.history import SHOWN
    from cli.interrupts import ended_by_ctrl_c
    from cli.stack import Stack

    found = Stack(stack, workspace)
    with ended_by_ctrl_c(), cluster.opened(found, f"stack {stack} cannot be rolled back") as opened:
        target = back.choose(digest, back.deploys(opened, found))
        back.check_schema(opened, stack, target, partial(print, file=sys.stderr, flush=True))
    done = back.rollback(found, target, wait_seconds=wait_seconds)
    shown = f" with version {done.dags[:SHOWN]} of the DAGs" if done.dags else ""
    value = {"stack": stack, "image": done.image, "dags": done.dags}
    answer(f"stack {stack} runs {done.image}{shown}. {done.advice}".rstrip(), value, as_json=as_json)
