"""What a company's account holds, as values of the settings that name it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.engine.company_account import DOMAIN, client

OBJECTS = "pools: {reports: {slots: 4}}\nvariables: {team: data-platform}\n"


def values(company: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Give a value for each such key, and make what only these settings want.

    Args:
        company: what `settle` returned.
        folder: where a file of connections, variables and pools may be written.
    """
    objects_file = folder / "drawn-objects.yaml"
    objects_file.write_text(OBJECTS)
    zones = client("route53").list_hosted_zones()["HostedZones"]
    (zone,) = [zone for zone in zones if zone["Name"] == "example.com."]
    clients = json.dumps([company["databaseClients"]])
    return {
        **_network(),
        **_ingress(),
        "airflowResourcesFile": str(objects_file),
        "databaseAllowedSecurityGroupIds": clients,
        "databaseHost": company["databaseHost"],
        "databaseSecretArn": company["databaseSecretArn"],
        "extraSecrets": json.dumps({"all": {"API_TOKEN": company["apiTokenArn"]}}),
        "iamPermissionsBoundaryArn": company["permissionsBoundaryArn"],
        "kmsKeyArn": company["kmsKeyArn"],
        "loadBalancerAllowedSecurityGroupIds": clients,
        "loadBalancerDomain": DOMAIN,
        "loadBalancerHostedZoneId": zone["Id"].rsplit("/", 1)[-1],
        "loadBalancerNlbAllocationIds": json.dumps(company["allocationIds"]),
        "logsBucket": company["logsBucket"],
        "ssoClientSecretArn": company["apiTokenArn"],
        "taskSecurityGroupIds": clients,
    }


def _network() -> dict[str, str]:
    ec2 = client("ec2")
    named: Any = [{"Name": "tag:Name", "Values": ["company"]}]
    (vpc,) = ec2.describe_vpcs(Filters=named)["Vpcs"]
    found = {"vpcId": vpc["VpcId"], "vpcTag": "Name=company"}
    for tier, prefix in (("public", "vpcPublicSubnet"), ("private", "vpcPrivateSubnet")):
        of_tier = ec2.describe_subnets(Filters=[{"Name": "tag:Tier", "Values": [tier]}])["Subnets"]
        found[f"{prefix}Ids"] = json.dumps([one["SubnetId"] for one in of_tier])
        found[f"{prefix}Tag"] = f"Tier={tier}"
    return found


def _ingress() -> dict[str, str]:
    bucket = "company-access-logs"
    client("s3").create_bucket(Bucket=bucket)
    acl = client("wafv2").create_web_acl(
        Name="company",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={
            "SampledRequestsEnabled": False,
            "CloudWatchMetricsEnabled": False,
            "MetricName": "company",
        },
    )
    certificate = client("acm").request_certificate(DomainName=f"*.{DOMAIN.partition('.')[2]}")
    return {
        "loadBalancerCertificateArn": certificate["CertificateArn"],
        "loadBalancerLogsBucket": bucket,
        "loadBalancerWebAclArn": acl["Summary"]["ARN"],
    }


def with_what_is_its_own(raw: Mapping[str, str], number: int) -> dict[str, str]:
    """Give a stack the domain and the addresses that it can share with no other."""
    own: dict[str, str] = {}
    if "loadBalancerDomain" in raw:
        own["loadBalancerDomain"] = f"airflow{number}.{DOMAIN.partition('.')[2]}"
    if "loadBalancerNlbAllocationIds" in raw:
        ids = [client("ec2").allocate_address(Domain="vpc")["AllocationId"] for _ in "ab"]
        own["loadBalancerNlbAllocationIds"] = json.dumps(ids)
    return {**raw, **own}
