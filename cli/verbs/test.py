"""`airflow-ecs test`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import Project


def test(
    *arguments: Annotated[str, Parameter(help="Arguments of pytest, after --.")],
    project: Project = None,
    build_arg: Annotated[
        tuple[str, ...],
        Parameter("--build-arg", help="An argument of the image's build, NAME=VALUE.", negative=()),
    ] = (),
) -> None:
    """Run the tests of the DAGs in the project's image, which is built where it is not there yet."""
    import sys

    from cli.dag_tests import run
    from cli.local import folder

    sys.exit(run(folder(project), arguments, build_arg))
