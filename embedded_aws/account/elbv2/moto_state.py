# pyright: basic
# moto has no types for its backends.
"""What moto's ELBv2 holds, in all accounts and regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.elbv2.models import ELBv2Backend, elbv2_backends

from embedded_aws.account.elbv2 import haproxy
from embedded_aws.account.elbv2.target_health import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.elbv2.models import FakeLoadBalancer, FakeTargetGroup


def in_use(group_arn: str) -> bool:
    """Whether a listener or rule forwards to a target group."""
    return any(
        group_arn in haproxy.forwarded([action.data for action in actions])
        for backend in backends()
        for balancer in list(backend.load_balancers.values())
        for listener in list(balancer.listeners.values())
        for actions in [listener.default_actions, *(rule.actions for rule in list(listener.rules.values()))]
    )


def address_of(target_id: str) -> str:
    """Return a target's address: its id, or that of the load balancer whose ARN it is."""
    balancer = next((balancer for balancer in balancers() if balancer.arn == target_id), None)
    return balancer.dns_name if balancer else target_id


def idle_seconds(balancer: FakeLoadBalancer) -> int:
    """Return after how long an idle connection is closed: a Network Load Balancer's listeners say it."""
    if balancer.type != "network":
        return int(balancer.attrs.get("idle_timeout.timeout_seconds", 60))
    listeners = list(balancer.listeners.values())
    return max((int(listener.attributes["tcp.idle_timeout.seconds"]) for listener in listeners), default=350)


def forwards(outer: FakeLoadBalancer, inner: FakeLoadBalancer) -> bool:
    """Whether a target group of the outer load balancer holds the inner one."""
    return any(
        inner.arn in group.targets
        for backend in backends()
        for group in list(backend.target_groups.values())
        if outer.arn in group.load_balancer_arns
    )


def balancers() -> Iterator[FakeLoadBalancer]:
    """Return all load balancers."""
    return (balancer for backend in backends() for balancer in list(backend.load_balancers.values()))


def check(group: FakeTargetGroup) -> Check:
    """Return the health check of a target group."""
    return Check(
        protocol=group.health_check_protocol or "HTTP",
        path=group.health_check_path or "/",
        interval_seconds=float(group.health_check_interval_seconds),
        timeout_seconds=float(group.health_check_timeout_seconds),
        healthy_threshold=int(group.healthy_threshold_count),
        unhealthy_threshold=int(group.unhealthy_threshold_count),
        matcher=(getattr(group, "matcher", None) or {}).get("HttpCode", "200"),
    )


def backends() -> Iterator[ELBv2Backend]:
    """Return what moto has for each account and region."""
    for regions in list(elbv2_backends.values()):
        yield from list(regions.values())


def group(arn: str) -> FakeTargetGroup | None:
    """Return a target group, None where it does not exist."""
    return next((backend.target_groups[arn] for backend in backends() if arn in backend.target_groups), None)
