"""`airflow-ecs sleep`."""

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def sleep(
    *, stack: StackName, workspace: Workspace = None, wait_seconds: WaitSeconds = 0, as_json: AsJson = False
) -> None:
    """Stop every service, for nights and weekends, once running Airflow tasks have ended; data stays."""
    from cli.answer import answer
    from cli.sleep import set_asleep
    from cli.stack import Stack

    advice = set_asleep(Stack(stack, workspace), asleep=True, wait_seconds=wait_seconds)
    value = {"stack": stack, "asleep": True}
    answer(f"stack {stack} is asleep. {advice}".rstrip(), value, as_json=as_json)
