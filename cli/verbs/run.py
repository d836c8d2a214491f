"""`airflow-ecs run`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def run(
    *command: Annotated[
        str, Parameter(help="The Airflow command, after --; the word airflow may be left out.")
    ],
    stack: StackName,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Run an Airflow command in a task of its own, print its log, and end with its exit code."""
    import sys
    from functools import partial

    from cli import cluster
    from cli.answer import answer
    from cli.errors import UsageError
    from cli.interrupts import ended_by_ctrl_c
    from cli.one_off import command_of
    from cli.one_off import run as run_command
    from cli.stack import Stack

    if not command:
        raise UsageError("run needs an Airflow command: airflow-ecs run --stack STACK -- dags list")
    found = Stack(stack, workspace)
    with (
        ended_by_ctrl_c(),
        cluster.opened(found, f"a command cannot be run in stack {stack}") as opened,
    ):
        write = partial(print, file=sys.stderr if as_json else sys.stdout, flush=True)
        task, code = run_command(opened, command_of(command), write)
    if as_json:
        answer("", {"task": task, "exit_code": code}, as_json=True)
    sys.exit(code)
