"""`airflow-ecs status`."""

from cli.options import AsJson, StackName, Workspace


def status(*, stack: StackName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Print what runs: services, versions, queues, failures, database, broker, cost, address."""
    from cli import status as shown
    from cli.answer import answer
    from cli.cluster_status import read
    from cli.stack import Stack

    value = read(Stack(stack, workspace))
    answer("\n".join(shown.lines(value)), value, as_json=as_json)
