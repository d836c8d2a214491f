# pyright: basic
# moto has no types for its backends.
"""A VPC's access to the internet, and the order in which its parts come and go, where moto takes any.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html#nat-gateway-troubleshooting-failed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.mq.models import mq_backends
from moto.rds.models import rds_backends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.ec2.models.elastic_network_interfaces import NetworkInterface
    from moto.ec2.models.nat_gateways import NatGateway
    from moto.elbv2.models import FakeLoadBalancer


def install() -> None:
    """Let moto refuse what AWS refuses."""
    _install_internet_access()
    _install_associations()
    _install_deletions()
    _install_gateways()


def _install_internet_access() -> None:
    """Nothing gets a public address in a VPC without an internet gateway."""
    create_nat, delete_nat, associate = (
        EC2Backend.create_nat_gateway,
        EC2Backend.delete_nat_gateway,
        EC2Backend.associate_address,
    )

    def create_nat_gateway(
        self: EC2Backend, subnet_id: str, allocation_id: str, *args: Any, **kwargs: Any
    ) -> NatGateway:
        vpc_id = self.get_subnet(subnet_id).vpc_id
        if kwargs.get("connectivity_type") == "private" or has_internet_gateway(self, vpc_id):
            return create_nat(self, subnet_id, allocation_id, *args, **kwargs)
        made: Any = create_nat(self, subnet_id, "", *args, **kwargs)
        self.enis.pop(made._eni.id, None)  # noqa: SLF001 - moto has no other
        made.state = "failed"
        made.failure_code = "Gateway.NotAttached"
        made.failure_message = f"Network {vpc_id} has no Internet gateway attached"
        return made

    def delete_nat_gateway(self: EC2Backend, nat_gateway_id: str) -> NatGateway:
        gateway: Any = delete_nat(self, nat_gateway_id)
        interface = gateway._eni  # noqa: SLF001 - moto has no other
        for address in [address for address in self.addresses if address.eni is interface]:
            self.disassociate_address(association_id=address.association_id)
        self.enis.pop(interface.id, None)
        return gateway

    def associate_address(self: EC2Backend, *args: Any, **kwargs: Any) -> Any:
        interface = kwargs.get("eni") or next(
            iter(getattr(kwargs.get("instance"), "nics", {}).values()), None
        )
        if interface is not None and not has_internet_gateway(self, interface.subnet.vpc_id):
            raise EC2ClientError(
                "Gateway.NotAttached",
                f"Network {interface.subnet.vpc_id} is not attached to any internet gateway",
            )
        return associate(self, *args, **kwargs)

    for function in (create_nat_gateway, delete_nat_gateway, associate_address):
        setattr(EC2Backend, function.__name__, function)


def _install_gateways() -> None:
    """A VPC has one internet gateway; routes lead to NAT gateways that exist; addresses in use stay."""
    attach, route, release, delete_nat, describe_nat = (
        EC2Backend.attach_internet_gateway,
        EC2Backend.create_route,
        EC2Backend.release_address,
        EC2Backend.delete_nat_gateway,
        EC2Backend.describe_nat_gateways,
    )

    def attach_internet_gateway(self: EC2Backend, internet_gateway_id: str, vpc_id: str) -> Any:
        gateway = self.get_internet_gateway(internet_gateway_id)
        if not gateway.vpc and has_internet_gateway(self, vpc_id):
            text = f"Network {vpc_id} already has an internet gateway attached"
            raise EC2ClientError("InvalidParameterValue", text)
        return attach(self, internet_gateway_id, vpc_id)

    def create_route(self: EC2Backend, *args: Any, **kwargs: Any) -> Any:
        nat = kwargs.get("nat_gateway_id")
        if nat and nat not in self.nat_gateways:
            raise EC2ClientError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
        return route(self, *args, **kwargs)

    def release_address(
        self: EC2Backend, address: str | None = None, allocation_id: str | None = None
    ) -> None:
        found = self.address_by_allocation([allocation_id]) if allocation_id else []
        if any(one.eni or one.instance for one in found):
            raise EC2ClientError("InvalidIPAddress.InUse", f"Address {found[0].public_ip} is in use.")
        release(self, address, allocation_id)

    def delete_nat_gateway(self: EC2Backend, nat_gateway_id: str) -> Any:
        _check_nat_gateways(self, [nat_gateway_id])
        return delete_nat(self, nat_gateway_id)

    def describe_nat_gateways(self: EC2Backend, filters: Any, nat_gateway_ids: list[str] | None) -> Any:
        _check_nat_gateways(self, nat_gateway_ids or [])
        return describe_nat(self, filters, nat_gateway_ids)

    for function in (
        *(attach_internet_gateway, create_route, release_address, delete_nat_gateway, describe_nat_gateways),
    ):
        setattr(EC2Backend, function.__name__, function)


def _check_nat_gateways(backend: EC2Backend, ids: list[str]) -> None:
    for one in ids:
        if one not in backend.nat_gateways:
            raise EC2ClientError("NatGatewayNotFound", f"The Nat Gateway {one} was not found")


def _install_associations() -> None:
    """A subnet or gateway has one route table; moto answers with the association that is there."""
    associate = EC2Backend.associate_route_table

    def associate_route_table(
        self: EC2Backend, route_table_id: str, gateway_id: str | None = None, subnet_id: str | None = None
    ) -> str:
        member = subnet_id or gateway_id
        if any(member in table._associations.values() for table in self.route_tables.values()):  # noqa: SLF001
            raise EC2ClientError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {route_table_id} conflicts with an existing "
                "association",
            )
        return associate(self, route_table_id, gateway_id, subnet_id)

    EC2Backend.associate_route_table = associate_route_table


def _install_deletions() -> None:  # noqa: C901 - four small replacements, read in a row
    """What something still stands on stays."""
    detach, delete_subnet, delete_vpc, delete_group = (
        EC2Backend.detach_internet_gateway,
        EC2Backend.delete_subnet,
        EC2Backend.delete_vpc,
        EC2Backend.delete_security_group,
    )

    def detach_internet_gateway(self: EC2Backend, internet_gateway_id: str, vpc_id: str) -> None:
        if _has_public_addresses(self, vpc_id):
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) "
                "before detaching the gateway."
            )
        detach(self, internet_gateway_id, vpc_id)

    def delete_one_subnet(self: EC2Backend, subnet_id: str) -> Any:
        if (
            any(True for _ in _interfaces_in(self, subnet_id))
            or any(subnet_id in {subnet.id for subnet in balancer.subnets} for balancer in _balancers(self))
            or any(subnet_id in broker.subnet_ids for broker in _brokers(self))
        ):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        deleted = delete_subnet(self, subnet_id)
        for table in self.route_tables.values():
            for association in [key for key, value in table._associations.items() if value == subnet_id]:  # noqa: SLF001
                del table._associations[association]  # noqa: SLF001 - moto has no other
        return deleted

    def delete_one_vpc(self: EC2Backend, vpc_id: str) -> Any:
        if (
            has_internet_gateway(self, vpc_id)
            or any(group.name != "default" for group in self.groups[vpc_id].values())
            or any(
                endpoint.vpc_id == vpc_id and endpoint.state != "deleted"
                for endpoint in self.vpc_end_points.values()
            )
        ):
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        return delete_vpc(self, vpc_id)

    def delete_security_group(self: EC2Backend, name: str | None = None, group_id: str | None = None) -> None:
        group = self.get_security_group_by_name_or_id(group_id or name or "")
        if group is not None and _is_used(self, group.id):
            raise DependencyViolationError(f"resource {group.id} has a dependent object")
        delete_group(self, name, group_id)

    EC2Backend.detach_internet_gateway = detach_internet_gateway
    EC2Backend.delete_subnet = delete_one_subnet
    EC2Backend.delete_vpc = delete_one_vpc
    EC2Backend.delete_security_group = delete_security_group


def has_internet_gateway(backend: EC2Backend, vpc_id: str) -> bool:
    """Whether an internet gateway is attached to a VPC."""
    return any(
        gateway.vpc is not None and gateway.vpc.id == vpc_id for gateway in backend.internet_gateways.values()
    )


def _has_public_addresses(backend: EC2Backend, vpc_id: str) -> bool:
    return any(
        interface.public_ip and interface.subnet.vpc_id == vpc_id for interface in backend.enis.values()
    ) or any(balancer.scheme != "internal" and balancer.vpc_id == vpc_id for balancer in _balancers(backend))


def _interfaces_in(backend: EC2Backend, subnet_id: str) -> Iterator[NetworkInterface]:
    return (interface for interface in list(backend.enis.values()) if interface.subnet.id == subnet_id)


def _balancers(backend: EC2Backend) -> list[FakeLoadBalancer]:
    return list(elbv2_backends[backend.account_id][backend.region_name].load_balancers.values())


def _brokers(backend: EC2Backend) -> list[Any]:
    return list(mq_backends[backend.account_id][backend.region_name].brokers.values())


def _is_used(backend: EC2Backend, group_id: str) -> bool:
    """Whether an interface, load balancer, database, cache, broker or another group has or names a group."""
    place = backend.account_id, backend.region_name
    databases = list(rds_backends[place[0]][place[1]].databases.values())
    caches = list(elasticache_backends[place[0]][place[1]].replication_groups.values())
    holders = [
        *([group.id for group in interface.group_set] for interface in list(backend.enis.values())),
        *(balancer.security_groups or [] for balancer in _balancers(backend)),
        *(database.vpc_security_group_ids for database in databases),
        *(getattr(cache, "security_group_ids", None) or [] for cache in caches),
        *(broker.security_groups for broker in _brokers(backend)),
    ]
    others = [
        group for groups in backend.groups.values() for group in groups.values() if group.id != group_id
    ]
    named = [
        rule.source_group.get("GroupId")
        for group in others
        for rule in (*group.ingress_rules, *group.egress_rules)
    ]
    return group_id in named or any(group_id in groups for groups in holders)
