# pyright: basic
# moto has no types for its backends.
"""Network Load Balancers as AWS has them: fixed addresses, and load balancers as targets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidAllocationIdError
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import AvailabilityZone, ELBv2Backend, FakeLoadBalancer

if TYPE_CHECKING:
    from moto.elbv2.models import FakeTargetGroup

    Addresses = list[dict[str, str]]


def install() -> None:
    """Let moto tell Elastic IP addresses, and refuse as targets what AWS refuses."""
    _install_addresses()
    register = ELBv2Backend.register_targets

    def register_targets(self: ELBv2Backend, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
        group = self.target_groups.get(target_group_arn)
        if group is not None and group.target_type == "alb":
            for target in instances:
                _check_listens(self, group, target)
        register(self, target_group_arn, instances)

    ELBv2Backend.register_targets = register_targets


def _install_addresses() -> None:
    create = ELBv2Backend.create_load_balancer
    by_balancer: dict[str, dict[str, Addresses]] = {}

    def create_load_balancer(self: ELBv2Backend, *args: Any, **kwargs: Any) -> FakeLoadBalancer:
        addresses = _addresses(self, kwargs.get("subnet_mappings") or [])
        balancer = create(self, *args, **kwargs)
        by_balancer[balancer.arn] = addresses
        return balancer

    def zones(balancer: FakeLoadBalancer) -> list[Any]:
        zones: list[Any] = [AvailabilityZone(subnet) for subnet in balancer.subnets]
        for zone in zones:
            zone.load_balancer_addresses = by_balancer.get(balancer.arn, {}).get(zone.subnet_id, [])
        return zones

    ELBv2Backend.create_load_balancer = create_load_balancer
    setattr(FakeLoadBalancer, "availability_zones", property(zones))  # noqa: B010, moto's has no setter


def _addresses(backend: ELBv2Backend, subnet_mappings: list[dict[str, str]]) -> dict[str, Addresses]:
    """Return what a load balancer tells of its Elastic IP addresses, by subnet."""
    by_subnet: dict[str, Addresses] = {}
    for mapping in subnet_mappings:
        allocation = mapping.get("AllocationId")
        if allocation is None:
            continue
        try:
            (address,) = backend.ec2_backend.address_by_allocation([allocation])
        except InvalidAllocationIdError as error:
            raise ELBClientError("AllocationIdNotFound", f"Allocation ID '{allocation}' not found") from error
        by_subnet[mapping["SubnetId"]] = [{"AllocationId": allocation, "IpAddress": address.public_ip}]
    return by_subnet


def _check_listens(backend: ELBv2Backend, group: FakeTargetGroup, target: dict[str, Any]) -> None:
    """Refuse all but an Application Load Balancer of the VPC with a listener at the group's port."""
    balancer = backend.load_balancers.get(target["Id"])
    if balancer is None or balancer.type != "application" or balancer.vpc_id != group.vpc_id:
        text = f"'{target['Id']}' is not an Application Load Balancer of {group.vpc_id}"
        raise ELBClientError("InvalidTarget", text)
    if int(group.port) not in {int(listener.port) for listener in balancer.listeners.values()}:
        text = f"load balancer '{balancer.arn}' must have a listener at port {group.port}"
        raise ELBClientError("InvalidTarget", text)
