# pyright: basic
# moto has no types for its backends.
"""Listeners as AWS has them: one a port of a load balancer, and kept while something needs the port.

moto looks for a second one by ARN, and so finds none.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from embedded_aws.account.elbv2 import response_headers

if TYPE_CHECKING:
    from moto.elbv2.models import FakeListener, FakeLoadBalancer


_IDLE = "tcp.idle_timeout.seconds"
_IDLE_SECONDS = range(60, 6001)


def install() -> None:
    """Refuse a second listener at a port, and the end of one that a Network Load Balancer hands on to."""
    create, modify, delete = (
        ELBv2Backend.create_listener,
        ELBv2Backend.modify_listener,
        ELBv2Backend.delete_listener,
    )

    def create_listener(
        self: ELBv2Backend, load_balancer_arn: str, protocol: str, port: str, *args: Any, **kwargs: Any
    ) -> FakeListener:
        balancer = self.load_balancers.get(load_balancer_arn)
        if balancer is not None:
            _check_free(balancer, int(port))
        return create(self, load_balancer_arn, protocol, port, *args, **kwargs)

    def modify_listener(
        self: ELBv2Backend, arn: str, port: str | None = None, *args: Any, **kwargs: Any
    ) -> FakeListener:
        balancer, listener = _listener(self, arn)
        if listener is not None and port is not None and int(port) != int(listener.port):
            _check_free(balancer, int(port))
            _check_unneeded(self, balancer, listener)
        return modify(self, arn, port, *args, **kwargs)

    def delete_listener(self: ELBv2Backend, listener_arn: str) -> FakeListener:
        balancer, listener = _listener(self, listener_arn)
        if listener is not None:
            _check_unneeded(self, balancer, listener)
        return delete(self, listener_arn)

    for function in (create_listener, modify_listener, delete_listener):
        setattr(ELBv2Backend, function.__name__, function)
    _install_attributes()


def _install_attributes() -> None:
    """Give listeners the attributes that those of their kind of load balancer have."""
    create, modify = ELBv2Backend.create_listener, ELBv2Backend.modify_listener_attributes

    def create_listener(
        self: ELBv2Backend, load_balancer_arn: str, *args: Any, **kwargs: Any
    ) -> FakeListener:
        listener = create(self, load_balancer_arn, *args, **kwargs)
        if self.load_balancers[load_balancer_arn].type == "application":
            listener.attributes = {}  # moto gives all the attribute of Network Load Balancers
        return listener

    def modify_listener_attributes(
        self: ELBv2Backend, listener_arn: str, attrs: list[dict[str, str]]
    ) -> dict[str, str]:
        balancer, _ = _listener(self, listener_arn)
        if balancer is not None:
            for attribute in attrs:
                _check_attribute(balancer.type, attribute["Key"], attribute["Value"])
        return modify(self, listener_arn, attrs)

    for function in (create_listener, modify_listener_attributes):
        setattr(ELBv2Backend, function.__name__, function)


def _listener(backend: ELBv2Backend, arn: str) -> tuple[Any, FakeListener | None]:
    for balancer in backend.load_balancers.values():
        if arn in balancer.listeners:
            return balancer, balancer.listeners[arn]
    return None, None


def _check_free(balancer: FakeLoadBalancer, port: int) -> None:
    """Refuse a port that has a listener, in the words of https://github.com/hashicorp/terraform/issues/26407."""
    if port in {int(listener.port) for listener in balancer.listeners.values()}:
        text = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
        raise ELBClientError("DuplicateListener", text)


def _check_attribute(kind: str, key: str, value: str) -> None:
    """Refuse an attribute that a listener of this kind of load balancer does not have.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
    """
    if kind == "application":
        why = response_headers.attribute_error(key, value)
    elif key == _IDLE:
        seconds = int(value) if value.isdecimal() else 0
        why = None if seconds in _IDLE_SECONDS else f"The value of '{key}' must be between 60 and 6000"
    else:
        why = f"Listener attribute key '{key}' is not recognized"
    if why:
        raise ELBClientError("ValidationError", why)


def _check_unneeded(backend: ELBv2Backend, balancer: FakeLoadBalancer, listener: FakeListener) -> None:
    """Keep a port at which the load balancer is a target.

    The words: https://github.com/hashicorp/terraform-provider-aws/issues/34860
    """
    for group in backend.target_groups.values():
        target = group.targets.get(balancer.arn)
        if target is not None and int(target.get("Port") or group.port) == int(listener.port):
            text = (
                f"Listener port '{listener.port}' is in use by registered target '{balancer.arn}' and "
                "cannot be removed."
            )
            raise ELBClientError("ResourceInUse", text)
