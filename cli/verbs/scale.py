"""`airflow-ecs scale`."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def scale(
    service: Annotated[str, Parameter(help="The service, such as worker or worker-NAME.")],
    count: Annotated[int, Parameter(help="How many tasks it is to run.", validator=Number(gte=0))],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    wait_seconds: WaitSeconds = 0,
    as_json: AsJson = False,
) -> None:
    """Change how many tasks a service runs."""
    from cli.answer import answer
    from cli.scale import set_count
    from cli.stack import Stack

    advice = set_count(Stack(stack, workspace), service, count, wait_seconds=wait_seconds)
    value = {"stack": stack, "service": service, "count": count}
    answer(f"{service} of stack {stack} runs {count} tasks. {advice}".rstrip(), value, as_json=as_json)
