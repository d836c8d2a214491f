"""Reads the status of a cluster, all parts at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cli import cluster, status
from cli.cluster import Cluster
from cli.stack import Stack
from components.base.dag_versions import DagVersions


def read(stack: Stack) -> dict[str, Any]:
    """Read a stack's status as plain values.

    Raises:
        UsageError: the stack is not there, not complete, or AWS refused.
    """
    outputs = stack.outputs
    with (
        cluster.opened(stack, f"the status of stack {stack.name} cannot be read") as found,
        ThreadPoolExecutor() as pool,
    ):
        services = found.services()  # alone: whether there is such a cluster
        _prepare(found, outputs)
        running = pool.submit(found.tasks, "RUNNING")
        ended = pool.submit(found.tasks, "STOPPED")
        database = pool.submit(_database, found, outputs["database_endpoint"])
        broker = pool.submit(_broker, found, outputs.get("broker_endpoint"))
        dags = pool.submit(_dags, found, outputs.get("dags_bucket"))
        rows = status.services(found.service_names, services, running.result())
        return {
            "stack": stack.name,
            "state": status.state(rows),
            "url": stack.url,
            "region": stack.region,
            "account_id": stack.account_id,
            "cluster": found.name,
            "image": outputs.get("image_uri", ""),
            "dags": dags.result(),
            "services": rows,
            "stopped": status.stopped(ended.result()),
            "database": database.result(),
            "broker": broker.result(),
        }


def _prepare(found: Cluster, outputs: dict[str, Any]) -> None:
    """Make the clients before the threads: a session of boto3's is not for several.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/resources.html#multithreading-or-multiprocessing-with-resources
    """
    wanted = {"broker_endpoint": "elasticache", "database_endpoint": "rds", "dags_bucket": "s3"}
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
