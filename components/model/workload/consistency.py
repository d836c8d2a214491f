"""Whether the services of a catalogue fit together: a mistake in one is named before any resource exists."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ..brokers.broker import BROKER
from ..services.ingress import TOKENS_PRIORITY
from ..services.service import DATABASE, Service

MAX_PRIORITY = 50_000
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"""


class CatalogueError(ValueError):
    """Services, executors, brokers or DAG sources that do not make a cluster: one line each."""


def check(services: Sequence[Service]) -> None:
    """Check all services of a catalogue, enabled or not.

    Raises:
        CatalogueError: what is wrong, with the service's name and what to do.
    """
    if errors := [*_names(services), *_one_off(services), *_targets(services)]:
        raise CatalogueError("\n".join(errors))


def _names(services: Sequence[Service]) -> Iterator[str]:
    names = Counter(service.name for service in services)
    twice = [name for name, count in names.items() if count > 1]
    yield from (f"service {name}: there are {names[name]}. Rename one" for name in twice)
    for service in services:
        yield from _reference(service, "host", [service.host] if service.host else [], names)
        starter = [service.started_by] if service.started_by else []
        yield from _reference(service, "started_by", starter, names)
        yield from _reference(service, "calls", service.calls, {*names, DATABASE, BROKER})
    hosted = {service.name for service in services if service.host}
    for service in services:
        if service.host in hosted:
            yield f"service {service.name}: its host {service.host} has a host itself. Name that one"


def _reference(
    service: Service, field: str, wanted: Collection[str], names: Collection[str]
) -> Iterator[str]:
    for name in wanted:
        if name not in names:
            yield f"service {service.name}: {field} names {name!r}; there are {', '.join(sorted(names))}"


def _one_off(services: Sequence[Service]) -> Iterator[str]:
    migrations = [
        service.name
        for service in services
        if service.one_off and not (service.schedule or service.started_by)
    ]
    if len(migrations) != 1:
        listed = ", ".join(migrations) or "none"
        yield f"one one-off task runs with each deployment, the migration; got {listed}. Schedule the others"


def _targets(services: Sequence[Service]) -> Iterator[str]:
    targets = {service.name: service.target for service in services if service.target}
    defaults = [name for name, target in targets.items() if not target.path]
    if len(defaults) != 1:
        listed = ", ".join(defaults) or "none"
        yield f"one service is the load balancer's default target, without a path; got {listed}"
    taken = {TOKENS_PRIORITY: "the load balancer's rule for tokens"}
    for name, target in targets.items():
        priority = target.priority
        if not target.path:
            continue
        if not 1 <= priority <= MAX_PRIORITY:
            yield f"service {name}: its target's priority must be from 1 to {MAX_PRIORITY}; got {priority}"
        elif priority in taken:
            yield f"service {name}: the priority {priority} is that of {taken[priority]}. Take another"
        taken[priority] = name
