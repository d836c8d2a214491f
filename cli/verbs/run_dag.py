"""`airflow-ecs run-dag`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def run_dag(
    dag_id: Annotated[str, Parameter(help="The DAG's id.")],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    conf: Annotated[
        str, Parameter("--conf", help="The run's parameters, as a JSON object.", show_default=True)
    ] = "{}",
    timeout_seconds: Annotated[
        float,
        Parameter(
            "--timeout-seconds", help="How long to wait for the DAG, and then for its run.", show_default=True
        ),
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Run a DAG and wait for its end; fail where it does."""
    import sys

    import requests

    from cli.airflow_api import AirflowApi, DagRunFailedError, parameters
    from cli.answer import answer
    from cli.errors import one_line
    from cli.stack import Stack

    given = parameters(conf)
    found = Stack(stack, workspace)
    secret = found.password()
    try:
        api = AirflowApi(found.url, found.outputs["admin_username"], secret)
        api.wait_for_dag(dag_id, timeout_seconds)
        run = api.run_dag(dag_id, given, timeout_seconds)
    except DagRunFailedError as error:
        sys.exit(str(error))
    except requests.RequestException as error:
        sys.exit(f"Airflow at {found.url} does not answer: {one_line(str(error))}")
    value = {
        "dag_id": dag_id,
        "run_id": run["dag_run_id"],
        "state": run["state"],
        "duration_seconds": run["duration"],
    }
    answer(f"DAG {dag_id} succeeded in {run['duration']:.1f} s", value, as_json=as_json)
