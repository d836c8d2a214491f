"""`airflow-ecs wake`."""

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def wake(
    *, stack: StackName, workspace: Workspace = None, wait_seconds: WaitSeconds = 0, as_json: AsJson = False
) -> None:
    """Start the services of a stack that sleeps."""
    from cli.answer import answer
    from cli.sleep import set_asleep
    from cli.stack import Stack

    advice = set_asleep(Stack(stack, workspace), asleep=False, wait_seconds=wait_seconds)
    value = {"stack": stack, "asleep": False}
    answer(f"stack {stack} is awake. {advice}".rstrip(), value, as_json=as_json)
