"""`airflow-ecs completion`."""

from typing import Annotated, Literal

from cyclopts import Parameter


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="The shell that reads the script.")],
    /,
) -> None:
    """Print the script that completes commands and options in a shell."""
    from cli.app import app

    print(app().generate_completion(shell=shell))
