# pyright: basic
# moto has no types for its backends.
"""Names, groups, certificates and rules that AWS refuses and moto takes.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.elbv2.exceptions import (
    DuplicateLoadBalancerName,
    ELBClientError,
    RuleNotFoundError,
    SubnetNotFoundError,
    TargetGroupNotFoundError,
)
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer
from moto.elbv2.ssl_policies import SSL_POLICIES

from embedded_aws.account.elbv2 import haproxy

_NAME = re.compile(r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)")
_SCHEMES = ("internet-facing", "internal")
_ENCRYPTED = ("HTTPS", "TLS")


def install() -> None:
    """Refuse what AWS refuses."""
    _install_load_balancers()
    _install_listeners()
    _install_rules()


def _install_load_balancers() -> None:
    create = ELBv2Backend.create_load_balancer

    def create_load_balancer(self: ELBv2Backend, *args: Any, **kwargs: Any) -> FakeLoadBalancer:
        name, scheme = kwargs["name"], kwargs.get("scheme") or "internet-facing"
        if not _NAME.fullmatch(name):
            text = (
                f"The load balancer name '{name}' must have 1 to 32 letters, digits and hyphens, and neither "
            )
            raise ELBClientError(
                "ValidationError", text + "begin nor end with a hyphen, nor begin with 'internal-'"
            )
        if name in {balancer.name for balancer in self.load_balancers.values()}:
            raise DuplicateLoadBalancerName
        if scheme not in _SCHEMES:
            raise ELBClientError("InvalidScheme", f"The scheme '{scheme}' is not valid")
        for group in kwargs.get("security_groups") or []:
            if self.ec2_backend.get_security_group_from_id(group) is None:
                raise ELBClientError("InvalidSecurityGroup", f"Security group '{group}' does not exist")
        mapped = [mapping["SubnetId"] for mapping in kwargs.get("subnet_mappings") or []]
        if {*(kwargs.get("subnet_ids") or []), *mapped} - _subnets(self):
            raise SubnetNotFoundError
        return create(self, *args, **kwargs)

    ELBv2Backend.create_load_balancer = create_load_balancer


def _subnets(backend: ELBv2Backend) -> set[str]:
    return {subnet for by_zone in backend.ec2_backend.subnets.values() for subnet in by_zone}


def _install_listeners() -> None:
    create, modify = ELBv2Backend.create_listener, ELBv2Backend.modify_listener

    def create_listener(
        self: ELBv2Backend, load_balancer_arn: str, protocol: str, port: str, *args: Any, **kwargs: Any
    ) -> Any:
        given = dict(zip(("ssl_policy", "certificate", "actions"), args, strict=False)) | kwargs
        if protocol in _ENCRYPTED and not given["certificate"]:
            raise ELBClientError(
                "ValidationError", f"A certificate must be specified for {protocol} listeners"
            )
        if given["ssl_policy"] not in SSL_POLICIES:
            raise ELBClientError("SSLPolicyNotFound", f"SSL policy '{given['ssl_policy']}' not found")
        if load_balancer_arn in self.load_balancers:
            for arn in _groups(self, given["actions"]):
                _check_free(self, load_balancer_arn, arn)
        return create(self, load_balancer_arn, protocol, port, *args, **kwargs)

    def modify_listener(self: ELBv2Backend, arn: str, *args: Any, **kwargs: Any) -> Any:
        given = kwargs.get("actions") or (args[4] if len(args) > 4 else [])  # noqa: PLR2004 - its place
        if any(arn in balancer.listeners for balancer in self.load_balancers.values()):
            _groups(self, given or [])
        return modify(self, arn, *args, **kwargs)

    ELBv2Backend.create_listener, ELBv2Backend.modify_listener = create_listener, modify_listener


def _groups(backend: ELBv2Backend, actions: list[dict[str, Any]]) -> set[str]:
    """Return the ARNs of the target groups that actions forward to, which must exist."""
    arns = set(haproxy.forwarded(actions))
    if not arns <= set(backend.target_groups):
        raise TargetGroupNotFoundError
    return arns


def _check_free(backend: ELBv2Backend, balancer_arn: str, group_arn: str) -> None:
    """Refuse a target group of another load balancer."""
    for balancer in backend.load_balancers.values():
        listeners = balancer.listeners.values() if balancer.arn != balancer_arn else ()
        for listener in listeners:
            rules = [listener.default_actions, *(rule.actions for rule in listener.rules.values())]
            if any(group_arn in haproxy.forwarded([action.data for action in actions]) for actions in rules):
                text = f"Target group '{group_arn}' is associated with another load balancer"
                raise ELBClientError("TargetGroupAssociationLimit", text)


def _install_rules() -> None:
    delete, modify = ELBv2Backend.delete_rule, ELBv2Backend.modify_rule

    def delete_rule(self: ELBv2Backend, arn: str) -> None:
        if not _exists(self, arn):
            raise RuleNotFoundError
        delete(self, arn)

    def modify_rule(self: ELBv2Backend, rule_arn: str, *args: Any, **kwargs: Any) -> Any:
        _exists(self, rule_arn)
        return modify(self, rule_arn, *args, **kwargs)

    ELBv2Backend.delete_rule, ELBv2Backend.modify_rule = delete_rule, modify_rule


def _exists(backend: ELBv2Backend, arn: str) -> bool:
    """Whether there is such a rule; the default one is neither changed nor deleted."""
    listeners = [one for balancer in backend.load_balancers.values() for one in balancer.listeners.values()]
    rules = [rule for listener in listeners for rule in listener.rules.values() if rule.arn == arn]
    if any(rule.is_default for rule in rules):
        raise ELBClientError("OperationNotPermitted", f"Default rule '{arn}' cannot be modified or deleted")
    return bool(rules)
