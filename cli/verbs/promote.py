"""`airflow-ecs promote`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def promote(
    source: Annotated[str, Parameter(help="The stack whose image it is, or an image by digest.")],
    /,
    stack: StackName,
    *,
    workspace: Workspace = None,
    wait_seconds: WaitSeconds = 0,
    as_json: AsJson = False,
) -> None:
    """Deploy a copy of the very image that another stack runs; nothing is built."""
    from cli import promote as promotion
    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace)
    uri = promotion.image_of(source, found.workspace)
    done = promotion.promote(uri, found, wait_seconds=wait_seconds)
    value = {"stack": stack, "from": uri, "image": done.image}
    answer(f"stack {stack} runs {done.image}. {done.advice}".rstrip(), value, as_json=as_json)
