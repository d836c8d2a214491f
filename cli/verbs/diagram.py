"""`airflow-ecs diagram`."""

from cli.options import AsJson, Out, Refresh, StackName, Workspace


def diagram(
    *,
    stack: StackName,
    workspace: Workspace = None,
    out: Out = None,
    refresh: Refresh = False,
    as_json: AsJson = False,
) -> None:
    """Render the stack as a Mermaid diagram, as it would be after a deployment."""
    from cli.answer import answer
    from cli.mermaid import render
    from cli.preview import rendered
    from cli.stack import Stack

    resources, _ = rendered(Stack(stack, workspace), f"diagram of {stack}", refresh=refresh)
    text = render(resources)
    answer(text, {"stack": stack, "mermaid": text}, as_json=as_json, out=out)
