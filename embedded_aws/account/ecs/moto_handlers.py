# pyright: basic
# moto has no types for its handlers.
"""moto's ECS, with this package's tasks and services; moto answers what the package has no handler for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ecs import urls
from moto.ecs.models import ecs_backends

from embedded_aws.account.ecs.metrics import ServiceUsage
from embedded_aws.account.ecs.service_requests import ServiceRequests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.account.ecs.runner import Runner


def install(runner: Runner) -> None:
    """Let moto's server answer ECS with these handlers."""
    ServiceRequests.runner = runner
    urls.url_paths = dict.fromkeys(urls.url_paths, ServiceRequests.dispatch)


def usage(runner: Runner) -> ServiceUsage:
    """Return what measures the services."""
    return ServiceUsage(runner.running, services, container_insights)


def container_insights(cluster_arn: str) -> bool:
    """Whether a cluster publishes what its services run."""
    for regions in ecs_backends.values():
        for backend in regions.values():
            for cluster in backend.clusters.values():
                if cluster.arn == cluster_arn:
                    settings = {one["name"]: one["value"] for one in cluster.settings or []}
                    return settings.get("containerInsights", "disabled") != "disabled"
    return False


def services() -> Iterator[Any]:
    """Return the services of all accounts and regions."""
    for regions in ecs_backends.values():
        for backend in regions.values():
            yield from backend.services.values()
