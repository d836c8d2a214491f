"""`airflow-ecs simulate`."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.options import AsJson, StackName, Workspace


def simulate(
    group: Annotated[str, Parameter(help="Its name in workerGroups.")],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    load: Annotated[
        str,
        Parameter(
            "--load",
            help="nightly, hourly, steady, bursts or sparse: a day of such tasks; or a CSV file with the "
            "columns queued_dttm, start_date and end_date of Airflow's task_instance.",
            show_default=True,
        ),
    ] = "nightly",
    seed: Annotated[int, Parameter("--seed", help="Another one gives another day.", show_default=True)] = 1,
    image_mb: Annotated[
        float,
        Parameter(
            "--image-mb",
            validator=Number(gt=0, lte=10_000),
            help="Compressed size of the image, MB.",
            show_default=True,
        ),
    ] = 400,
    as_json: AsJson = False,
) -> None:
    """Replay a day's tasks on a scaled worker group: their waiting time, its workers and cost."""
    from cli.answer import answer
    from cli.simulate import group_of, lines, load_of, replay
    from cli.stack import Stack

    tasks = load_of(load, seed)
    found = replay(group_of(Stack(stack, workspace), group), tasks, image_mb)
    answer("\n".join(lines(found)), found, as_json=as_json)
