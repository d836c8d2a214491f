# pyright: basic
# boto3's clients have no types.
"""Calls that AWS refuses for what exists already, or for a value: one test an entry (`test_errors.py`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from tests.helpers.ecr import put

from .conftest import TRUST, client, wait
from .missing import DIGEST, FORWARD, POLICY, TAGS, UPLOAD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .conftest import Stage


class Made:
    """What the calls are about, each made when it is first needed."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._clients: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:
        """Return the client of an AWS service."""
        name = service.replace("_", "-")
        return self._clients.setdefault(name, client(self.stage.environment, name))

    def new(self, kind: str) -> str:
        """Return a name that nobody has."""
        return self.stage.name(f"{kind}-refused")

    @cached_property
    def repository(self) -> str:
        """A repository with one image and no policies."""
        name = self.new("repository")
        self.ecr.create_repository(repositoryName=name)
        put(self.ecr, name, b"one", "v1")
        return name

    @cached_property
    def upload(self) -> str:
        """An upload of a layer to it that has just begun."""
        return self.ecr.initiate_layer_upload(repositoryName=self.repository)["uploadId"]

    @cached_property
    def group(self) -> str:
        """A target group that a listener uses."""
        return self.stage.elbv2.create_target_group(
            Name=self.new("tg"), Protocol="HTTP", Port=8080, VpcId=self.stage.vpc, TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]

    @cached_property
    def balancer(self) -> str:
        """A load balancer."""
        made = self.elbv2.create_load_balancer(Name=self.new("lb"), Subnets=self.stage.subnets)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    @cached_property
    def listener(self) -> str:
        """Its listener."""
        return self.elbv2.create_listener(
            LoadBalancerArn=self.balancer, Protocol="HTTP", Port=8000, DefaultActions=self.forward
        )["Listeners"][0]["ListenerArn"]

    @cached_property
    def another_balancer(self) -> str:
        """Another load balancer."""
        made = self.elbv2.create_load_balancer(Name=self.new("lb"), Subnets=self.stage.subnets)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    @cached_property
    def default_rule(self) -> str:
        """The default rule of the listener."""
        rules = self.elbv2.describe_rules(ListenerArn=self.listener)["Rules"]
        return next(rule["RuleArn"] for rule in rules if rule["IsDefault"])

    @cached_property
    def secure(self) -> dict[str, Any]:
        """An HTTPS listener."""
        certificate = self.acm.request_certificate(DomainName="a.example.com", ValidationMethod="DNS")
        return {
            "LoadBalancerArn": self.balancer,
            "Protocol": "HTTPS",
            "Port": 8445,
            "DefaultActions": self.forward,
            "Certificates": [{"CertificateArn": certificate["CertificateArn"]}],
        }

    @property
    def forward(self) -> list[dict[str, str]]:
        """An action that forwards to the target group."""
        return [{"Type": "forward", "TargetGroupArn": self.group}]

    @cached_property
    def rules(self) -> list[str]:
        """Two rules, with the priorities 1 and 2."""
        return [
            self.elbv2.create_rule(
                ListenerArn=self.listener, Priority=number, Conditions=PATH, Actions=self.forward
            )["Rules"][0]["RuleArn"]
            for number in (1, 2)
        ]

    @cached_property
    def namespace(self) -> str:
        """A private namespace."""
        name = f"{self.new('zone')}.internal"
        self.servicediscovery.create_private_dns_namespace(Name=name, Vpc=self.stage.vpc)
        found = self.servicediscovery.list_namespaces()["Namespaces"]
        return next(one["Id"] for one in found if one["Name"] == name)

    @cached_property
    def registry(self) -> str:
        """A service in it."""
        made = self.servicediscovery.create_service(Name="web", NamespaceId=self.namespace, DnsConfig=RECORDS)
        return made["Service"]["Id"]

    @cached_property
    def zone(self) -> str:
        """A hosted zone with a record."""
        made = self.route53.create_hosted_zone(Name="example.com", CallerReference=self.new("zone"))
        self.route53.change_resource_record_sets(**_record(made["HostedZone"]["Id"], "a.example.com"))
        return made["HostedZone"]["Id"]

    @cached_property
    def network(self) -> Network:
        """Parts of a VPC."""
        return Network(self)

    @cached_property
    def schedule(self) -> dict[str, Any]:
        """A schedule that never fires."""
        made = {
            "Name": self.new("schedule"),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "at(2999-01-01T00:00:00)",
            "Target": {
                "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/stage",
                "RoleArn": "arn:aws:iam::123456789012:role/x",
            },
        }
        self.scheduler.create_schedule(**made)
        return made

    @cached_property
    def secret(self) -> str:
        """A secret without a version."""
        return self.secretsmanager.create_secret(Name=self.new("secret"))["Name"]

    @cached_property
    def version(self) -> str:
        """The token of its first version."""
        token = UPLOAD
        self.secretsmanager.put_secret_value(
            SecretId=self.secret_with_version, SecretString="one", ClientRequestToken=token
        )
        return token

    @cached_property
    def secret_with_version(self) -> str:
        """Another secret."""
        return self.secretsmanager.create_secret(Name=self.new("secret"))["Name"]

    @cached_property
    def doomed_secret(self) -> str:
        """A secret that is scheduled for deletion."""
        made = self.secretsmanager.create_secret(Name=self.new("secret"), SecretString="x")["Name"]
        self.secretsmanager.delete_secret(SecretId=made, RecoveryWindowInDays=7)
        return made

    @cached_property
    def log_group(self) -> str:
        """A log group."""
        name = f"/{self.new('logs')}"
        self.logs.create_log_group(logGroupName=name)
        return name

    @cached_property
    def role(self) -> str:
        """A role with a policy."""
        name = self.new("role")
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=POLICY)
        return name

    @cached_property
    def database_parameters(self) -> str:
        """A parameter group of a database."""
        name = self.new("parameters")
        self.rds.create_db_parameter_group(**_parameters(name))
        return name

    @cached_property
    def database_subnets(self) -> dict[str, Any]:
        """A subnet group of a database."""
        name = self.new("subnets")
        made = {"DBSubnetGroupName": name, "DBSubnetGroupDescription": "d", "SubnetIds": self.stage.subnets}
        self.rds.create_db_subnet_group(**made)
        return made

    @cached_property
    def database(self) -> str:
        """A database with a snapshot, protected against deletion."""
        name = self.new("database")
        self.rds.create_db_instance(
            DBInstanceIdentifier=name,
            DeletionProtection=True,
            DBParameterGroupName=self.database_parameters,
            DBSubnetGroupName=self.database_subnets["DBSubnetGroupName"],
            **DATABASE,
        )
        wait(lambda: self._database(name)["DBInstanceStatus"] == "available")
        self.rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-snapshot")
        return name

    @cached_property
    def managed_database(self) -> str:
        """A database whose master user's password RDS manages."""
        name = self.new("database")
        given = {key: value for key, value in DATABASE.items() if key != "MasterUserPassword"}
        self.rds.create_db_instance(DBInstanceIdentifier=name, ManageMasterUserPassword=True, **given)
        wait(lambda: self._database(name)["DBInstanceStatus"] == "available")
        return name

    @cached_property
    def spare_database(self) -> str:
        """A database that may be deleted."""
        name = self.new("database")
        self.rds.create_db_instance(DBInstanceIdentifier=name, **DATABASE)
        wait(lambda: self._database(name)["DBInstanceStatus"] == "available")
        return name

    def _database(self, name: str) -> dict[str, Any]:
        return self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    @cached_property
    def cache(self) -> dict[str, str]:
        """A replication group with its parameter group and subnet group."""
        name = self.new("cache")
        self.elasticache.create_cache_parameter_group(
            CacheParameterGroupName=name, CacheParameterGroupFamily="valkey8", Description="d"
        )
        self.elasticache.create_cache_subnet_group(
            CacheSubnetGroupName=name, CacheSubnetGroupDescription="d", SubnetIds=self.stage.subnets
        )
        made = {
            "ReplicationGroupId": name,
            "CacheParameterGroupName": name,
            "CacheSubnetGroupName": name,
            "Engine": "valkey",
            "CacheNodeType": "cache.t4g.micro",
        }
        self.elasticache.create_replication_group(ReplicationGroupDescription="d", **made)
        return made

    @cached_property
    def bucket(self) -> str:
        """A bucket with an object."""
        name = self.new("bucket")
        self.s3.create_bucket(Bucket=name)
        self.s3.put_object(Bucket=name, Key="k", Body=b"x")
        return name

    @cached_property
    def blocked_bucket(self) -> str:
        """A bucket that blocks public policies."""
        name = self.new("bucket")
        self.s3.create_bucket(Bucket=name)
        self.s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration={"BlockPublicPolicy": True}
        )
        return name

    @cached_property
    def disabled_key(self) -> str:
        """A key that is disabled."""
        key = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.kms.disable_key(KeyId=key)
        return key

    @cached_property
    def doomed_key(self) -> str:
        """A key that is scheduled for deletion."""
        key = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.kms.schedule_key_deletion(KeyId=key)
        return key

    @cached_property
    def busy_cluster(self) -> str:
        """A cluster in which a task runs."""
        name = self.new("cluster")
        self.ecs.create_cluster(clusterName=name)
        self.ecs.run_task(
            cluster=name,
            taskDefinition=self.stage.definition("import time; time.sleep(3600)"),
            networkConfiguration=self.stage.network,
        )
        return name


class Network:
    """A VPC with an internet gateway, a security group, a route table, a NAT gateway."""

    def __init__(self, made: Made) -> None:
        ec2 = made.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(VpcId=self.vpc, InternetGatewayId=self.gateway)
        named = {"GroupName": "one", "Description": "x", "VpcId": self.vpc}
        self.group = ec2.create_security_group(**named)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=WEB)
        ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=WEB)
        self.another_gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)
        ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.subnet)
        self.allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=self.subnet, AllocationId=self.allocation)


WEB: Final = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
OTHER: Final = [WEB[0] | {"FromPort": 81, "ToPort": 81}]
PATH: Final = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}]
RECORDS: Final = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
DATABASE: Final = {
    "Engine": "postgres",
    "EngineVersion": "17.5",
    "DBInstanceClass": "db.t4g.micro",
    "AllocatedStorage": 20,
    "MasterUsername": "chief",
    "MasterUserPassword": "longenough",
}


def no(kind: str) -> str:
    """Return the id of something of EC2's that does not exist."""
    return f"{kind}-0123456789abcdef0"


def _parameters(name: str) -> dict[str, str]:
    return {"DBParameterGroupName": name, "DBParameterGroupFamily": "postgres17", "Description": "d"}


def _record(zone: str, name: str, action: str = "CREATE") -> dict[str, Any]:
    record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "127.0.0.1"}]}
    return {
        "HostedZoneId": zone,
        "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    }


@dataclass(frozen=True)
class Refusal:
    """A call, and the code of its error."""

    operation: str
    error: str
    sentence: str
    given: Callable[[Made], Mapping[str, Any]]
    also: str = ""
    """Tells two cases of one operation and error apart."""


CONTAINERS: Final = (
    Refusal(
        "ecs:DeleteCluster",
        "ClusterContainsTasksException",
        "A cluster with running tasks is not deleted.",
        lambda made: {"cluster": made.busy_cluster},
    ),
    Refusal(
        "ecr:CreateRepository",
        "RepositoryAlreadyExistsException",
        "The name of a repository is unique.",
        lambda made: {"repositoryName": made.repository},
    ),
    Refusal(
        "ecr:CreateRepository",
        "InvalidParameterException",
        "The name of a repository has lowercase letters only.",
        lambda _: {"repositoryName": "Upper"},
    ),
    Refusal(
        "ecr:DeleteRepository",
        "RepositoryNotEmptyException",
        "A repository with images is deleted by force only.",
        lambda made: {"repositoryName": made.repository},
    ),
    *(
        Refusal(
            f"ecr:{name}",
            "LifecyclePolicyNotFoundException",
            "A repository without a lifecycle policy has none to read or delete.",
            lambda made: {"repositoryName": made.repository},
        )
        for name in ("DeleteLifecyclePolicy", "GetLifecyclePolicy")
    ),
    *(
        Refusal(
            f"ecr:{name}",
            "RepositoryPolicyNotFoundException",
            "A repository without a policy has none to read or delete.",
            lambda made: {"repositoryName": made.repository},
        )
        for name in ("DeleteRepositoryPolicy", "GetRepositoryPolicy")
    ),
    Refusal(
        "ecr:SetRepositoryPolicy",
        "InvalidParameterException",
        "A policy has statements.",
        lambda made: {"repositoryName": made.repository, "policyText": "{}"},
    ),
    Refusal(
        "ecr:DescribeImages",
        "ImageNotFoundException",
        "An image that does not exist is an error.",
        lambda made: {"repositoryName": made.repository, "imageIds": [{"imageTag": "x"}]},
    ),
    Refusal(
        "ecr:UploadLayerPart",
        "UploadNotFoundException",
        "A part belongs to an upload.",
        lambda made: {"repositoryName": made.repository, "uploadId": UPLOAD} | _part(0),
    ),
    Refusal(
        "ecr:UploadLayerPart",
        "InvalidLayerPartException",
        "A part begins where the part before it ends.",
        lambda made: {"repositoryName": made.repository, "uploadId": made.upload} | _part(5),
    ),
    Refusal(
        "ecr:CompleteLayerUpload",
        "UploadNotFoundException",
        "Only an upload that was begun is completed.",
        lambda made: {"repositoryName": made.repository, "uploadId": UPLOAD, "layerDigests": [DIGEST]},
    ),
    Refusal(
        "ecr:GetDownloadUrlForLayer",
        "LayersNotFoundException",
        "A layer that does not exist is not served.",
        lambda made: {"repositoryName": made.repository, "layerDigest": DIGEST},
    ),
)


def _part(first: int) -> dict[str, Any]:
    return {"partFirstByte": first, "partLastByte": first, "layerPartBlob": b"x"}


NETWORK: Final = (
    Refusal(
        "ec2:CreateSubnet",
        "InvalidSubnet.Conflict",
        "A subnet does not overlap with another one of its VPC.",
        lambda made: {"VpcId": made.network.vpc, "CidrBlock": "10.7.0.0/25"},
    ),
    Refusal(
        "ec2:CreateSubnet",
        "InvalidSubnet.Range",
        "A subnet's addresses are of its VPC.",
        lambda made: {"VpcId": made.network.vpc, "CidrBlock": "10.8.0.0/24"},
    ),
    Refusal(
        "ec2:CreateSubnet",
        "InvalidVpcID.NotFound",
        "A subnet needs a VPC.",
        lambda _: {"VpcId": no("vpc"), "CidrBlock": "10.8.0.0/24"},
    ),
    Refusal(
        "ec2:CreateVpc",
        "InvalidVpc.Range",
        "A VPC has a prefix from /16 to /28.",
        lambda _: {"CidrBlock": "10.0.0.0/8"},
    ),
    Refusal(
        "ec2:DescribeSubnets",
        "InvalidSubnetID.NotFound",
        "A subnet that does not exist is an error.",
        lambda _: {"SubnetIds": [no("subnet")]},
    ),
    Refusal(
        "ec2:DescribeVpcs",
        "InvalidVpcID.NotFound",
        "A VPC that does not exist is an error.",
        lambda _: {"VpcIds": [no("vpc")]},
    ),
    Refusal(
        "ec2:CreateSecurityGroup",
        "InvalidGroup.Duplicate",
        "The name of a security group is unique in its VPC.",
        lambda made: {"GroupName": "one", "Description": "x", "VpcId": made.network.vpc},
    ),
    *(
        Refusal(
            f"ec2:AuthorizeSecurityGroup{direction}",
            "InvalidPermission.Duplicate",
            "A rule that a security group has is not added again.",
            lambda made: {"GroupId": made.network.group, "IpPermissions": WEB},
        )
        for direction in ("Ingress", "Egress")
    ),
    *(
        Refusal(
            f"ec2:{name}",
            "InvalidGroup.NotFound",
            "A security group that does not exist is an error.",
            lambda _, given=given: given,
        )
        for name, given in {
            "AuthorizeSecurityGroupIngress": {"GroupId": no("sg"), "IpPermissions": WEB},
            "DeleteSecurityGroup": {"GroupId": no("sg")},
            "DescribeSecurityGroups": {"GroupIds": [no("sg")]},
        }.items()
    ),
    Refusal(
        "ec2:RevokeSecurityGroupIngress",
        "InvalidPermission.NotFound",
        "A rule that a security group does not have is not revoked.",
        lambda made: {"GroupId": made.network.group, "IpPermissions": OTHER},
    ),
    Refusal(
        "ec2:CreateRoute",
        "RouteAlreadyExists",
        "A route table has one route per destination.",
        lambda made: {
            "RouteTableId": made.network.table,
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": made.network.gateway,
        },
    ),
    Refusal(
        "ec2:CreateRoute",
        "InvalidRouteTableID.NotFound",
        "A route table that does not exist is an error.",
        lambda made: {
            "RouteTableId": no("rtb"),
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": made.network.gateway,
        },
    ),
    Refusal(
        "ec2:CreateRoute",
        "InvalidInternetGatewayID.NotFound",
        "A gateway that does not exist is not the target of a route.",
        lambda made: {
            "RouteTableId": made.network.table,
            "DestinationCidrBlock": "2.0.0.0/8",
            "GatewayId": no("igw"),
        },
    ),
    Refusal(
        "ec2:DeleteRoute",
        "InvalidRoute.NotFound",
        "A route that does not exist is an error.",
        lambda made: {"RouteTableId": made.network.table, "DestinationCidrBlock": "3.0.0.0/8"},
    ),
    Refusal(
        "ec2:DeleteRouteTable",
        "DependencyViolation",
        "A route table with a subnet is not deleted.",
        lambda made: {"RouteTableId": made.network.table},
    ),
    Refusal(
        "ec2:DisassociateRouteTable",
        "InvalidAssociationID.NotFound",
        "An association that does not exist is an error.",
        lambda _: {"AssociationId": no("rtbassoc")},
    ),
    Refusal(
        "ec2:AttachInternetGateway",
        "Resource.AlreadyAssociated",
        "An internet gateway is attached once.",
        lambda made: {"VpcId": made.network.vpc, "InternetGatewayId": made.network.gateway},
    ),
    Refusal(
        "ec2:DeleteInternetGateway",
        "DependencyViolation",
        "An internet gateway that is attached is not deleted.",
        lambda made: {"InternetGatewayId": made.network.gateway},
    ),
    Refusal(
        "ec2:DescribeInternetGateways",
        "InvalidInternetGatewayID.NotFound",
        "An internet gateway that does not exist is an error.",
        lambda _: {"InternetGatewayIds": [no("igw")]},
    ),
    Refusal(
        "ec2:CreateNatGateway",
        "InvalidAllocationID.NotFound",
        "A NAT gateway needs an Elastic IP address.",
        lambda made: {"SubnetId": made.network.subnet, "AllocationId": no("eipalloc")},
    ),
    Refusal(
        "ec2:ReleaseAddress",
        "InvalidAllocationID.NotFound",
        "An Elastic IP address that does not exist is an error.",
        lambda _: {"AllocationId": no("eipalloc")},
    ),
    Refusal(
        "ec2:DisassociateAddress",
        "InvalidAssociationID.NotFound",
        "An association of an address that does not exist is an error.",
        lambda _: {"AssociationId": no("eipassoc")},
    ),
    Refusal(
        "ec2:DescribeVpcEndpoints",
        "InvalidVpcEndpointId.NotFound",
        "An endpoint that does not exist is an error.",
        lambda _: {"VpcEndpointIds": [no("vpce")]},
    ),
    Refusal(
        "ec2:DeleteFlowLogs",
        "InvalidFlowLogId.NotFound",
        "A flow log that does not exist is an error.",
        lambda _: {"FlowLogIds": [no("fl")]},
    ),
    Refusal(
        "ec2:AttachInternetGateway",
        "InvalidParameterValue",
        "A VPC has one internet gateway.",
        lambda made: {"VpcId": made.network.vpc, "InternetGatewayId": made.network.another_gateway},
    ),
    Refusal(
        "ec2:CreateRoute",
        "InvalidNatGatewayID.NotFound",
        "A NAT gateway that does not exist is not the target of a route.",
        lambda made: {
            "RouteTableId": made.network.table,
            "DestinationCidrBlock": "2.0.0.0/8",
            "NatGatewayId": no("nat"),
        },
    ),
    *(
        Refusal(
            f"ec2:{name}",
            "NatGatewayNotFound",
            "A NAT gateway that does not exist is an error.",
            lambda _, given=given: given,
        )
        for name, given in {
            "DeleteNatGateway": {"NatGatewayId": no("nat")},
            "DescribeNatGateways": {"NatGatewayIds": [no("nat")]},
        }.items()
    ),
    Refusal(
        "ec2:ReleaseAddress",
        "InvalidIPAddress.InUse",
        "An Elastic IP address that is associated is not released.",
        lambda made: {"AllocationId": made.network.allocation},
    ),
)
BALANCERS: Final = (
    Refusal(
        "elasticloadbalancing:CreateLoadBalancer",
        "AllocationIdNotFound",
        "A Network Load Balancer needs Elastic IP addresses that exist.",
        lambda made: {
            "Name": made.new("lb"),
            "Type": "network",
            "SubnetMappings": [{"SubnetId": made.stage.subnets[0], "AllocationId": no("eipalloc")}],
        },
    ),
    Refusal(
        "elasticloadbalancing:CreateTargetGroup",
        "DuplicateTargetGroupName",
        "The name of a target group is unique.",
        lambda made: {
            "Name": made.group.split("/")[1],
            "Protocol": "HTTP",
            "Port": 8081,
            "VpcId": made.stage.vpc,
            "TargetType": "ip",
        },
    ),
    Refusal(
        "elasticloadbalancing:CreateTargetGroup",
        "ValidationError",
        "The name of a target group has at most 32 characters.",
        lambda made: {
            "Name": "a" * 33,
            "Protocol": "HTTP",
            "Port": 8081,
            "VpcId": made.stage.vpc,
            "TargetType": "ip",
        },
    ),
    Refusal(
        "elasticloadbalancing:CreateListener",
        "TargetGroupNotFound",
        "A listener forwards to a target group that exists.",
        lambda made: {
            "LoadBalancerArn": made.balancer,
            "Protocol": "HTTP",
            "Port": 8001,
            "DefaultActions": FORWARD,
        },
    ),
    Refusal(
        "elasticloadbalancing:CreateListener",
        "CertificateNotFound",
        "An HTTPS listener needs a certificate that exists.",
        lambda made: {
            "LoadBalancerArn": made.balancer,
            "Protocol": "HTTPS",
            "Port": 8444,
            "DefaultActions": made.forward,
            "Certificates": [{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/none"}],
        },
    ),
    Refusal(
        "elasticloadbalancing:CreateListener",
        "ValidationError",
        "An Application Load Balancer listens by HTTP and HTTPS.",
        lambda made: {
            "LoadBalancerArn": made.balancer,
            "Protocol": "TCP",
            "Port": 8002,
            "DefaultActions": made.forward,
        },
    ),
    Refusal(
        "elasticloadbalancing:CreateRule",
        "PriorityInUse",
        "A listener has one rule per priority.",
        lambda made: {
            "ListenerArn": made.rules and made.listener,
            "Priority": 1,
            "Conditions": PATH,
            "Actions": made.forward,
        },
    ),
    Refusal(
        "elasticloadbalancing:SetRulePriorities",
        "PriorityInUse",
        "A priority that another rule has is not set.",
        lambda made: {"RulePriorities": [{"RuleArn": made.rules[1], "Priority": 1}]},
    ),
    Refusal(
        "elasticloadbalancing:CreateRule",
        "TargetGroupNotFound",
        "A rule forwards to a target group that exists.",
        lambda made: {
            "ListenerArn": made.listener,
            "Priority": 9,
            "Conditions": PATH,
            "Actions": FORWARD,
        },
    ),
    Refusal(
        "elasticloadbalancing:ModifyRule",
        "TargetGroupNotFound",
        "A rule is changed to a target group that exists.",
        lambda made: {"RuleArn": made.rules[0], "Actions": FORWARD},
    ),
    Refusal(
        "elasticloadbalancing:DeleteTargetGroup",
        "ResourceInUse",
        "A target group that a listener or a rule uses is not deleted.",
        lambda made: {"TargetGroupArn": made.listener and made.group},
    ),
    Refusal(
        "servicediscovery:DeregisterInstance",
        "InstanceNotFound",
        "An instance that does not exist is an error.",
        lambda made: {"ServiceId": made.registry, "InstanceId": "x"},
    ),
    Refusal(
        "route53:ChangeResourceRecordSets",
        "InvalidChangeBatch",
        "A record that exists is not created again.",
        lambda made: _record(made.zone, "a.example.com"),
    ),
    Refusal(
        "route53:DeleteHostedZone",
        "HostedZoneNotEmpty",
        "A hosted zone with records is not deleted.",
        lambda made: {"Id": made.zone},
    ),
    *(
        Refusal(
            "elasticloadbalancing:CreateLoadBalancer",
            "ValidationError",
            "A name has 1 to 32 letters, digits and inner hyphens, and does not begin with `internal-`.",
            lambda made, name=name: {"Name": name, "Subnets": made.stage.subnets},
            also=name[:8],
        )
        for name in ("a" * 33, "a_b", "-a", "a-", "internal-a")
    ),
    *(
        Refusal(
            "elasticloadbalancing:CreateLoadBalancer",
            error,
            sentence,
            lambda made, more=more: {"Name": made.new("lb"), "Subnets": made.stage.subnets} | more,
        )
        for error, sentence, more in (
            ("InvalidScheme", "A load balancer is internet-facing or internal.", {"Scheme": "no"}),
            ("InvalidSecurityGroup", "Its security groups exist.", {"SecurityGroups": [no("sg")]}),
            ("SubnetNotFound", "Its subnets exist.", {"Subnets": [no("subnet"), no("subnet")]}),
        )
    ),
    Refusal(
        "elasticloadbalancing:CreateLoadBalancer",
        "DuplicateLoadBalancerName",
        "The name of a load balancer is unique.",
        lambda made: {
            "Name": made.balancer.split("/")[2],
            "Subnets": made.stage.subnets,
            "Scheme": "internal",
        },
    ),
    Refusal(
        "elasticloadbalancing:CreateListener",
        "ValidationError",
        "An HTTPS listener needs a certificate.",
        lambda made: made.secure | {"Certificates": []},
        also="certificate",
    ),
    Refusal(
        "elasticloadbalancing:CreateListener",
        "SSLPolicyNotFound",
        "A listener has a security policy that exists.",
        lambda made: made.secure | {"SslPolicy": "none"},
    ),
    Refusal(
        "elasticloadbalancing:CreateListener",
        "TargetGroupAssociationLimit",
        "A target group is of one load balancer.",
        lambda made: {
            "LoadBalancerArn": made.another_balancer,
            "Protocol": "HTTP",
            "Port": 8000,
            "DefaultActions": made.listener and made.forward,
        },
    ),
    Refusal(
        "elasticloadbalancing:ModifyListener",
        "TargetGroupNotFound",
        "A listener is changed to a target group that exists.",
        lambda made: {"ListenerArn": made.listener, "DefaultActions": FORWARD},
    ),
    *(
        Refusal(
            f"elasticloadbalancing:{name}",
            "OperationNotPermitted",
            "The default rule is neither changed nor deleted.",
            lambda made, more=more: {"RuleArn": made.default_rule} | dict.fromkeys(more, made.forward),
        )
        for name, more in {"DeleteRule": (), "ModifyRule": ("Actions",)}.items()
    ),
    Refusal(
        "servicediscovery:CreateService",
        "ServiceAlreadyExists",
        "The name of a service is unique in its namespace.",
        lambda made: {"Name": made.registry and "web", "NamespaceId": made.namespace, "DnsConfig": RECORDS},
    ),
    Refusal(
        "servicediscovery:CreateService",
        "ServiceAlreadyExists",
        "The namespace may be named in `DnsConfig` as well.",
        lambda made: {
            "Name": made.registry and "web",
            "DnsConfig": {"NamespaceId": made.namespace, **RECORDS},
        },
        also="DnsConfig",
    ),
    Refusal(
        "servicediscovery:DeleteNamespace",
        "ResourceInUse",
        "A namespace with services is not deleted.",
        lambda made: {"Id": made.registry and made.namespace},
    ),
)


def _public(bucket: str) -> str:
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement = anybody | {"Resource": f"arn:aws:s3:::{bucket}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


DATA: Final = (
    Refusal(
        "rds:CreateDBParameterGroup",
        "DBParameterGroupAlreadyExists",
        "The name of a parameter group is unique.",
        lambda made: _parameters(made.database_parameters),
    ),
    Refusal(
        "rds:CreateDBInstance",
        "DBInstanceAlreadyExists",
        "The identifier of an instance is unique.",
        lambda made: {"DBInstanceIdentifier": made.database} | DATABASE,
    ),
    *(
        Refusal(
            "rds:CreateDBInstance",
            "InvalidParameterValue",
            "An identifier has up to 63 letters, digits and single hyphens, from a letter on.",
            lambda _, name=name: {"DBInstanceIdentifier": name} | DATABASE,
            also=name[:8],
        )
        for name in ("Prod_x", "1a", "a--b", "a-", "a" * 64)
    ),
    Refusal(
        "rds:DeleteDBInstance",
        "InvalidParameterCombination",
        "An instance with deletion protection is not deleted.",
        lambda made: {"DBInstanceIdentifier": made.database, "SkipFinalSnapshot": True},
    ),
    Refusal(
        "rds:DeleteDBInstance",
        "DBSnapshotAlreadyExists",
        "The name of the final snapshot is unique, too.",
        lambda made: {
            "DBInstanceIdentifier": made.spare_database,
            "FinalDBSnapshotIdentifier": f"{made.database}-snapshot",
        },
    ),
    Refusal(
        "rds:StartDBInstance",
        "InvalidDBInstanceState",
        "An instance that runs is not started.",
        lambda made: {"DBInstanceIdentifier": made.database},
    ),
    Refusal(
        "rds:CreateDBSnapshot",
        "DBSnapshotAlreadyExists",
        "The name of a snapshot is unique.",
        lambda made: {
            "DBInstanceIdentifier": made.database,
            "DBSnapshotIdentifier": f"{made.database}-snapshot",
        },
    ),
    Refusal(
        "rds:CreateDBSubnetGroup",
        "DBSubnetGroupAlreadyExists",
        "The name of a subnet group is unique.",
        lambda made: made.database_subnets,
    ),
    Refusal(
        "rds:CreateDBSubnetGroup",
        "DBSubnetGroupDoesNotCoverEnoughAZs",
        "A subnet group has subnets in two zones.",
        lambda made: (
            made.database_subnets | {"DBSubnetGroupName": "one-zone", "SubnetIds": made.stage.subnets[:1]}
        ),
    ),
    Refusal(
        "rds:DeleteDBSubnetGroup",
        "InvalidDBSubnetGroupStateFault",
        "A subnet group that a database is in is not deleted.",
        lambda made: {"DBSubnetGroupName": made.database and made.database_subnets["DBSubnetGroupName"]},
    ),
    Refusal(
        "rds:DeleteDBParameterGroup",
        "InvalidDBParameterGroupState",
        "A parameter group that a database has is not deleted.",
        lambda made: {"DBParameterGroupName": made.database and made.database_parameters},
    ),
    *(
        Refusal(
            "rds:CreateDBInstance",
            "InvalidParameterValue",
            'A master password has 8 to 128 printable characters without `/`, `"` and `@`.',
            lambda _, password=password: {
                **DATABASE,
                "DBInstanceIdentifier": "refused",
                "MasterUserPassword": password,
            },
            also=password,
        )
        for password in ("short", "with/slash", "with@sign!")
    ),
    *(
        Refusal(
            "rds:CreateDBInstance",
            "InvalidParameterCombination",
            sentence,
            lambda _, more=more: {"DBInstanceIdentifier": "refused"} | DATABASE | more,
            also=next(iter(more)),
        )
        for sentence, more in (
            (
                "`MasterUserPassword` is not given where RDS manages the master user's password.",
                {"ManageMasterUserPassword": True},
            ),
            (
                "`MasterUserSecretKmsKeyId` is given only where RDS manages the master user's password.",
                {"MasterUserSecretKmsKeyId": "alias/aws/secretsmanager"},
            ),
        )
    ),
    *(
        Refusal(
            "rds:ModifyDBInstance",
            "InvalidParameterCombination",
            sentence,
            lambda made, more=more: (
                {"DBInstanceIdentifier": made.managed_database, "ApplyImmediately": True} | more
            ),
            also=also,
        )
        for also, sentence, more in (
            (
                "password",
                "A master user's password that RDS manages is not given.",
                {"MasterUserPassword": "longenough"},
            ),
            (
                "none",
                "RDS ends managing a master user's password only for another one.",
                {"ManageMasterUserPassword": False},
            ),
            (
                "key",
                "The key of a master user's secret is not changed.",
                {"MasterUserSecretKmsKeyId": "alias/aws/secretsmanager"},
            ),
            (
                "later",
                "A master user's password is rotated at once, or not.",
                {"RotateMasterUserPassword": True, "ApplyImmediately": False},
            ),
        )
    ),
    Refusal(
        "rds:ModifyDBInstance",
        "InvalidParameterCombination",
        "RDS rotates only a master user's password that it manages.",
        lambda made: {
            "DBInstanceIdentifier": made.database,
            "ApplyImmediately": True,
            "RotateMasterUserPassword": True,
        },
        also="rotate",
    ),
    *(
        Refusal(
            "rds:ModifyDBInstance",
            "InvalidParameterCombination",
            sentence,
            lambda made, more=more: {"DBInstanceIdentifier": made.database, "ApplyImmediately": True} | more,
            also=next(iter(more)),
        )
        for sentence, more in (
            ("Storage is not made smaller.", {"AllocatedStorage": 10}),
            ("Another major version needs `AllowMajorVersionUpgrade`.", {"EngineVersion": "18.1"}),
        )
    ),
    Refusal(
        "rds:ModifyDBInstance",
        "InvalidParameterCombination",
        "A version is not taken back.",
        lambda made: {
            "DBInstanceIdentifier": made.database,
            "EngineVersion": "16.8",
            "AllowMajorVersionUpgrade": True,
        },
        also="older",
    ),
    Refusal(
        "rds:ModifyDBInstance",
        "DBParameterGroupNotFound",
        "An instance is given a parameter group that exists.",
        lambda made: {"DBInstanceIdentifier": made.database, "DBParameterGroupName": "none"},
    ),
    *(
        Refusal(
            "elasticache:CreateReplicationGroup",
            "InvalidParameterValue",
            "An identifier has up to 40 letters, digits and single hyphens, from a letter on.",
            lambda _, name=name: {"ReplicationGroupId": name, "ReplicationGroupDescription": "d"},
            also=name[:8],
        )
        for name in ("Prod_x", "1a", "a--b", "a-", "a" * 41)
    ),
    *(
        Refusal(
            "elasticache:CreateReplicationGroup",
            "InvalidParameterCombination",
            sentence,
            lambda made, more=more: {
                "ReplicationGroupId": made.new("cache"),
                "ReplicationGroupDescription": "d",
                **more,
            },
            also=next(iter(more)),
        )
        for sentence, more in (
            (
                "Automatic failover needs two nodes.",
                {"AutomaticFailoverEnabled": True, "NumCacheClusters": 1},
            ),
            (
                "Multi-AZ needs automatic failover.",
                {"MultiAZEnabled": True, "AutomaticFailoverEnabled": False, "NumCacheClusters": 2},
            ),
        )
    ),
    Refusal(
        "elasticache:DeleteCacheParameterGroup",
        "InvalidCacheParameterGroupState",
        "A parameter group that is in use is not deleted.",
        lambda made: {"CacheParameterGroupName": made.cache["CacheParameterGroupName"]},
    ),
    Refusal(
        "elasticache:CreateCacheParameterGroup",
        "CacheParameterGroupAlreadyExists",
        "The name of a parameter group is unique.",
        lambda made: {
            "CacheParameterGroupName": made.cache["CacheParameterGroupName"],
            "CacheParameterGroupFamily": "valkey8",
            "Description": "d",
        },
    ),
    Refusal(
        "elasticache:CreateCacheSubnetGroup",
        "CacheSubnetGroupAlreadyExists",
        "The name of a subnet group is unique.",
        lambda made: {
            "CacheSubnetGroupName": made.cache["CacheSubnetGroupName"],
            "CacheSubnetGroupDescription": "d",
            "SubnetIds": made.stage.subnets,
        },
    ),
    Refusal(
        "elasticache:CreateReplicationGroup",
        "ReplicationGroupAlreadyExists",
        "The identifier of a replication group is unique.",
        lambda made: made.cache | {"ReplicationGroupDescription": "d"},
    ),
    Refusal(
        "s3:GetObject",
        "NoSuchKey",
        "An object that does not exist is an error.",
        lambda made: {"Bucket": made.bucket, "Key": "none"},
    ),
    Refusal(
        "s3:HeadObject",
        "404",
        "The HEAD of an object that does not exist has the status 404.",
        lambda made: {"Bucket": made.bucket, "Key": "none"},
    ),
    *(
        Refusal(
            f"s3:{name}",
            error,
            "A bucket without such a configuration has none to read.",
            lambda made: {"Bucket": made.bucket},
        )
        for name, error in {
            "GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
            "GetBucketOwnershipControls": "OwnershipControlsNotFoundError",
            "GetBucketPolicy": "NoSuchBucketPolicy",
            "GetBucketReplication": "ReplicationConfigurationNotFoundError",
            "GetBucketTagging": "NoSuchTagSet",
            "GetBucketWebsite": "NoSuchWebsiteConfiguration",
            "GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
            "GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
        }.items()
    ),
    *(
        Refusal(
            "s3:CreateBucket",
            "InvalidBucketName",
            "A name has 3 to 63 lowercase letters, digits, inner hyphens and dots, and is no address.",
            lambda _, name=name: {"Bucket": name},
            also=name,
        )
        for name in ("Upper", "a_b", "a..b", "192.168.1.1", "-ab")
    ),
    *(
        Refusal(
            "s3:PutBucketPolicy",
            "MalformedPolicy",
            "A bucket's policy has statements on the bucket and its objects.",
            lambda made, text=text: {"Bucket": made.bucket, "Policy": text},
            also=also,
        )
        for also, text in {"no statement": "{}", "another bucket": _public("another")}.items()
    ),
    Refusal(
        "s3:PutBucketPolicy",
        "AccessDenied",
        "A bucket that blocks public policies takes none.",
        lambda made: {"Bucket": made.blocked_bucket, "Policy": _public(made.blocked_bucket)},
    ),
    Refusal(
        "s3:DeleteBucket",
        "BucketNotEmpty",
        "A bucket with objects is not deleted.",
        lambda made: {"Bucket": made.bucket},
    ),
    Refusal(
        "s3:PutObject",
        "PreconditionFailed",
        "With `If-None-Match` an object that exists is not replaced.",
        lambda made: {"Bucket": made.bucket, "Key": "k", "IfNoneMatch": "*"},
    ),
    Refusal(
        "s3:AbortMultipartUpload",
        "NoSuchUpload",
        "An upload that does not exist is an error.",
        lambda made: {"Bucket": made.bucket, "Key": "k", "UploadId": "none"},
    ),
)
OTHERS: Final = (
    Refusal(
        "scheduler:CreateSchedule",
        "ConflictException",
        "The name of a schedule is unique in its group.",
        lambda made: made.schedule,
    ),
    Refusal(
        "scheduler:UpdateSchedule",
        "ValidationException",
        "A schedule is not changed to an invalid expression.",
        lambda made: made.schedule | {"ScheduleExpression": "x"},
    ),
    Refusal(
        "secretsmanager:CreateSecret",
        "ResourceExistsException",
        "The name of a secret is unique.",
        lambda made: {"Name": made.secret},
    ),
    Refusal(
        "secretsmanager:CreateSecret",
        "InvalidParameterException",
        "A secret is not created with a tag that begins with `aws:`.",
        lambda made: {"Name": made.new("secret"), "Tags": [{"Key": "aws:one", "Value": "x"}]},
        also="tag",
    ),
    *(
        Refusal(
            f"secretsmanager:{name}",
            "InvalidParameterException",
            "Tags that begin with `aws:` are AWS's own: nobody else sets or removes them.",
            lambda made, more=more: {"SecretId": made.secret} | more,
        )
        for name, more in {
            "TagResource": {"Tags": [{"Key": "aws:rds:primaryDBInstanceArn", "Value": "x"}]},
            "UntagResource": {"TagKeys": ["aws:rds:primaryDBInstanceArn"]},
        }.items()
    ),
    *(
        Refusal(
            f"secretsmanager:{name}",
            "ValidationException",
            "A secret's name has ASCII letters, numbers and `/_+=.@-` only.",
            lambda _made, member=member: {member: "airflow/variables/a name"},
        )
        for name, member in (("CreateSecret", "Name"), ("GetSecretValue", "SecretId"))
    ),
    Refusal(
        "secretsmanager:GetSecretValue",
        "ResourceNotFoundException",
        "A secret without a version has no value.",
        lambda made: {"SecretId": made.secret},
        also="without a version",
    ),
    Refusal(
        "secretsmanager:PutSecretValue",
        "ResourceExistsException",
        "A version's token is not used again for another value.",
        lambda made: {
            "SecretId": made.secret_with_version,
            "SecretString": "two",
            "ClientRequestToken": made.version,
        },
    ),
    Refusal(
        "secretsmanager:DeleteSecret",
        "InvalidParameterException",
        "A recovery window has 7 to 30 days.",
        lambda made: {"SecretId": made.secret, "RecoveryWindowInDays": 3},
    ),
    *(
        Refusal(
            f"secretsmanager:{name}",
            "InvalidRequestException",
            "A secret that is scheduled for deletion is neither read nor changed.",
            lambda made, more=more: {"SecretId": made.doomed_secret} | more,
        )
        for name, more in {"GetSecretValue": {}, "UpdateSecret": {"SecretString": "y"}}.items()
    ),
    Refusal(
        "secretsmanager:PutSecretValue",
        "InvalidRequestException",
        "A secret that is scheduled for deletion gets no version.",
        lambda made: {"SecretId": made.doomed_secret, "SecretString": "y"},
    ),
    Refusal(
        "secretsmanager:CreateSecret",
        "InvalidRequestException",
        "The name of a secret is taken until its recovery window is over.",
        lambda made: {"Name": made.doomed_secret},
    ),
    *(
        Refusal(
            f"kms:{name}",
            "KMSInvalidStateException",
            "A key that is scheduled for deletion is neither used nor changed.",
            lambda made, more=more: {"KeyId": made.doomed_key} | more,
        )
        for name, more in {
            "DisableKey": {},
            "DisableKeyRotation": {},
            "EnableKey": {},
            "EnableKeyRotation": {},
            "Encrypt": {"Plaintext": b"x"},
            "ScheduleKeyDeletion": {},
            "TagResource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
            "UntagResource": {"TagKeys": ["a"]},
            "UpdateKeyDescription": {"Description": "x"},
        }.items()
    ),
    *(
        Refusal(
            f"kms:{name}",
            "DisabledException",
            "A key that is disabled is not used, and its rotation not changed.",
            lambda made, more=more: {"KeyId": made.disabled_key} | more,
        )
        for name, more in {
            "DisableKeyRotation": {},
            "EnableKeyRotation": {},
            "Encrypt": {"Plaintext": b"x"},
        }.items()
    ),
    Refusal(
        "kms:CreateKey",
        "MalformedPolicyDocumentException",
        "A key's policy is a policy document.",
        lambda _: {"Policy": "nonsense"},
    ),
    Refusal(
        "kms:PutKeyPolicy",
        "MalformedPolicyDocumentException",
        "A key is given a policy document.",
        lambda made: {"KeyId": made.disabled_key, "PolicyName": "default", "Policy": "{}"},
    ),
    Refusal(
        "logs:CreateLogGroup",
        "ResourceAlreadyExistsException",
        "The name of a log group is unique.",
        lambda made: {"logGroupName": made.log_group},
    ),
    Refusal(
        "logs:GetLogEvents",
        "ResourceNotFoundException",
        "A log stream that does not exist is an error.",
        lambda made: {"logGroupName": made.log_group, "logStreamName": "x"},
        also="stream",
    ),
    Refusal(
        "iam:CreateRole",
        "EntityAlreadyExists",
        "The name of a role is unique.",
        lambda made: {"RoleName": made.role, "AssumeRolePolicyDocument": json.dumps(TRUST)},
    ),
    *(
        Refusal(
            "iam:CreateRole",
            error,
            sentence,
            lambda made, more=more: {
                "RoleName": made.new("role"),
                "AssumeRolePolicyDocument": json.dumps(TRUST),
                **more,
            },
            also=also,
        )
        for error, also, sentence, more in (
            ("ValidationError", "length", "A role's name has at most 64 characters.", {"RoleName": "a" * 65}),
            ("ValidationError", "slash", "A role's name has no slash.", {"RoleName": "a/b"}),
            (
                "MalformedPolicyDocument",
                "",
                "A role's trust policy is a policy document.",
                {"AssumeRolePolicyDocument": "x"},
            ),
            (
                "NoSuchEntity",
                "boundary",
                "A role's permissions boundary is a policy that exists.",
                {"PermissionsBoundary": "arn:aws:iam::123456789012:policy/none"},
            ),
        )
    ),
    Refusal(
        "iam:PutRolePolicy",
        "LimitExceeded",
        "A role's inline policies have at most 10,240 characters together.",
        lambda made: {
            "RoleName": made.role,
            "PolicyName": "q",
            "PolicyDocument": POLICY.replace('"*"', json.dumps(["*" * 99] * 110)),
        },
    ),
    *(
        Refusal(
            "scheduler:CreateSchedule",
            "ValidationException",
            sentence,
            lambda made, more=more: made.schedule | more,
            also=more["Name"],
        )
        for sentence, more in (
            ("A schedule's name has letters, digits, `_`, `.` and `-`.", {"Name": "a b"}),
            (
                "A flexible time window has a length.",
                {"Name": "flexible", "FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            ),
        )
    ),
    Refusal(
        "iam:UpdateAssumeRolePolicy",
        "MalformedPolicyDocument",
        "A trust policy is a policy document.",
        lambda made: {"RoleName": made.role, "PolicyDocument": "x"},
    ),
    Refusal(
        "iam:PutRolePolicy",
        "MalformedPolicyDocument",
        "A policy has statements.",
        lambda made: {"RoleName": made.role, "PolicyName": "q", "PolicyDocument": "{}"},
    ),
    Refusal(
        "iam:GetRolePolicy",
        "NoSuchEntity",
        "A policy that a role does not have is an error.",
        lambda made: {"RoleName": made.role, "PolicyName": "none"},
        also="policy",
    ),
    Refusal(
        "iam:TagRole",
        "InvalidInput",
        "A role has one tag per key.",
        lambda made: {"RoleName": made.role, "Tags": [*TAGS, *TAGS]},
    ),
    Refusal(
        "iam:DeleteRole",
        "DeleteConflict",
        "A role with policies is not deleted.",
        lambda made: {"RoleName": made.role},
    ),
)
ALL: Final = (*CONTAINERS, *NETWORK, *BALANCERS, *DATA, *OTHERS)
