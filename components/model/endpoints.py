"""What services must know of the resources around them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .aws.started_task import StartedTask


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Names and addresses that become environment variables.

    Attributes:
        base_url: where users reach the user interface, without a slash at the end.
        execution_api_url: where tasks reach the execution API, inside the network.
        region: the AWS region.
        logs_bucket: name of the bucket for the tasks' logs.
        logs_prefix: what the names of this cluster's logs begin with.
        data_bucket: name of the bucket for the pipelines' data.
        dags_bucket: name of the bucket for the versions of the DAGs; empty: there is none.
        load_balancer_cidrs: the networks that the load balancer connects from.
        cluster_name: name of the ECS cluster.
        started: the tasks that services start on demand, by service.
        queue_urls: the queues of the broker, where each is a resource, by Celery's name.
        result_table: name of the table of Celery's results; empty: there is none.
    """

    base_url: str
    execution_api_url: str
    region: str
    logs_bucket: str
    logs_prefix: str
    data_bucket: str
    load_balancer_cidrs: Sequence[str]
    cluster_name: str
    dags_bucket: str = ""
    started: Mapping[str, StartedTask] = field(default_factory=dict[str, StartedTask])
    queue_urls: Mapping[str, str] = field(default_factory=dict[str, str])
    result_table: str = ""


Variables: TypeAlias = Callable[[Endpoints], Mapping[str, str]]
"""Gives environment variables once the resources exist. Two that do the same compare equal."""
