"""`airflow-ecs trigger`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def trigger(
    dag_id: Annotated[str, Parameter(help="The DAG's id.")],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    conf: Annotated[
        str, Parameter("--conf", help="The run's parameters, as a JSON object.", show_default=True)
    ] = "{}",
    wait: Annotated[
        bool, Parameter("--wait", help="Wait for the end of the run; fail where it does.")
    ] = False,
    unpause: Annotated[
        bool, Parameter("--unpause", help="Unpause the DAG first; its schedule then starts runs too.")
    ] = False,
    timeout_seconds: Annotated[
        float,
        Parameter(
            "--timeout-seconds",
            help="How long to wait for the DAG, and with --wait for its run.",
            show_default=True,
        ),
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Start a run of a DAG; with --wait, fail where the run does."""
    import sys

    import requests

    from cli import cluster
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
        run = api.trigger(dag_id, given, unpause=unpause)
        if wait:
            run = api.wait_for_run(dag_id, run, timeout_seconds)
    except DagRunFailedError as error:
        sys.exit(str(error))
    except requests.RequestException as error:
        with cluster.opened(found, f"the services of stack {stack} cannot be read") as opened:
            opened.require_awake(opened.services())
        sys.exit(f"Airflow at {found.url} does not answer: {one_line(str(error))}")
    value = {
        "dag_id": dag_id,
        "run_id": run["dag_run_id"],
        "state": run["state"],
        "duration_seconds": run.get("duration"),
    }
    ended = f"succeeded in {run['duration']:.1f} s" if wait else f"runs as {run['dag_run_id']}"
    answer(f"DAG {dag_id} {ended}", value, as_json=as_json)
