"""Which traffic the network lets through."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ..brokers.broker import BROKER
from ..services import ingress
from ..services.service import DATABASE, DATABASE_PORT
from ..settings.settings import Settings
from .workload import Workload


@dataclass(frozen=True, kw_only=True)
class TrafficRule:
    """Traffic that the network lets through: from one security group to a port of another."""

    source: str
    target: str
    port: int

    @property
    def description(self) -> str:
        """The description of its resource: the ends, which a preview of a new stack knows by no id."""
        return f"{self.source} to {self.target}"

    @classmethod
    def described(cls, description: str, port: int) -> Self | None:
        """Read the rule of a resource with that description; None for any other resource."""
        source, to, target = description.partition(" to ")
        return cls(source=source, target=target, port=port) if to else None


def traffic_rules(workload: Workload) -> list[TrafficRule]:
    """List the traffic inside a cluster; an existing database is not part of it."""
    hosts = {service.name: task[0].name for task in workload.tasks for service in task}
    settings, ports = workload.settings, _ports(workload)
    connections = [
        *((ingress.LOAD_BALANCER, service.name) for service in workload.targets),
        *((service.name, name) for service in workload.everything for name in service.calls),
    ]
    rules = [
        TrafficRule(source=hosts.get(source, source), target=hosts.get(target, target), port=ports[target])
        for source, target in connections
        if target in ports
    ]
    if settings.load_balancer.nlb:
        rules += [
            TrafficRule(
                source=ingress.NETWORK_LOAD_BALANCER,
                target=ingress.LOAD_BALANCER,
                port=port,
            )
            for port in ingress.ports(settings.load_balancer)
        ]
    return list(dict.fromkeys(rules))


def external_traffic_rules(settings: Settings) -> list[TrafficRule]:
    """List the traffic from security groups outside the cluster; their ids are the sources."""
    balancer, database = settings.load_balancer, settings.database
    users = [
        TrafficRule(source=group, target=ingress.public_load_balancer(balancer), port=port)
        for port in ingress.ports(balancer)
        for group in balancer.allowed_security_group_ids
    ]
    return users + [
        TrafficRule(source=group, target=DATABASE, port=DATABASE_PORT)
        for group in database.allowed_security_group_ids
    ]


def _ports(workload: Workload) -> Mapping[str, int]:
    """Give the port of all that can be connected to, by name."""
    ports = {service.name: service.port for service in workload.services if service.port}
    if not workload.settings.database.exists:
        ports[DATABASE] = DATABASE_PORT
    broker = workload.executor.broker
    if broker is not None and broker.port is not None:
        ports[BROKER] = broker.port
    return ports
