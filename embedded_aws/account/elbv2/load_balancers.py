# pyright: basic
# moto has no types for its backends.
"""Load balancers: one haproxy serves all of them, from what moto's ELBv2 holds.

A thread compares what haproxy has with what the API was told, several times a second.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from moto.acm.models import acm_backends

from embedded_aws.account.elbv2 import haproxy, moto_state, response_headers
from embedded_aws.account.elbv2.haproxy_process import HaproxyProcess
from embedded_aws.account.elbv2.metrics import BalancerUsage
from embedded_aws.account.elbv2.target_health import HEALTHY, INITIAL, Health, TargetCheck

if TYPE_CHECKING:
    from moto.elbv2.models import FakeListener, FakeLoadBalancer, FakeTargetGroup

    from embedded_aws.account.account import Account

LOG = logging.getLogger(__name__)
_TICK_SECONDS = 0.2
_UNUSED = Health(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
_DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
_NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")
Target = tuple[str, str]
"""Target group ARN and address."""


class LoadBalancers:
    """All load balancers of the account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._folder = account.home / "load-balancer"
        self._folder.mkdir(exist_ok=True)
        self._certificates: dict[str, str] = {}
        self._checks: dict[Target, TargetCheck] = {}
        self._draining: dict[Target, tuple[int, float]] = {}
        """Port and monotonic end of the deregistration delay."""
        self._served: set[Target] = set()
        self._haproxy = HaproxyProcess(self._folder)
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load-balancers", daemon=True)

    @property
    def usage(self) -> BalancerUsage:
        """Measures them."""
        return BalancerUsage(self._haproxy, _proxy, self.health)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """End haproxy."""
        self._ended.set()
        self._wake.set()
        self._thread.join()
        for check in self._checks.values():
            check.end()
        self._haproxy.end()

    def serves(self, group_arn: str, address: str) -> bool:
        """Whether a target may still have an open request."""
        target = (group_arn, moto_state.address_of(address))
        with self._turn:
            if target in self._served:
                return True
            return target in self._draining

    def health(self, group_arn: str, address: str) -> str:
        """Return a target's state as DescribeTargetHealth names it."""
        return self.describe(group_arn, address).state

    def describe(self, group_arn: str, address: str) -> Health:
        """Return a target's health with its reason."""
        target = (group_arn, moto_state.address_of(address))
        with self._turn:
            if target in self._draining:
                return _DRAINING
            group = moto_state.group(group_arn)
            if group is None or address not in group.targets:
                return _NOT_REGISTERED
            if not moto_state.in_use(group_arn):
                return _UNUSED
            check = self._checks.get(target)
            if check is None or (check.health == HEALTHY and target not in self._served):
                return INITIAL  # haproxy does not know it yet
            return check.health

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(_TICK_SECONDS)
            self._wake.clear()
            try:
                self._follow()
            except Exception:
                LOG.exception("load balancers")
                time.sleep(1)

    def _follow(self) -> None:
        """Let health checks and haproxy follow the API."""
        groups = {
            group.arn: group
            for backend in moto_state.backends()
            for group in list(backend.target_groups.values())
        }
        used = {arn for arn in groups if moto_state.in_use(arn)}
        with self._turn:
            self._follow_targets(groups, used)
            drained = self._finish_draining()
            balancers = [self._balancer(b) for b in moto_state.balancers()]
            rotation = {arn: self._rotation(group) for arn, group in groups.items() if arn in used}
            delays = [
                int(g.attributes.get("deregistration_delay.timeout_seconds", 300)) for g in groups.values()
            ]
        balancers = [balancer for balancer in balancers if balancer.listeners]
        drain_seconds = max(delays, default=0)
        self._haproxy.serve(
            haproxy.render(balancers, rotation, drain_seconds=drain_seconds) if balancers else ""
        )
        with self._turn:
            served = {(arn, host) for arn, group in rotation.items() for host, _ in group.targets}
            news, self._served = served != self._served, served
        if news or drained:  # never while holding our own lock: whoever holds the account's lock asks us
            self._account.notify()

    def _follow_targets(self, groups: dict[str, FakeTargetGroup], used: set[str]) -> None:
        wanted = {
            (arn, moto_state.address_of(target["Id"])): target
            for arn in used
            for target in list(groups[arn].targets.values())
        }
        for gone in [target for target in self._checks if target not in wanted]:
            self._checks.pop(gone).end()
            group = groups.get(gone[0])
            if group is not None:
                delay = int(group.attributes.get("deregistration_delay.timeout_seconds", 300))
                port = int((group.deregistered_targets.get(gone[1]) or {}).get("Port") or 0)
                self._draining[gone] = port, time.monotonic() + delay
        for target, registered in wanted.items():
            if target not in self._checks:
                self._draining.pop(target, None)
                group = groups[target[0]]
                port = int(registered["Port"])
                check_port = (
                    port
                    if group.health_check_port == "traffic-port"
                    else int(group.health_check_port or port)
                )
                self._checks[target] = TargetCheck(
                    target[1], check_port, moto_state.check(group), self._changed
                )

    def _changed(self) -> None:
        """Tell haproxy and the service scheduler that a target's health changed."""
        self._wake.set()
        self._account.notify()

    def _finish_draining(self) -> bool:
        """Forget targets without an open connection from a load balancer, or whose time is over; any?"""
        if not self._draining:
            return False
        before = len(self._draining)
        open_to = _connected({balancer.dns_name for balancer in moto_state.balancers()})
        for target, (_, ends) in list(self._draining.items()):
            if target in self._served:  # haproxy still sends requests to it
                continue
            if target[1] not in open_to or time.monotonic() >= ends:
                del self._draining[target]
        return len(self._draining) < before

    def _rotation(self, group: FakeTargetGroup) -> haproxy.TargetGroup:
        """Return who gets requests: the healthy targets, all where all are unhealthy."""
        states: dict[str, list[tuple[str, int]]] = {}
        for registered in list(group.targets.values()):
            address = moto_state.address_of(registered["Id"])
            check = self._checks.get((group.arn, address))
            state = check.health.state if check else "initial"
            states.setdefault(state, []).append((address, int(registered["Port"])))
        targets = states.get("healthy") or ([] if "initial" in states else states.get("unhealthy", []))
        attributes = group.attributes
        sticky = attributes.get("stickiness.enabled") == "true"
        return haproxy.TargetGroup(
            targets=sorted(targets),
            tls=group.protocol == "HTTPS",
            sticky_seconds=int(attributes.get("stickiness.lb_cookie.duration_seconds", 86400))
            if sticky
            else None,
            preserves_client=group.target_type == "alb",
            least_outstanding=attributes.get("load_balancing.algorithm.type") == "least_outstanding_requests",
        )

    def _balancer(self, balancer: FakeLoadBalancer) -> haproxy.Balancer:
        listeners = [self._listener(balancer, listener) for listener in list(balancer.listeners.values())]
        return haproxy.Balancer(
            address=balancer.dns_name,
            idle_timeout_seconds=moto_state.idle_seconds(balancer),
            listeners=listeners,
        )

    def _listener(self, balancer: FakeLoadBalancer, listener: FakeListener) -> haproxy.Listener:
        rules = sorted(
            listener.rules.values(),
            key=lambda rule: (rule.is_default, 0 if rule.is_default else int(rule.priority)),
        )
        actions = {True: listener.default_actions}
        return haproxy.Listener(
            name=_proxy(listener.arn),
            port=int(listener.port),
            certificate=self._certificate(balancer, listener)
            if listener.protocol in ("HTTPS", "TLS")
            else None,
            tcp=balancer.type == "network",
            behind=[
                outer.dns_name for outer in moto_state.balancers() if moto_state.forwards(outer, balancer)
            ],
            response_headers=response_headers.of(listener.attributes),
            rules=[
                haproxy.Rule(
                    conditions=rule.conditions,
                    actions=[action.data for action in actions.get(rule.is_default, rule.actions)],
                )
                for rule in rules
            ],
        )

    def _certificate(self, balancer: FakeLoadBalancer, listener: FakeListener) -> str:
        """Return the file of the listener's certificate and key.

        An imported one itself, else one of our authority for its names and the balancer's address.
        """
        key = f"{balancer.dns_name} {listener.certificate}"
        if key not in self._certificates:
            region, account_id = str(listener.certificate).split(":")[3:5]
            acm = acm_backends[account_id][region].describe_certificate(str(listener.certificate))
            if acm.type == "IMPORTED":
                parts = [acm.cert, acm.chain or b"", acm.key]
            else:
                names = [acm.common_name, *acm.sans, balancer.dns_name]
                parts = [path.read_bytes() for path in self._account.authority.issue(names)]
            bundle = self._folder / f"{len(self._certificates)}.pem"
            bundle.touch(mode=0o600)
            bundle.write_bytes(b"\n".join(parts))
            self._certificates[key] = str(bundle)
        return self._certificates[key]


def _proxy(listener_arn: str) -> str:
    """Name a listener in haproxy."""
    return hashlib.sha256(listener_arn.encode()).hexdigest()[:12]


def _connected(sources: set[str]) -> set[str]:
    """Return the addresses to which the load balancers (`sources`) have established connections."""
    connected = set()
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if state == "01" and _dotted(local) in sources:
            connected.add(_dotted(remote))
    return connected


def _dotted(endpoint: str) -> str:
    """Return the address of an endpoint of /proc/net/tcp, like `0203127F:1F90`."""
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(endpoint.split(":", maxsplit=1)[0])))
