"""`airflow-ecs backup`."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.options import AsJson, StackName, Workspace


def backup(
    *,
    stack: StackName,
    workspace: Workspace = None,
    keep: Annotated[
        int,
        Parameter(
            "--keep", help="Delete all backups but the newest N; default: none.", validator=Number(gte=0)
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Take a snapshot of the database, with its Fernet key; note image and version of the DAGs."""
    import sys
    from functools import partial

    from cli import backups, cluster
    from cli.answer import answer
    from cli.interrupts import ended_by_ctrl_c
    from cli.stack import Stack

    found = Stack(stack, workspace)
    with ended_by_ctrl_c(), cluster.opened(found, f"stack {stack} cannot be backed up") as opened:
        taken = backups.take(opened, found, partial(print, file=sys.stderr, flush=True))
        gone = backups.prune(opened, found, keep) if keep else []
    deleted = "".join(f"\ndeleted {one}" for one in gone)
    value = {"stack": stack, **backups.values(taken), "deleted": gone}
    answer(f"backup {taken.name}{deleted}", value, as_json=as_json)
