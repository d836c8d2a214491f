"""`airflow-ecs check-image`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def check_image(
    image: Annotated[str, Parameter(help="An image of ECR by digest.")],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Fail unless an image is made from what is checked out."""
    from cli.answer import answer
    from cli.check_image import check
    from cli.stack import Stack

    commit = check(image, Stack(stack, workspace))
    answer(f"{image} is made from {commit}", {"image": image, "commit": commit}, as_json=as_json)
