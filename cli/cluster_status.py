"""Reads the status of a cluster, all parts at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

import requests

from cli import airflow_status, cluster, status
from cli.airflow_api import AirflowApi
from cli.cluster import Cluster
from cli.errors import UsageError, one_line
from cli.stack import Stack
from components.base.dag_versions import DagVersions

CALL_SECONDS: Final = 5.0
"""How long to wait for each answer of Airflow's: a status is asked for because it may not answer."""


def read(stack: Stack) -> dict[str, Any]:
    """Read a stack's status as plain values.

    Raises:
        UsageError: the stack is not there, not complete, or AWS refused.
    """
    with ThreadPoolExecutor() as pool:
        # A process of Pulumi's each.
        outputs, configuration, deployed = (
            pool.submit(getattr, stack, name) for name in ("outputs", "configuration", "deployed")
        )
        known: dict[str, Any] = outputs.result()
        configuration.result()
        with cluster.opened(stack, f"the status of stack {stack.name} cannot be read") as found:
            airflow = pool.submit(_airflow, stack)
            value = _at_aws(found, known, pool)
        if value["state"] != status.ASLEEP:
            value["airflow"] = airflow.result()
        return {
            "stack": stack.name,
            "url": stack.url,
            "region": stack.region,
            "account_id": stack.account_id,
            "image": known.get("image_uri", ""),
            "image_tag": status.image_tag(deployed.result()),
            "cost": status.cost_of(deployed.result(), stack.region),
            **value,
        }


def _at_aws(found: Cluster, outputs: dict[str, Any], pool: ThreadPoolExecutor) -> dict[str, Any]:
    services = found.services()  # alone: whether there is such a cluster
    _prepare(found, outputs)
    running = pool.submit(found.tasks, "RUNNING")
    ended = pool.submit(found.tasks, "STOPPED")
    database = pool.submit(_database, found, outputs["database_endpoint"])
    broker = pool.submit(_broker, found, outputs.get("broker_endpoint"))
    dags = pool.submit(_dags, found, outputs.get("dags_bucket"))
    rows = status.services(found.service_names, services, running.result())
    return {
        "state": status.state(rows),
        "cluster": found.name,
        "airflow": None,
        "dags": dags.result(),
        "services": rows,
        "stopped": status.stopped(ended.result()),
        "database": database.result(),
        "broker": broker.result(),
    }


def _airflow(stack: Stack) -> dict[str, Any]:
    """Read what Airflow itself reports; where it cannot be read, why."""
    try:
        password = stack.password()
        api = AirflowApi(stack.url, stack.outputs["admin_username"], password, CALL_SECONDS)
        return {"error": None, **airflow_status.read(api, stack.url, datetime.now(UTC))}
    except (UsageError, requests.RequestException) as error:
        return {"error": f"was not read: {one_line(str(error))}"}


def _prepare(found: Cluster, outputs: dict[str, Any]) -> None:
    """Make the clients before the threads: a session of boto3's is not for several.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/resources.html#multithreading-or-multiprocessing-with-resources
    """
    broker = "sqs" if "://" in (outputs.get("broker_endpoint") or "") else "elasticache"
    wanted = {"broker_endpoint": broker, "database_endpoint": "rds", "dags_bucket": "s3"}
    for output, service in wanted.items():
        if outputs.get(output):
            found.client(service)


def _database(found: Cluster, endpoint: str) -> dict[str, Any]:
    return status.database(endpoint, found.database(endpoint.rpartition(":")[0]))


def _broker(found: Cluster, endpoint: str | None) -> dict[str, Any] | None:
    return status.broker(endpoint, found.broker(endpoint)) if endpoint else None


def _dags(found: Cluster, bucket: str | None) -> dict[str, Any] | None:
    if not bucket:
        return None
    seen = DagVersions(found.client("s3"), bucket, "").current()
    return status.dags(seen.pointer if seen else None)
