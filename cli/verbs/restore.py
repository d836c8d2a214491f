"""`airflow-ecs restore`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AllowDataLoss, AsJson, StackName, WaitSeconds, Workspace


def restore(
    backup: Annotated[
        str, Parameter(help="A backup by its name, or the last snapshot of a deleted database.")
    ],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    allow_data_loss: AllowDataLoss = False,
    wait_seconds: WaitSeconds = 0,
    as_json: AsJson = False,
) -> None:
    """Bring the stack up with the database, key, image and DAGs of a backup, also after a destroy."""
    from cli import backups
    from cli import restore as back
    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace)
    with back.account(found, f"stack {stack} cannot be restored") as opened:
        back.check_replacement(found, allow_data_loss=allow_data_loss)
        wanted = back.find(opened, found, backup)
        done = back.restore(opened, found, wanted, wait_seconds=wait_seconds, allow_data_loss=allow_data_loss)
    value = {"stack": stack, "backup": backups.values(done.backup), "dags": done.dags, "notes": done.notes}
    answer("\n".join([f"stack {stack} is restored from {backup}", *done.notes]), value, as_json=as_json)
