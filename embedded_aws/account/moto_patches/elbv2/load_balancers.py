# pyright: basic
# moto has no types for its backends.
"""moto's ELBv2 with addresses of this machine and the health of `account.elbv2`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from moto.elbv2.exceptions import ELBClientError, TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus

from embedded_aws.account.elbv2 import haproxy

if TYPE_CHECKING:
    from moto.elbv2.models import FakeListener, FakeLoadBalancer, FakeTargetGroup

    from embedded_aws.account.account import Account
    from embedded_aws.account.elbv2.load_balancers import LoadBalancers
    from embedded_aws.account.elbv2.target_health import Health


def install(account: Account, balancers: LoadBalancers) -> None:
    """Let moto's ELBv2 have addresses and real health."""
    create, delete, listen = (
        ELBv2Backend.create_load_balancer,
        ELBv2Backend.delete_load_balancer,
        ELBv2Backend.create_listener,
    )

    def create_load_balancer(self: ELBv2Backend, *args: Any, **kwargs: Any) -> FakeLoadBalancer:
        balancer = create(self, *args, **kwargs)
        balancer.dns_name = account.addresses.take()
        balancer.state = "active"
        return balancer

    def delete_load_balancer(self: ELBv2Backend, arn: str) -> None:
        balancer = self.load_balancers.get(arn)
        if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        delete(self, arn)
        if balancer is not None:
            account.addresses.release(balancer.dns_name)

    def create_listener(
        self: ELBv2Backend, load_balancer_arn: str, *args: Any, **kwargs: Any
    ) -> FakeListener:
        balancer = self.load_balancers.get(load_balancer_arn)
        port = kwargs["port"] if "port" in kwargs else args[1]
        if balancer is not None:
            _check_port(balancer.dns_name, int(port))
        return listen(self, load_balancer_arn, *args, **kwargs)

    def describe_target_health(
        self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
    ) -> list[Any]:
        group = self.target_groups.get(target_group_arn)
        if group is None:
            raise TargetGroupNotFoundError
        return [
            _description(group, target, balancers.describe(target_group_arn, target["Id"]))
            for target in targets or list(group.targets.values())
        ]

    for function in (create_load_balancer, delete_load_balancer, create_listener, describe_target_health):
        setattr(ELBv2Backend, function.__name__, function)
    _install_rule_checks()


def _install_rule_checks() -> None:
    """Refuse conditions and actions that haproxy could not follow, where moto checks them."""
    model: Any = ELBv2Backend
    actions, conditions = model._validate_actions, model._validate_conditions  # noqa: SLF001 - moto has no other

    def validate_actions(self: ELBv2Backend, given: list[Any]) -> None:
        _check_rule([], [action.type for action in given])
        actions(self, given)

    def validate_conditions(self: ELBv2Backend, given: list[dict[str, Any]]) -> None:
        _check_rule(given, [])
        conditions(self, given)

    model._validate_actions, model._validate_conditions = validate_actions, validate_conditions  # noqa: SLF001


def _check_rule(conditions: list[dict[str, Any]], action_types: list[str]) -> None:
    try:
        haproxy.check(conditions, action_types)
    except haproxy.UnsupportedRuleError as error:
        raise ELBClientError("InvalidConfigurationRequest", str(error)) from error


def _description(group: FakeTargetGroup, target: dict[str, Any], health: Health) -> Any:
    port = (group.targets.get(target["Id"]) or target).get("Port", group.port)
    return FakeHealthStatus(target["Id"], port, str(port), health.state, health.reason, health.description)


def _check_port(address: str, port: int) -> None:
    """Refuse a port that this user may not open, at once and clearly."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except PermissionError as error:
            raise ELBClientError(
                "InvalidConfigurationRequest",
                f"this machine lets only root open port {port}: use a listener port above 1023, or "
                f"`sysctl -w net.ipv4.ip_unprivileged_port_start={port}`",
            ) from error
