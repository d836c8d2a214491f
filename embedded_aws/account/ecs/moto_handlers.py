# pyright: basic
# moto has no types for its handlers.
"""moto's ECS, with this package's tasks and services; moto answers what the package has no handler for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ecs import urls
from moto.ecs.models import ecs_backends

from embedded_aws.account.ecs.service_requests import ServiceRequests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.account.ecs.runner import Runner


def install(runner: Runner) -> None:
    """Let moto's server answer ECS with these handlers."""
    ServiceRequests.runner = runner
    urls.url_paths = dict.fromkeys(urls.url_paths, ServiceRequests.dispatch)


def services() -> Iterator[Any]:
    """Return the services of all accounts and regions."""
    for regions in ecs_backends.values():
        for backend in regions.values():
            yield from backend.services.values()
