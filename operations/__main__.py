"""Commands for changes, CI and a running cluster.

airflow-ecs preview --stack dev
airflow-ecs run-dag smoke --stack dev
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from operations import bootstrap, check_image, comment, cost, dags, deploy, diagram, preview, stack, workspace
from operations.airflow_api import AirflowApi, DagRunFailedError

DAG_SECONDS = 300
IN_A_WORKSPACE = ("run-dag", "password", "preview", "deploy", "destroy", "cost", "diagram", "check-image")
"""Commands that read the stack's file."""


def run_dag(chosen: argparse.Namespace) -> None:
    """Run a DAG to its end and say how it went."""
    found = stack.read(chosen.stack, chosen.workspace)
    api = AirflowApi(found.url, found.outputs["admin_username"], found.password())
    try:
        api.wait_for_dag(chosen.dag_id, chosen.timeout_seconds)
        run: dict[str, Any] = api.run_dag(chosen.dag_id, json.loads(chosen.conf), chosen.timeout_seconds)
    except DagRunFailedError as error:
        sys.exit(str(error))
    print(f"DAG {chosen.dag_id} succeeded in {run['duration']:.1f} s")


def password(chosen: argparse.Namespace) -> None:
    """Print the administrator's password."""
    print(stack.read(chosen.stack, chosen.workspace).password())


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="airflow-ecs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run-dag", help="run a DAG and wait for its end")
    run.add_argument("dag_id")
    run.add_argument("--conf", default="{}", help="the run's parameters, as JSON")
    run.add_argument("--timeout-seconds", type=float, default=DAG_SECONDS)
    run.set_defaults(action=run_dag)
    commands.add_parser("password", help="print the administrator's password").set_defaults(action=password)
    preview.add(commands)
    deploy.add(commands)
    cost.add(commands)
    diagram.add(commands)
    bootstrap.add(commands)
    check_image.add(commands)
    comment.add(commands)
    plain = [*commands.choices.values()]
    of_dags = dags.add(commands)
    for command in (*plain, *of_dags):
        command.add_argument("--stack", required=True, help="the Pulumi stack")
    for command in (*(commands.choices[name] for name in IN_A_WORKSPACE), *of_dags):
        command.add_argument(
            "--workspace",
            type=Path,
            default=workspace.default(),
            help=f"folder with Pulumi.yaml; default: ${workspace.VARIABLE}, or this project",
        )
    chosen = parser.parse_args()
    chosen.action(chosen)


if __name__ == "__main__":
    main()
