"""`airflow-ecs open`."""

from cli.options import AsJson, StackName, Workspace


def open(*, stack: StackName, workspace: Workspace = None, as_json: AsJson = False) -> None:  # noqa: A001 - the verb's name
    """Open Airflow in the browser, and print its address."""
    import webbrowser

    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace).url
    opened = webbrowser.open(found)
    shown = found if opened else f"no browser was found: Airflow is at {found}"
    answer(shown, {"stack": stack, "url": found, "opened": opened}, as_json=as_json)
