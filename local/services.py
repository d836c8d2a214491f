# pyright: basic
# boto3's clients have no types.
"""What the services and one-off tasks of the embedded account are doing."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_BATCH = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html."""
_PAUSE_SECONDS = 0.5


class Services:
    """All ECS services of an account.

    Args:
        environment: variables of the account's clients.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._ecs, self._elb = self._client("ecs"), self._client("elbv2")

    def wait(self, seconds: float, progress_seconds: float) -> str:
        """Wait until every service is as it should be; return what is not when the time is over."""
        began = time.monotonic()
        shown = began
        while (pending := ", ".join(self._unhealthy())) and time.monotonic() - began < seconds:
            if time.monotonic() - shown > progress_seconds:
                shown = time.monotonic()
                print(f"    {shown - began:.0f} s: {pending}", flush=True)
            time.sleep(_PAUSE_SECONDS)
        return pending

    def progress(self) -> str:
        """Describe what is not as it should be; empty while the account does not answer."""
        try:
            return ", ".join([*self._unhealthy(), *self._one_off_tasks()])
        except (BotoCoreError, ClientError):
            return ""

    def _unhealthy(self) -> list[str]:
        """Describe the services that lack healthy tasks."""
        found = []
        for cluster in self._clusters():
            tasks = self._tasks(cluster)
            for service in self._services(cluster):
                own = [task for task in tasks if task["group"] == f"service:{service['serviceName']}"]
                healthy, wanted = sum(map(_healthy, own)), service["desiredCount"]
                if healthy < wanted:
                    found.append(f"{service['serviceName']} has {healthy} of {wanted} healthy tasks")
                elif wanted and not self._reached(service):
                    found.append(f"{service['serviceName']} is not reached by the load balancer yet")
        return found

    def _one_off_tasks(self) -> list[str]:
        groups = {task["group"] for cluster in self._clusters() for task in self._tasks(cluster)}
        others = sorted(group for group in groups if not group.startswith("service:"))
        return [f"{group.removeprefix('family:')} is running" for group in others]

    def _clusters(self) -> list[str]:
        return self._ecs.list_clusters()["clusterArns"]

    def _services(self, cluster: str) -> Iterator[Any]:
        pages = self._ecs.get_paginator("list_services").paginate(cluster=cluster)
        arns = sorted(arn for page in pages for arn in page["serviceArns"])
        for first in range(0, len(arns), _BATCH):
            batch = arns[first : first + _BATCH]
            yield from self._ecs.describe_services(cluster=cluster, services=batch)["services"]

    def _tasks(self, cluster: str) -> list[Any]:
        pages = self._ecs.get_paginator("list_tasks").paginate(cluster=cluster)
        return [
            task
            for page in pages
            if (arns := page["taskArns"])
            for task in self._ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
        ]

    def _reached(self, service: Any) -> bool:
        return all(
            any(target["TargetHealth"]["State"] == "healthy" for target in self._targets(balancer))
            for balancer in service["loadBalancers"]
        )

    def _targets(self, balancer: Any) -> list[Any]:
        described = self._elb.describe_target_health(TargetGroupArn=balancer["targetGroupArn"])
        return described["TargetHealthDescriptions"]

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._environment["AWS_ENDPOINT_URL"],
            region_name=self._environment["AWS_REGION"],
            aws_access_key_id=self._environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=10, proxies={}),
        )


def _healthy(task: Any) -> bool:
    """Whether a task runs and its health checks, which all of this project's services have, succeed."""
    return task["lastStatus"] == "RUNNING" and task["healthStatus"] == "HEALTHY"
