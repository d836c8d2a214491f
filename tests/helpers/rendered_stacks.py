"""Stacks as the program renders them under mocks, for rules, prices and diagrams."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from components.model.rendered import Rendered
from tests.helpers.pulumi_mocks import ACCOUNT, REGION, Recording
from tests.program import stacks

HTTPS: Final = {"loadBalancerCertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/8c0e4f2a"}
OPEN: Final = HTTPS | {"loadBalancerAllowedCidrs": '["0.0.0.0/0"]'}
"""For everybody: the most that is let in."""
FLOWER: Final = {"executor": "CeleryExecutor", "flowerCount": "1"}
COMPANY: Final = {
    "vpcId": "vpc-1",
    "vpcPublicSubnetIds": '["subnet-0a", "subnet-0b"]',
    "vpcPrivateSubnetIds": '["subnet-1a", "subnet-1b"]',
    "databaseHost": "db.example.com",
    "databaseMultiAz": "false",
    "databaseSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:database-5Xa",
    "kmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/4c1b",
    "imageRepository": "team/airflow",
    "logsBucket": "company-logs",
    "vpcFlowLogRetentionDays": "0",
    "loadBalancerDomain": "airflow.data.example.com",
    "loadBalancerAllowedCidrs": '["0.0.0.0/0"]',
    "taskSecurityGroupIds": '["sg-0a"]',
    "iamPermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "iamRolePath": "/data/airflow/",
    "iamExtraStatements": f'{{"worker": [{{"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:{REGION}'
    f':{ACCOUNT}:q"}}]}}',
    "airflowResourcesFile": "docs/connections-variables-pools.yaml",
    "databaseMaintenanceAfterDays": "90",
    "secretsBackendPrefix": "airflow/prod",
    "extraSecrets": f'{{"all": {{"TOKEN": "arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/token"}}}}',
}
"""Everything that a company has already."""
EXTERNAL_SOURCES: Final = {
    "databaseAllowedSecurityGroupIds": '["sg-0c"]',
    "loadBalancerAllowedSecurityGroupIds": '["sg-0d"]',
}
SIGN_IN: Final = {
    "ssoIssuerUrl": "https://login.example.com/company",
    "ssoClientId": "airflow",
    "ssoClientSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:sso-5Xa",
    "ssoGroupRoles": '{"data-admins": "Admin"}',
}
OIDC: Final = {
    "loadBalancerOidcIssuerUrl": "https://login.example.com/company",
    "loadBalancerOidcAuthorizationUrl": "https://login.example.com/company/authorize",
    "loadBalancerOidcTokenUrl": "https://login.example.com/company/token",
    "loadBalancerOidcUserInfoUrl": "https://login.example.com/company/me",
    "loadBalancerOidcClientId": "alb",
    "loadBalancerOidcClientSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:alb-5Xa",
}
NETWORK: Final = {"loadBalancerNlb": "true"}
HARDENED: Final = {
    "kmsCreateKey": "true",
    "databaseMonitoringSeconds": "60",
    "databaseInsights": "true",
    "loadBalancerLogsBucket": "company-access-logs",
    "loadBalancerWebAclArn": f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/company/1",
    "logsRetentionDays": "365",
    "vpcFlowLogRetentionDays": "365",
    "policyHardened": "true",
}
"""What `policyHardened` asks for."""
WORKER_GROUPS: Final = {
    "executor": "CeleryExecutor",
    "workerCount": "1",
    "workerGroups": json.dumps(
        [
            {"name": "small", "queues": ["default"], "count": 4, "spotPercent": 75, "onDemandBase": 1},
            {
                "name": "l" * 20,
                "queues": ["large", "default"],
                "cpuUnits": 4096,
                "memoryMib": 16384,
                "ephemeralStorageGib": 100,
                "spotPercent": 100,
                "environment": {"BATCH_SIZE": "500"},
                "extraStatements": [
                    {"Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}
                ],
            },
        ]
    ),
}
"""Two services of workers, one with the longest name of all."""
RABBITMQ: Final = {
    "broker": "rabbitmq",
    "brokerNodeType": "cache.t4g.micro",
    "brokerReplicaCount": "0",
    "brokerRabbitmqCluster": "true",
    "brokerRabbitmqInstanceType": "mq.m7g.large",
}
"""A cluster of RabbitMQ in place of ElastiCache, of whose settings none is left."""
SCALED: Final = {
    "executor": "CeleryExecutor",
    "workerCount": "1",
    "workerGroups": '[{"name": "burst", "queues": ["default"], "minimumCount": 1, "maximumCount": 30}]',
}
"""One service of workers, which AWS scales."""
SQS: Final = {
    "executor": "CeleryExecutor",
    "broker": "sqs",
    "brokerReplicaCount": "0",
    "workerCount": "1",
    "workerGroups": json.dumps(
        [{"name": "small", "queues": ["default"]}, {"name": "large", "queues": ["large", "Large_2"]}]
    ),
}
"""Three queues, and two services of workers that may each use their own."""
ALARMS: Final = {"alarmsEmails": '["team@example.com"]'}

VARIANTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "dev": ("dev", {}),
    "dev for everybody": ("dev", OPEN),
    "dev with workers and Flower": ("dev", FLOWER),
    "dev with a task for each service": ("dev", {"singleTask": "false", "apiServerMemoryMib": "2048"}),
    "dev with versions of DAGs": ("dev", {"dagSource": "bundle"}),
    "dev for a named network": ("dev", {"loadBalancerAllowedCidrs": '["203.0.113.0/24"]'}),
    "local": ("local", {}),
    "prod": ("prod", {}),
    "prod for everybody": ("prod", OPEN | {"flowerCount": "1"}),
    "prod with external sources": ("prod", HTTPS | EXTERNAL_SOURCES),
    "prod inside": ("prod", HTTPS | {"loadBalancerInternal": "true"}),
    "prod behind a Network Load Balancer": ("prod", OPEN | NETWORK | {"flowerCount": "1"}),
    "prod inside behind a Network Load Balancer": (
        "prod",
        HTTPS | NETWORK | EXTERNAL_SOURCES | {"loadBalancerInternal": "true"},
    ),
    "prod with a customer managed key": ("prod", OPEN | {"kmsCreateKey": "true", "nat": "single"}),
    "prod hardened": ("prod", OPEN | HARDENED),
    "prod for another account": ("prod", OPEN | {"imagePullAccountIds": '["210987654321"]'}),
    "prod with single sign-on": ("prod", OPEN | SIGN_IN),
    "prod with load balancer sign-in": ("prod", OPEN | SIGN_IN | OIDC | {"flowerCount": "1"}),
    "prod with worker groups": (
        "prod",
        OPEN | WORKER_GROUPS | {"iamPermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary"},
    ),
    "prod with a scaled worker group": ("prod", OPEN | SCALED),
    "prod on RabbitMQ": ("prod", OPEN | RABBITMQ),
    "prod hardened on RabbitMQ": ("prod", OPEN | HARDENED | RABBITMQ),
    "dev on RabbitMQ": ("dev", {"executor": "CeleryExecutor", "broker": "rabbitmq"}),
    "prod with ECS tasks": ("prod", OPEN | {"executor": "CeleryExecutor,big:AwsEcsExecutor"}),
    "prod with SQS": ("prod", OPEN | SQS),
    "prod hardened with SQS": ("prod", OPEN | HARDENED | SQS),
    "dev with alarms": ("dev", ALARMS),
    "prod with alarms": (
        "prod",
        OPEN | ALARMS | SCALED | {"kmsCreateKey": "true", "alarmsDashboard": "true"},
    ),
    "prod in a company": ("prod", COMPANY | {"flowerCount": "1"}),
}
"""Every form of the program that rules and security tests check: shipped stack and settings.

A new setting that makes or opens something belongs here."""


def rendered(recorded: Recording) -> list[Rendered]:
    """Give what was registered, as rules and prices want it."""
    return [
        Rendered(type=one.type, name=one.name, inputs=one.inputs, protect=one.protect, urn=one.urn)
        for one in recorded.resources
    ]


def stack(name: str, **settings: str) -> list[Rendered]:
    """Render a shipped stack, with other settings where they are given."""
    return list(_stack(name, tuple(sorted(settings.items()))))


def recording(name: str) -> Recording:
    """Record one of `VARIANTS`, with what each resource waits for."""
    base, settings = VARIANTS[name]
    if not settings:
        return stacks.run_shipped(base)
    return stacks.run(base, stacks.configuration(base) | settings)


def variant(name: str) -> list[Rendered]:
    """Render one of `VARIANTS`."""
    base, settings = VARIANTS[name]
    return stack(base, **settings)


@cache
def _stack(name: str, settings: tuple[tuple[str, str], ...]) -> tuple[Rendered, ...]:
    if not settings:
        return tuple(rendered(stacks.run_shipped(name)))
    return tuple(rendered(stacks.run(name, stacks.configuration(name) | dict(settings))))
