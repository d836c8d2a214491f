"""`airflow-ecs init`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson


def init(
    folder: Annotated[Path, Parameter(help="A folder that is empty, or does not exist.")],
    /,
    *,
    name: Annotated[str, Parameter("--name", help="The project's; default: the folder's.")] = "",
    region: Annotated[
        str, Parameter("--region", help="AWS region of its stacks.", show_default=True)
    ] = "us-east-1",
    wheel: Annotated[
        str,
        Parameter(
            "--wheel",
            help="What the project installs airflow-ecs from: a file, which is copied, or an address with "
            "#sha256=HEX; default: as it is installed here.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Write a small project: stack files, a program, DAGs, their tests, CI."""
    from cli.answer import answer
    from cli.new_project import create

    files = create(folder, name=name, region=region, wheel=wheel)
    text = f"{folder} is a project of {len(files)} files. Go on with: cd {folder} && make up"
    answer(text, {"folder": str(folder), "files": files}, as_json=as_json)
