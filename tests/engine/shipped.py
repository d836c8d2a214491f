"""Shipped stacks on the engine, and what they leave in the account.

The image only pretends to be Airflow: what is proved with it is what the engine, the provider's checks and
the deploy do, not that Airflow works (`tests/local/cluster` does that), nor that AWS itself accepts it.
"""

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from pulumi import automation as auto

from tests.engine.bench import Bench
from tests.helpers.checkout import SHIPPED

KEYS = {
    "dev": {
        "aws:defaultTags": "{tags: {CostCenter: '4711'}}",
        "airflow-ecs:loadBalancerPort": '"8080"',
        "airflow-ecs:loadBalancerAllowedCidrs": "[127.0.0.0/8]",
    },
    "prod": {"airflow-ecs:loadBalancerPort": '"8080"'},
}
ROLES = ("api-server", "execution-api", "scheduler", "dag-processor", "triggerer")


def select(bench: Bench, name: str, variant: str = "good", **more: str) -> auto.Stack:
    """Select a shipped stack with an image."""
    settings = {**KEYS[name], "airflow-ecs:imageUri": bench.images[variant]}
    if name == "prod":
        settings["airflow-ecs:airflowResourcesFile"] = str(objects_file(bench))
    settings |= {f"airflow-ecs:{key}": value for key, value in more.items()}
    return bench.stack(name, settings, base=(SHIPPED / f"Pulumi.{name}.yaml").read_text())


def objects_file(bench: Bench) -> Path:
    """Give the file of prod's connections, variables and pools: one of nearly 1 MiB, as long as it may be."""
    file = bench.home / "objects.yaml"
    if not file.exists():
        file.write_text(f"pools: {{p: {{slots: 1}}}}\nvariables: {{long: {'x' * 1_000_000}}}\n")
    return file


def client(service: str) -> Any:
    """Make a client of the account."""
    session: Any = boto3.Session(region_name="us-east-1")
    return session.client(service)


def secret_values(deployed: auto.UpResult) -> dict[str, str]:
    """Read the generated values of a stack, by kind."""
    secrets = client("secretsmanager")
    return {
        kind: secrets.get_secret_value(SecretId=arn)["SecretString"]
        for kind, arn in deployed.outputs["secret_arns"].value.items()
    }


def inventory() -> dict[str, list[str]]:
    """List what is in the account, by kind; but for revisions of task definitions, which stay."""
    ec2, ecs = client("ec2"), client("ecs")
    return {
        "buckets": [one["Name"] for one in client("s3").list_buckets()["Buckets"]],
        "clusters": [
            one["clusterArn"]
            for one in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
            if one["status"] == "ACTIVE"
        ],
        "databases": [
            one["DBInstanceIdentifier"] for one in client("rds").describe_db_instances()["DBInstances"]
        ],
        "caches": [
            one["ReplicationGroupId"]
            for one in client("elasticache").describe_replication_groups()["ReplicationGroups"]
        ],
        "load balancers": [
            one["LoadBalancerArn"] for one in client("elbv2").describe_load_balancers()["LoadBalancers"]
        ],
        "target groups": [
            one["TargetGroupArn"] for one in client("elbv2").describe_target_groups()["TargetGroups"]
        ],
        "log groups": [one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]],
        "namespaces": [one["Name"] for one in client("servicediscovery").list_namespaces()["Namespaces"]],
        "roles": [one["RoleName"] for one in client("iam").list_roles()["Roles"]],
        "secrets": [one["ARN"] for one in client("secretsmanager").list_secrets()["SecretList"]],
        "security groups": [one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]],
        "VPCs": [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]],
    }


def added(now: dict[str, list[str]], then: dict[str, list[str]]) -> dict[str, set[str]]:
    """What came into the account, by kind."""
    return {kind: set(now[kind]) - set(then[kind]) for kind in now if now[kind] != then[kind]}


def get(url: str) -> tuple[int, str]:
    """Fetch a page: (status, text)."""
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310, an address of our own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
