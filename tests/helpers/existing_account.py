"""What AWS answers to questions about a company's things that are there already."""

import json
from collections.abc import Callable
from typing import Any

from tests.helpers.pulumi_mocks import ACCOUNT, REGION, RefusedError

ZONES = {"subnet-0a": "a", "subnet-0b": "b", "subnet-1a": "a", "subnet-1b": "b"}
TIERS = {
    None: [*ZONES],
    "public": ["subnet-0a", "subnet-0b"],
    "private": ["subnet-1a", "subnet-1b"],
}
SUBNET_CIDRS = {name: f"10.40.{index}.0/24" for index, name in enumerate(ZONES)}
IGW = {"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}
NAT = {"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}

CLIENT_SECRET = 'planted-client-/"é+$~%'
"""The value of a secret that is named after OIDC."""

Answer = Callable[[dict[str, Any]], Any]


def fail(text: str) -> Answer:
    """Answer that there is no such thing."""

    def answer(_: dict[str, Any]) -> Any:
        raise RefusedError(text)

    return answer


def _route(found: dict[str, Any]) -> dict[str, Any]:
    empty = ("gatewayId", "natGatewayId", "transitGatewayId", "networkInterfaceId", "instanceId", "cidrBlock")
    others = ("vpcPeeringConnectionId", "vpcEndpointId", "coreNetworkArn", "carrierGatewayId")
    return {**dict.fromkeys((*empty, *others), ""), **found}


def _zone(args: dict[str, Any]) -> dict[str, Any]:
    if args.get("name") not in (None, "example.com"):
        raise RefusedError("no matching Route 53 Hosted Zone found")
    return {"zoneId": "Z0123", "name": "example.com", "privateZone": False}


def account() -> dict[str, Answer]:
    """Give the answers of an account that has all of it, by the function's token."""
    tables = {"subnet-0a": "public", "subnet-0b": "public"}  # the private ones have the VPC's main table
    routes = {"public": [IGW], "main": [NAT]}

    def table_ids(args: dict[str, Any]) -> dict[str, Any]:
        (wanted,) = args["filters"]
        if wanted["name"] == "association.main":
            return {"ids": ["main"]}
        return {"ids": [tables[one] for one in wanted["values"] if one in tables]}

    return {
        "aws:ec2/getVpcs:getVpcs": lambda _: {"ids": ["vpc-1"]},
        "aws:ec2/getVpc:getVpc": lambda _: {
            "enableDnsSupport": True,
            "enableDnsHostnames": True,
            "ownerId": ACCOUNT,
        },
        "aws:ec2/getSubnets:getSubnets": lambda args: {"ids": TIERS[args.get("tags", {}).get("Tier")]},
        "aws:ec2/getSubnet:getSubnet": lambda args: {
            "availabilityZone": ZONES[args["id"]],
            "cidrBlock": SUBNET_CIDRS[args["id"]],
        },
        "aws:ec2/getRouteTables:getRouteTables": table_ids,
        "aws:ec2/getRouteTable:getRouteTable": lambda args: {
            "routes": [_route(one) for one in routes[args["routeTableId"]]]
        },
        "aws:ec2/getVpcEndpoint:getVpcEndpoint": fail("no matching EC2 VPC Endpoint found"),
        "aws:ec2/getElasticIp:getElasticIp": lambda args: {
            "publicIp": f"{args['id'].removeprefix('eipalloc-')}.address"
        },
        "aws:kms/getKey:getKey": lambda _: {
            "enabled": True,
            "keyState": "Enabled",
            "keyUsage": "ENCRYPT_DECRYPT",
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        },
        "aws:secretsmanager/getSecretRotation:getSecretRotation": lambda _: {"rotationEnabled": False},
        "aws:secretsmanager/getSecretVersion:getSecretVersion": lambda args: {
            "secretString": CLIENT_SECRET
            if "oidc" in args["secretId"]
            else json.dumps({"username": "flow", "password": "planted-hunter2"})
        },
        "aws:secretsmanager/getSecretVersions:getSecretVersions": lambda _: {
            "versions": [
                {"versionId": "old", "versionStages": ["AWSPREVIOUS"]},
                {"versionId": "given-v2", "versionStages": ["AWSCURRENT"]},
            ]
        },
        "aws:route53/getZone:getZone": _zone,
        "aws:ecr/getRepository:getRepository": lambda args: {
            "repositoryUrl": f"registry/{args['name']}",
            "arn": "arn:aws:ecr:repository",
            "registryId": "123456789012",
        },
        "aws:s3/getBucket:getBucket": lambda args: {
            "arn": f"arn:aws:s3:::{args['bucket']}",
            "bucketRegion": REGION,
        },
    }
