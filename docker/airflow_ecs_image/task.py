"""This ECS task, as its metadata endpoint describes it: the address that its servers bind to."""

import http.client
import json
import os
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

ADDRESS_VARIABLE = "AIRFLOW_ECS_TASK_ADDRESS"
METADATA_TIMEOUT_SECONDS = 5.0
INIT_NAME = "dumb-init"
"""The name of process 1 from when the entrypoint has started the service."""


class TaskError(RuntimeError):
    """The metadata endpoint did not answer with what ECS documents."""


def request(
    method: str, url: str, body: object = None, timeout_seconds: float = METADATA_TIMEOUT_SECONDS
) -> Any:
    """Send one HTTP request to an endpoint that ECS gives the task; the answer's JSON value.

    Raises:
        TaskError: no connection, another status than 200, or no JSON.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_seconds)
    payload = None if body is None else json.dumps(body)
    try:
        connection.request(method, parts.path, payload, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise TaskError(f"{method} {url}: {error}") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise TaskError(f"{method} {url}: status {response.status}: {text.strip()}")
    try:
        return json.loads(text)
    except ValueError as error:
        raise TaskError(f"{method} {url}: no JSON: {text[:200]!r}") from error


def address(environ: Mapping[str, str] = os.environ) -> str | None:
    """The task's own IPv4 address; None outside of ECS.

    Taken from `AIRFLOW_ECS_TASK_ADDRESS`, which the entrypoint sets for what it starts, else from
    `$ECS_CONTAINER_METADATA_URI_V4/task`
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html).

    Raises:
        TaskError: there is an endpoint, but it names no address.
    """
    if known := environ.get(ADDRESS_VARIABLE):
        return known
    if not (endpoint := environ.get("ECS_CONTAINER_METADATA_URI_V4")):
        return None
    answer = request("GET", f"{endpoint}/task")
    for container in answer.get("Containers", []):
        for network in container.get("Networks", []):
            for found in network.get("IPv4Addresses", []):
                return str(found)
    raise TaskError(f"GET {endpoint}/task: no container with an IPv4 address")


def hostname(environ: Mapping[str, str] = os.environ) -> str:
    """The name under which Airflow's jobs of this task stand in the database (`[core] hostname_callable`).

    The task's address, since no two running tasks share one; outside of ECS the host's name.
    """
    return address(environ) or socket.getfqdn()
