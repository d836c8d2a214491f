"""`airflow-ecs cost`."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.options import AsJson, Refresh, StackName, Workspace


def cost(
    *,
    stack: StackName,
    workspace: Workspace = None,
    hours_per_day: Annotated[
        float,
        Parameter(
            "--hours-per-day",
            validator=Number(gte=0, lte=24),
            help="Hours per day that tasks run, 0 to 24.",
            show_default=True,
        ),
    ] = 24,
    refresh: Refresh = False,
    as_json: AsJson = False,
) -> None:
    """Print the monthly cost of the stack, item by item, as it would be after a deployment."""
    from cli.answer import answer
    from cli.cost import lines, plain
    from cli.preview import rendered
    from cli.stack import Stack
    from components.model.pricing.cost import bill

    resources, region = rendered(Stack(stack, workspace), f"cost of {stack}", refresh=refresh)
    total = bill(resources, region)
    answer("\n".join(lines(total, hours_per_day)), plain(total, hours_per_day), as_json=as_json)
