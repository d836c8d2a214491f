# pyright: basic
# moto has no types for its backends.
"""What Application Load Balancers publish: errors, and how many targets are healthy.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
Counters of a haproxy that a changed configuration replaced are lost from the last measuring on.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from embedded_aws.account.cloudwatch.service_metrics import Sample
from embedded_aws.account.elbv2 import moto_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.elbv2.models import FakeLoadBalancer, FakeTargetGroup

    from embedded_aws.account.elbv2.haproxy_process import HaproxyProcess

_NAMESPACE = "AWS/ApplicationELB"
_ERRORS = "hrsp_5xx"
Rows = dict[tuple[str, str], int]
"""Counted errors by haproxy's proxy and server."""


class BalancerUsage:
    """Measures all Application Load Balancers.

    Args:
        haproxy: serves them.
        proxy: names haproxy's frontend of a listener, by its ARN.
        health: returns the state of a target of a group, by ARN and address.
    """

    def __init__(
        self, haproxy: HaproxyProcess, proxy: Callable[[str], str], health: Callable[[str, str], str]
    ) -> None:
        self._haproxy, self._proxy, self._health = haproxy, proxy, health
        self._pid, self._before = 0, Rows()

    def __call__(self) -> Iterator[Sample]:
        """Measure once."""
        errors = self._errors()
        for balancer in moto_state.balancers():
            if balancer.type == "application":
                yield from self._of_balancer(balancer, errors)

    def _errors(self) -> Rows:
        """Count what came since the last time."""
        pid, text = self._haproxy.statistics()
        rows = csv.DictReader(text.removeprefix("# ").splitlines())
        counted = {(row["pxname"], row["svname"]): int(row[_ERRORS] or 0) for row in rows}
        before = self._before if pid == self._pid else Rows()
        self._pid, self._before = pid, counted
        return {key: count - before.get(key, 0) for key, count in counted.items()}

    def _of_balancer(self, balancer: FakeLoadBalancer, errors: Rows) -> Iterator[Sample]:
        proxies = {self._proxy(listener.arn) for listener in list(balancer.listeners.values())}
        answered = sum(errors.get((proxy, "FRONTEND"), 0) for proxy in proxies)
        of_targets = {
            key: count
            for key, count in errors.items()
            if key[0].partition("-")[0] in proxies and key[1] not in ("FRONTEND", "BACKEND")
        }
        own = answered - sum(of_targets.values())
        if own > 0:
            yield _sample(balancer, None, "HTTPCode_ELB_5XX_Count", 1, own)
        for group in _groups(balancer):
            states = [self._health(group.arn, target["Id"]) for target in list(group.targets.values())]
            servers = {f"{one['Id']}-{one['Port']}".replace(":", "-") for one in list(group.targets.values())}
            count = sum(number for (_, server), number in of_targets.items() if server in servers)
            if count > 0:
                yield _sample(balancer, group, "HTTPCode_Target_5XX_Count", 1, count)
            if states:
                yield _sample(balancer, group, "HealthyHostCount", states.count("healthy"))
                yield _sample(balancer, group, "UnHealthyHostCount", states.count("unhealthy"))


def _groups(balancer: FakeLoadBalancer) -> list[FakeTargetGroup]:
    return [
        group
        for backend in moto_state.backends()
        for group in list(backend.target_groups.values())
        if balancer.arn in group.load_balancer_arns
    ]


def _sample(
    balancer: FakeLoadBalancer, group: FakeTargetGroup | None, name: str, value: float, count: float = 1
) -> Sample:
    dimensions = {"LoadBalancer": balancer.arn.partition(":loadbalancer/")[2]}
    if group is not None:
        dimensions["TargetGroup"] = group.arn.rpartition(":")[2]
    return Sample(balancer.arn.split(":")[3], _NAMESPACE, name, "Count", dimensions, value, count)
