"""`airflow-ecs password`."""

from cli.options import AsJson, StackName, Workspace


def password(*, stack: StackName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Print the administrator's password."""
    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace)
    secret = found.password()
    value = {"username": found.outputs.get("admin_username"), "password": secret}
    answer(secret, value, as_json=as_json)
