"""`airflow-ecs preview`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AllowDataLoss, AsJson, Out, Refresh, StackName, Workspace


def preview(
    *,
    stack: StackName,
    workspace: Workspace = None,
    out: Out = None,
    allow_data_loss: AllowDataLoss = False,
    refresh: Refresh = False,
    expect_no_changes: Annotated[
        bool, Parameter("--expect-no-changes", help="Fail if anything would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a Markdown report of what a deployment would change; fail where it must not be deployed."""
    from cli.preview import preview as run
    from cli.preview import refuse
    from cli.stack import Stack

    found = run(Stack(stack, workspace), refresh=refresh, allow_data_loss=allow_data_loss)
    found.write(stack, as_json=as_json, out=out)
    refusals = [*found.report.refusals]
    if expect_no_changes and found.changes.changed:
        refusals.append(f"{len(found.changes.changed)} resources would change")
    refuse(f"preview of {stack}", refusals)
