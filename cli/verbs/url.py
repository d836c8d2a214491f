"""`airflow-ecs url`."""

from cli.options import AsJson, StackName, Workspace


def url(*, stack: StackName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Print where Airflow is."""
    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace).url
    answer(found, {"stack": stack, "url": found}, as_json=as_json)
