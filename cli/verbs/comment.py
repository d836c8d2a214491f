"""`airflow-ecs comment`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName


def comment(
    report: Annotated[Path, Parameter(help="File with Markdown.")],
    /,
    *,
    stack: StackName,
    pull_request: Annotated[int, Parameter("--pull-request", help="The pull request's number.")],
    as_json: AsJson = False,
) -> None:
    """Post a report as the stack's one comment on a pull request, in a GitHub workflow."""
    from cli.answer import answer
    from cli.comment import post

    answer("", {"comment": post(report, stack, pull_request)}, as_json=as_json)
