"""`airflow-ecs start-scheduler`."""

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def start_scheduler(
    *, stack: StackName, workspace: Workspace = None, wait_seconds: WaitSeconds = 0, as_json: AsJson = False
) -> None:
    """Start the scheduler that stop-scheduler stopped."""
    from cli.answer import answer
    from cli.scheduler import set_stopped
    from cli.stack import Stack

    advice = set_stopped(Stack(stack, workspace), stopped=False, wait_seconds=wait_seconds)
    value = {"stack": stack, "scheduler_stopped": False}
    answer(f"the scheduler of stack {stack} runs. {advice}".rstrip(), value, as_json=as_json)
