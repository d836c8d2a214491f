"""`airflow-ecs local up`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import Project


def up(
    *,
    project: Project = None,
    executor: Annotated[
        str, Parameter("--executor", help="Airflow's executor, or several: A,B.", show_default=True)
    ] = "LocalExecutor",
    setting: Annotated[
        tuple[str, ...],
        Parameter(
            "--set", help="A setting, KEY=VALUE, in addition to those of Pulumi.local.yaml.", negative=()
        ),
    ] = (),
) -> None:
    """Start a cluster on this machine, or update it after a change."""
    from cli.errors import UsageError
    from cli.local import folder, needed

    with needed():
        from local import make, preflight
    if not make.are_executors(executor):
        raise UsageError(f"local up: --executor must be of {', '.join(make.EXECUTORS)}; got {executor}")
    state = make.State(folder(project))
    make.check(state, setting)
    lock = make.lock(state, "up")
    preflight.run(rabbitmq=make.chooses_rabbitmq(state, setting))
    make.interruptible(lambda: make.up(state, lock, executor=executor, given=setting))
