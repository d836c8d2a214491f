"""`airflow-ecs stop-scheduler`."""

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def stop_scheduler(
    *, stack: StackName, workspace: Workspace = None, wait_seconds: WaitSeconds = 0, as_json: AsJson = False
) -> None:
    """Stop the scheduler: no run is scheduled, no task starts; running tasks finish."""
    from cli.answer import answer
    from cli.scheduler import set_stopped
    from cli.stack import Stack

    advice = set_stopped(Stack(stack, workspace), stopped=True, wait_seconds=wait_seconds)
    value = {"stack": stack, "scheduler_stopped": True}
    answer(f"the scheduler of stack {stack} is stopped. {advice}".rstrip(), value, as_json=as_json)
