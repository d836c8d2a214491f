"""`airflow-ecs destroy`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def destroy(
    *,
    stack: StackName,
    workspace: Workspace = None,
    confirm: Annotated[str, Parameter("--confirm", help="The stack's name, repeated.")],
    wait_seconds: WaitSeconds = 0,
    as_json: AsJson = False,
) -> None:
    """Delete every resource of the stack, if its name is given twice and nothing is protected."""
    import sys

    from cli.answer import answer
    from cli.engine import Progress, operate
    from cli.errors import UsageError
    from cli.stack import Stack

    if confirm != stack:
        raise UsageError(f"destroy of {stack}: --confirm must be {stack}; got {confirm}")
    found = Stack(stack, workspace)
    # The engine refuses protected resources one by one, and without a preview it deletes all others.
    if names := found.protected():
        sys.exit(
            f"destroy of {stack}: {', '.join(names)} must not be protected. Set protectData false, "
            "run `pulumi up`, then destroy again"
        )
    progress = Progress()
    operate(
        f"destroy of {stack}",
        lambda: found.destroy(progress),
        wait_seconds=wait_seconds,
        progress=progress,
    )
    answer(f"stack {stack} is empty", {"stack": stack, "resources": 0}, as_json=as_json)
