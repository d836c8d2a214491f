"""`airflow-ecs backups`."""

from typing import Any

from cli.options import AsJson, StackName, Workspace


def backups(*, stack: StackName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the stack's backups, newest first: name, time, image, version of the DAGs."""
    from cli import backups as kept
    from cli import restore
    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace)
    with restore.account(found, f"the backups of stack {stack} cannot be read") as opened:
        rds: Any = opened
        known = kept.read(rds.client("rds"), found)
    answer("\n".join(kept.lines(known)), [kept.values(one) for one in known], as_json=as_json)
