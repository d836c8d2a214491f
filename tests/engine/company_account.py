"""An account in which a company is at home already, and what it holds there, word for word."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3

from components.model.iam import resource_policies

REGION = "us-east-1"
DOMAIN = "airflow.example.com"
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
LOGIN = {"username": "flows", "password": "planted-company-password"}


def client(service: str) -> Any:
    """Make a client of the account."""
    session: Any = boto3.Session(region_name=REGION)
    return session.client(service)


@cache
def settle() -> dict[str, Any]:
    """Make what the example's program expects to find, once in the account; return its configuration."""
    vpc_id = _network()
    group = client("ec2").create_security_group(GroupName="clients", Description="x", VpcId=vpc_id)
    clients = group["GroupId"]
    bucket = "company-logs"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPTION)
    client("ecr").create_repository(repositoryName="data/airflow", imageTagMutability="IMMUTABLE")
    client("route53").create_hosted_zone(Name="example.com", CallerReference="x")
    secrets = client("secretsmanager")
    boundary = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return {
        "accountId": client("sts").get_caller_identity()["Account"],
        "domain": DOMAIN,
        "allocationIds": [client("ec2").allocate_address(Domain="vpc")["AllocationId"] for _ in "ab"],
        "databaseHost": _database(clients),
        "databaseSecretArn": secrets.create_secret(Name="db", SecretString=json.dumps(LOGIN))["ARN"],
        "databaseClients": clients,
        "kmsKeyArn": _new_key(),
        "logsBucket": bucket,
        "repository": "data/airflow",
        "permissionsBoundaryArn": client("iam").create_policy(
            PolicyName="boundary", PolicyDocument=json.dumps(boundary)
        )["Policy"]["Arn"],
        "apiTokenArn": secrets.create_secret(Name="api-token", SecretString="planted-token")["ARN"],
    }


def _network() -> str:
    ec2 = client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc_id], Tags=[{"Key": "Name", "Value": "company"}])
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc_id, InternetGatewayId=gateway)
    public = _subnets(vpc_id, "public", 0)
    private = _subnets(vpc_id, "private", 10)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    for subnets, target in ((public, {"GatewayId": gateway}), (private, {"NatGatewayId": nat})):
        table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return vpc_id


def _subnets(vpc_id: str, tier: str, start: int) -> list[str]:
    ec2 = client("ec2")
    made = [
        ec2.create_subnet(
            VpcId=vpc_id, CidrBlock=f"10.77.{start + index}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for index, zone in enumerate("ab")
    ]
    ec2.create_tags(Resources=made, Tags=[{"Key": "Tier", "Value": tier}])
    return made


def _new_key() -> str:
    """Create a key whose policy lets CloudWatch Logs use it, as AWS asks for."""
    account_id = client("sts").get_caller_identity()["Account"]
    policy = resource_policies.encryption_key("aws", account_id, REGION)
    created = client("kms").create_key(KeyUsage="ENCRYPT_DECRYPT", Policy=json.dumps(policy))
    return created["KeyMetadata"]["Arn"]


def _database(clients: str) -> str:
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="company",
        DBInstanceClass="db.t4g.small",
        Engine="postgres",
        EngineVersion="17",
        AllocatedStorage=20,
        MasterUsername=LOGIN["username"],
        MasterUserPassword=LOGIN["password"],
        VpcSecurityGroupIds=[clients],
    )
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="company", WaiterConfig={"Delay": 1})
    (found,) = rds.describe_db_instances(DBInstanceIdentifier="company")["DBInstances"]
    return found["Endpoint"]["Address"]


def holdings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Describe what `settle` made, as the account's API tells it."""
    ec2, rds, ecr = client("ec2"), client("rds"), client("ecr")
    clients = [config["databaseClients"]]
    described = {
        "VPCs": ec2.describe_vpcs()["Vpcs"],
        "subnets": _without("AvailableIpAddressCount", ec2.describe_subnets()["Subnets"]),
        "routes": ec2.describe_route_tables()["RouteTables"],
        "gateways": ec2.describe_internet_gateways()["InternetGateways"],
        "addresses": ec2.describe_addresses()["Addresses"],
        # AWS tells of deleted ones for an hour.
        "NAT gateways": ec2.describe_nat_gateways(Filters=[{"Name": "state", "Values": ["available"]}])[
            "NatGateways"
        ],
        "security group": ec2.describe_security_groups(GroupIds=clients)["SecurityGroups"],
        "database": _without(
            "LatestRestorableTime", rds.describe_db_instances(DBInstanceIdentifier="company")["DBInstances"]
        ),
        "records": records(),
        "secrets": [_secret(config[name]) for name in ("databaseSecretArn", "apiTokenArn")],
        "key": _key(config["kmsKeyArn"]),
        "bucket": _bucket(config["logsBucket"]),
        "repository": ecr.describe_repositories(repositoryNames=[config["repository"]])["repositories"],
        "policy": _policy(config["permissionsBoundaryArn"]),
    }
    return json.loads(json.dumps(described, default=str))


def records() -> list[dict[str, Any]]:
    """List the records of the company's domain."""
    dns = client("route53")
    (zone,) = [one for one in dns.list_hosted_zones()["HostedZones"] if one["Name"] == "example.com."]
    return dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]


def _without(count: str, described: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what goes on by itself while others use it."""
    return [{key: value for key, value in one.items() if key != count} for one in described]


def _secret(arn: str) -> list[Any]:
    secrets = client("secretsmanager")
    described = secrets.describe_secret(SecretId=arn)
    value = secrets.get_secret_value(SecretId=arn)["SecretString"]
    return [value, described["Name"], described.get("Tags"), described["VersionIdsToStages"]]


def _key(arn: str) -> list[Any]:
    kms = client("kms")
    policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    return [kms.describe_key(KeyId=arn)["KeyMetadata"], policy, kms.list_grants(KeyId=arn)["Grants"]]


def _bucket(name: str) -> list[Any]:
    s3 = client("s3")
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    versioning = s3.get_bucket_versioning(Bucket=name).get("Status")
    return [encryption, s3.get_bucket_acl(Bucket=name)["Grants"], versioning]


def _policy(arn: str) -> dict[str, Any]:
    """The policy itself; AWS counts its uses beside it."""
    found = client("iam").get_policy(PolicyArn=arn)["Policy"]
    return {key: value for key, value in found.items() if not key.endswith("Count")}
