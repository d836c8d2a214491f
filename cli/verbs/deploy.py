"""`airflow-ecs deploy`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.options import AllowDataLoss, AlwaysJson, Refresh, StackName, WaitSeconds, Workspace


def deploy(
    *,
    stack: StackName,
    workspace: Workspace = None,
    allow_data_loss: AllowDataLoss = False,
    out: Annotated[
        Path | None, Parameter("--out", help="File for the report of the changes about to be made.")
    ] = None,
    refresh: Refresh = False,
    wait_seconds: WaitSeconds = 0,
    as_json: AlwaysJson = True,  # noqa: ARG001, for scripts that give it to every command
) -> None:
    """Bring the stack up, unless its preview is refused: progress on stderr, outputs as JSON on stdout."""
    from cli.answer import answer
    from cli.engine import POLICY_PACK, Progress, operate, plain
    from cli.preview import preview, refuse
    from cli.stack import Stack

    found = Stack(stack, workspace)
    before = preview(found, refresh=refresh, allow_data_loss=allow_data_loss, wait_seconds=wait_seconds)
    if out:
        before.write(stack, as_json=False, out=out)
    refuse(f"deploy of {stack}", before.report.refusals)
    progress = Progress()
    outputs = operate(
        f"deploy of {stack}",
        lambda: found.up(progress, refresh=refresh, policy_packs=[str(POLICY_PACK)]),
        wait_seconds=wait_seconds,
        progress=progress,
    )
    answer("", plain(outputs.items()), as_json=True)
