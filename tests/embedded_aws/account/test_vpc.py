# pyright: basic
# boto3's answers have no types.
"""What a VPC without an internet gateway cannot have, and in which order its parts go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Stage


@dataclass
class Vpc:
    """A VPC of its own, with one subnet in each of two zones."""

    stage: Stage
    ec2: Any
    id: str
    subnets: list[str]

    def attach(self) -> str:
        """Give it an internet gateway."""
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(VpcId=self.id, InternetGatewayId=gateway)
        return gateway

    def nat(self) -> dict[str, Any]:
        """Make a NAT gateway."""
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        return self.ec2.create_nat_gateway(SubnetId=self.subnets[0], AllocationId=address)["NatGateway"]

    def balancer(self, **more: Any) -> str:
        """Make a load balancer in both subnets."""
        made = self.stage.elbv2.create_load_balancer(Name=self.stage.name("lb"), Subnets=self.subnets, **more)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    def group(self) -> str:
        """Make a security group."""
        name = self.stage.name("group")
        return self.ec2.create_security_group(GroupName=name, Description="x", VpcId=self.id)["GroupId"]

    def table(self) -> str:
        """Make a route table."""
        return self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]


@pytest.fixture
def vpc(stage: Stage) -> Vpc:
    """An empty VPC."""
    made = stage.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        stage.ec2.create_subnet(VpcId=made, CidrBlock=f"10.9.{index}.0/24", AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for index, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    return Vpc(stage, stage.ec2, made, subnets)


def refused(action: Callable[[], Any], code: str, text: str | None = None) -> None:
    """Expect AWS's error."""
    with pytest.raises(ClientError, match=text) as error:
        action()
    assert error.value.response["Error"]["Code"] == code


@pytest.mark.conformance(
    operation="ec2:CreateNatGateway",
    says="A NAT gateway in a VPC without an internet gateway goes to the state `failed`.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html#nat-gateway-troubleshooting-failed",
    error="Gateway.NotAttached",
)
def test_a_nat_gateway_fails_without_an_internet_gateway(vpc: Vpc) -> None:
    """It is made, and its state says so; with one it is available."""
    made = vpc.nat()["NatGatewayId"]
    (answer,) = vpc.ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"]
    assert (answer["State"], answer["FailureCode"]) == ("failed", "Gateway.NotAttached")
    assert answer["FailureMessage"] == f"Network {vpc.id} has no Internet gateway attached"
    vpc.attach()
    assert vpc.nat()["State"] == "available"


@pytest.mark.conformance(
    operation="elasticloadbalancing:CreateLoadBalancer",
    says="An internet-facing load balancer needs an internet gateway in its VPC.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
    error="InvalidSubnet",
)
def test_a_public_load_balancer_needs_an_internet_gateway(vpc: Vpc) -> None:
    """Of both types; an internal one does not."""
    for kind in ("application", "network"):
        text = f"VPC {vpc.id} has no internet gateway"
        refused(lambda kind=kind: vpc.balancer(Type=kind), "InvalidSubnet", text)
        vpc.balancer(Type=kind, Scheme="internal")
    vpc.attach()
    assert vpc.balancer(Scheme="internet-facing")


@pytest.mark.conformance(
    operation="ec2:AssociateAddress",
    says="An Elastic IP address is not associated in a VPC without an internet gateway.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="Gateway.NotAttached",
)
def test_an_address_needs_an_internet_gateway(vpc: Vpc) -> None:
    """Whoever gets it."""
    interface = vpc.ec2.create_network_interface(SubnetId=vpc.subnets[0])["NetworkInterface"]
    given = {
        "NetworkInterfaceId": interface["NetworkInterfaceId"],
        "AllocationId": vpc.ec2.allocate_address(Domain="vpc")["AllocationId"],
    }
    refused(lambda: vpc.ec2.associate_address(**given), "Gateway.NotAttached", vpc.id)
    vpc.attach()
    assert vpc.ec2.associate_address(**given)["AssociationId"]


@pytest.mark.conformance(
    operation="ec2:AssociateRouteTable",
    says="A subnet that is associated with a route table is not associated with another one.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="Resource.AlreadyAssociated",
)
def test_a_subnet_has_one_route_table(vpc: Vpc) -> None:
    """A second one is refused, also the same again; replacing and taking away are other requests."""
    one, other = vpc.table(), vpc.table()
    made = vpc.ec2.associate_route_table(RouteTableId=one, SubnetId=vpc.subnets[0])["AssociationId"]
    for table in (one, other):
        refused(
            lambda table=table: vpc.ec2.associate_route_table(RouteTableId=table, SubnetId=vpc.subnets[0]),
            "Resource.AlreadyAssociated",
            "conflicts with an existing association",
        )
    again = vpc.ec2.replace_route_table_association(AssociationId=made, RouteTableId=other)
    vpc.ec2.disassociate_route_table(AssociationId=again["NewAssociationId"])
    vpc.ec2.associate_route_table(RouteTableId=one, SubnetId=vpc.subnets[0])


@pytest.mark.conformance(
    operation="ec2:DetachInternetGateway",
    says="An internet gateway is not detached while the VPC has public addresses.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="DependencyViolation",
)
def test_a_gateway_stays_while_public_addresses_are_mapped(vpc: Vpc) -> None:
    """Those of a NAT gateway, of a load balancer and of a task."""
    gateway = vpc.attach()

    def detach() -> None:
        vpc.ec2.detach_internet_gateway(VpcId=vpc.id, InternetGatewayId=gateway)

    nat = vpc.nat()["NatGatewayId"]
    refused(detach, "DependencyViolation", "has some mapped public address")
    vpc.ec2.delete_nat_gateway(NatGatewayId=nat)
    balancer = vpc.balancer()
    refused(detach, "DependencyViolation", "has some mapped public address")
    vpc.stage.elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    definition = vpc.stage.definition("import time; time.sleep(60)")
    place = {"awsvpcConfiguration": {"subnets": vpc.subnets[:1], "assignPublicIp": "ENABLED"}}
    task = vpc.stage.ecs.run_task(
        cluster=vpc.stage.cluster, taskDefinition=definition, networkConfiguration=place
    )["tasks"][0]["taskArn"]
    from .conftest import wait  # noqa: PLC0415 - beside its use

    wait(lambda: vpc.stage.task(task)["lastStatus"] == "RUNNING")
    refused(detach, "DependencyViolation", "has some mapped public address")
    vpc.stage.ecs.stop_task(cluster=vpc.stage.cluster, task=task)
    vpc.stage.until_stopped(task)
    detach()


@pytest.mark.conformance(
    operation="ec2:DeleteSubnet",
    says="A subnet with network interfaces is not deleted.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="DependencyViolation",
)
def test_a_subnet_stays_while_something_is_in_it(vpc: Vpc) -> None:
    """A load balancer, a NAT gateway, a network interface; its route table goes with it."""
    vpc.attach()

    def delete() -> None:
        vpc.ec2.delete_subnet(SubnetId=vpc.subnets[0])

    balancer, nat = vpc.balancer(), vpc.nat()["NatGatewayId"]
    interface = vpc.ec2.create_network_interface(SubnetId=vpc.subnets[0])["NetworkInterface"]
    refused(delete, "DependencyViolation")
    vpc.stage.elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    refused(delete, "DependencyViolation")
    vpc.ec2.delete_nat_gateway(NatGatewayId=nat)
    refused(delete, "DependencyViolation")
    vpc.ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    table = vpc.table()
    vpc.ec2.associate_route_table(RouteTableId=table, SubnetId=vpc.subnets[0])
    delete()
    vpc.ec2.delete_route_table(RouteTableId=table)


@pytest.mark.conformance(
    operation="ec2:DeleteVpc",
    says="A VPC with subnets, gateways, endpoints or security groups is not deleted.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="DependencyViolation",
)
def test_a_vpc_stays_while_something_is_in_it(vpc: Vpc) -> None:
    """Subnets, an internet gateway, security groups, endpoints."""

    def delete() -> None:
        vpc.ec2.delete_vpc(VpcId=vpc.id)

    gateway, group = vpc.attach(), vpc.group()
    endpoint = vpc.ec2.create_vpc_endpoint(
        VpcId=vpc.id, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway"
    )["VpcEndpoint"]["VpcEndpointId"]
    for subnet in vpc.subnets:
        refused(delete, "DependencyViolation")
        vpc.ec2.delete_subnet(SubnetId=subnet)
    refused(delete, "DependencyViolation")
    vpc.ec2.detach_internet_gateway(VpcId=vpc.id, InternetGatewayId=gateway)
    refused(delete, "DependencyViolation")
    vpc.ec2.delete_security_group(GroupId=group)
    refused(delete, "DependencyViolation")
    vpc.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    delete()


@pytest.mark.conformance(
    operation="ec2:DeleteSecurityGroup",
    says="A security group that an interface or a rule refers to is not deleted.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="DependencyViolation",
)
def test_a_security_group_stays_while_it_is_used(vpc: Vpc) -> None:
    """By a network interface, a load balancer, or a rule of another group."""
    group, other = vpc.group(), vpc.group()

    def delete() -> None:
        vpc.ec2.delete_security_group(GroupId=group)

    rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": group}]}]
    vpc.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=rule)
    refused(delete, "DependencyViolation", f"resource {group} has a dependent object")
    vpc.ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=rule)
    interface = vpc.ec2.create_network_interface(SubnetId=vpc.subnets[0], Groups=[group])["NetworkInterface"]
    refused(delete, "DependencyViolation")
    vpc.ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    balancer = vpc.balancer(Scheme="internal", SecurityGroups=[group])
    refused(delete, "DependencyViolation")
    vpc.stage.elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    delete()
