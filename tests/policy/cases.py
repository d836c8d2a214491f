"""For every rule, inputs that keep it and inputs that break it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.model.rendered import Rendered

DIGEST = f"registry.example/airflow@sha256:{'0' * 64}"
CONTAINER: dict[str, Any] = {
    "environment": [{"name": "AIRFLOW__CORE__EXECUTOR", "value": "LocalExecutor"}],
    "image": DIGEST,
    "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
    "logConfiguration": {"logDriver": "awslogs"},
    "memory": 2048,
    "name": "worker",
    "readonlyRootFilesystem": True,
    "stopTimeout": 120,
    "user": "50000:0",
}
SECRETS = [{"name": "AIRFLOW__CORE__FERNET_KEY", "valueFrom": "arn:secret"}]
INIT = {"initProcessEnabled": True}
HEALTH_CHECK = {"interval": 30, "timeout": 20, "retries": 3, "startPeriod": 120}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What keeps a rule, and what breaks it.

    Attributes:
        right: inputs that keep it.
        wrong: inputs that break it, each.
        alongside: other resources that a right stack holds; a wrong one lacks them where `wrong` is empty.
        kind: what the inputs are of, where it is not the first of the rule's kinds.
    """

    right: Mapping[str, Any]
    wrong: tuple[Mapping[str, Any], ...] = ()
    alongside: tuple[Rendered, ...] = field(default=())
    kind: str = ""


def _off(name: str, right: Any = True, wrong: Any = False) -> Case:  # noqa: FBT002, a value
    return Case(right={name: right}, wrong=({name: wrong}, {}))


def _may_be_unset(name: str, right: Any, wrong: Any) -> Case:
    return Case(right={name: right}, wrong=({name: wrong},))


def _container(*wrong: Mapping[str, Any]) -> Case:
    return Case(right=_task(CONTAINER), wrong=tuple(_task({**CONTAINER, **one}) for one in wrong))


def _task(*containers: Mapping[str, Any]) -> dict[str, Any]:
    return {"containerDefinitions": json.dumps(containers)}


def _alongside(kind: str, **inputs: Any) -> tuple[Rendered, ...]:
    service, name = kind.split("/")
    return (Rendered(type=f"aws:{service}/x:{name}", name="it", inputs=inputs),)


OLD_TLS = (
    *("2016-08", "TLS-1-2-2017-01", "TLS13-1-0-2021-06", "TLS13-1-1-2021-06", "TLS13-1-2-Ext1-2021-06"),
    *("TLS13-1-2-Ext2-2021-06", "TLS13-1-2-Ext0-FIPS-2023-04", "TLS13-1-0-PQ-2025-09"),
)


def _trust(**statement: Any) -> dict[str, str]:
    return {"assumeRolePolicy": json.dumps({"Statement": [{"Effect": "Allow", **statement}]})}


def _policy(**statement: Any) -> dict[str, str]:
    return {"policy": json.dumps({"Statement": [{"Effect": "Allow", **statement}]})}


KEYS = "arn:aws:kms:eu-west-1:123456789012:key/*"


def _decrypt(secret: str) -> dict[str, Any]:
    condition = {"StringLike": {"kms:EncryptionContext:SecretARN": [secret]}}
    return _policy(Action="kms:Decrypt", Resource=KEYS, Condition=condition)


def _parameters(name: str, value: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value}]


def _images(**change: Any) -> dict[str, str]:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 20, **change}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    return {"policy": json.dumps({"rules": [rule]})}


TLS_POLICY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:b", "arn:b/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
QUEUE_TLS = TLS_POLICY | {"Action": "sqs:*", "Resource": "arn:q"}
FOR_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
FROM_ECS = "arn:aws:ecs:eu-west-1:123456789012:*"
ECS = {"Service": "ecs-tasks.amazonaws.com"}
HTTPS = {"type": "redirect", "redirect": {"protocol": "HTTPS"}}
SOMEBODY = _alongside("vpc/SecurityGroupIngressRule", cidrIpv4="203.0.113.0/24")

KEY_RULE = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:key"}}
LIFECYCLE = {
    "status": "Enabled",
    "noncurrentVersionExpiration": {"noncurrentDays": 30},
    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
}

TARGET_CHECK = {"path": "/", "interval": 10, "timeout": 5, "healthyThreshold": 2, "unhealthyThreshold": 3}
SLOW_OR_HASTY: tuple[dict[str, int], ...] = (
    {"interval": 60},
    {"interval": 5},
    {"unhealthyThreshold": 1},
    {"healthyThreshold": 8},
    {"timeout": 11},
    {"timeout": 1},
)

CASES: dict[str, Case] = {
    "ecs-container-insights": Case(
        right={"settings": [{"name": "containerInsights", "value": "enabled"}]},
        wrong=({}, {"settings": [{"name": "containerInsights", "value": "disabled"}]}),
    ),
    "ecs-no-public-address": Case(
        right={"networkConfiguration": {"assignPublicIp": False}},
        wrong=({"networkConfiguration": {"assignPublicIp": True}},),
    ),
    "ecs-latest-platform": _may_be_unset("platformVersion", "LATEST", "1.3.0"),
    "ecs-fargate": Case(
        right={"launchType": "FARGATE"},
        wrong=({"launchType": "EC2"}, {"capacityProviderStrategies": [{"capacityProvider": "mine"}]}),
    ),
    "ecs-fargate-task": Case(
        right={"requiresCompatibilities": ["FARGATE"], "runtimePlatform": {"operatingSystemFamily": "LINUX"}},
        wrong=(
            {"requiresCompatibilities": ["FARGATE", "EC2"]},
            {
                "requiresCompatibilities": ["FARGATE"],
                "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
            },
        ),
    ),
    "ecs-tagged": Case(
        right={"propagateTags": "SERVICE", "enableEcsManagedTags": True},
        wrong=({"propagateTags": "SERVICE"}, {"propagateTags": "NONE", "enableEcsManagedTags": True}),
    ),
    "ecs-rollback": Case(
        right={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        wrong=({}, {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}),
    ),
    "ecs-rolling-update": Case(
        right={"deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 200},
        wrong=(
            {"deploymentMinimumHealthyPercent": 50, "deploymentMaximumPercent": 200},
            {"deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 100},
            {"deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 500},
        ),
    ),
    "ecs-no-exec": _may_be_unset("enableExecuteCommand", right=False, wrong=True),
    "ecs-own-network": _off("networkMode", "awsvpc", "host"),
    "ecs-own-processes": _may_be_unset("pidMode", "task", "host"),
    "ecs-separate-roles": Case(
        right={"taskRoleArn": "a", "executionRoleArn": "b"},
        wrong=({"taskRoleArn": "a", "executionRoleArn": "a"}, {"taskRoleArn": "a"}),
    ),
    "ecs-efs-over-tls": Case(
        right={"volumes": [{"name": "dags", "efsVolumeConfiguration": {"transitEncryption": "ENABLED"}}]},
        wrong=({"volumes": [{"name": "dags", "efsVolumeConfiguration": {"fileSystemId": "fs"}}]},),
    ),
    "ecs-unprivileged": _container({"privileged": True}),
    "ecs-read-only-root": _container({"readonlyRootFilesystem": False}),
    "ecs-not-root": _container({"user": "0:0"}, {"user": "root"}, {"user": ""}),
    "ecs-no-capabilities": _container(
        {"linuxParameters": {}},
        {"linuxParameters": {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}},
    ),
    "ecs-no-secret-in-plaintext": _container(
        {"environment": [{"name": "AIRFLOW__CORE__FERNET_KEY", "value": "x"}]},
        {"environment": [{"name": "DB_PASSWORD", "value": "x"}]},
        {"environment": [{"name": "db_password", "value": "x"}]},
        {"environment": [{"name": "clientSecret", "value": "x"}]},
        {"environment": [{"name": "URL", "value": "postgresql://me:pass@host/db"}]},
        {"environment": [{"name": "AIRFLOW__CELERY__BROKER_URL", "value": "x"}]},
    ),
    "ecs-logs": _container({"logConfiguration": None}),
    "ecs-image-by-digest": _container({"image": "airflow:latest"}),
    "ecs-time-to-stop": _container({"stopTimeout": 30}),
    "ecs-essential": _container({"essential": False}),
    "ecs-health-check": Case(
        right=_task(CONTAINER | {"healthCheck": HEALTH_CHECK}, CONTAINER),
        wrong=tuple(
            _task(CONTAINER | {"healthCheck": HEALTH_CHECK | change})
            for change in (
                {"interval": 10},
                {"timeout": 5},
                {"retries": 1},
                {"retries": 10},
                {"startPeriod": 30},
                {"startPeriod": 300},
            )
        ),
    ),
    "ecs-memory-limit": _container({"memory": None}),
    "ecs-init-process": Case(
        right=_task({**CONTAINER, "secrets": SECRETS}, {**CONTAINER, "linuxParameters": INIT}),
        wrong=(_task({**CONTAINER, "secrets": SECRETS, "linuxParameters": INIT}),),
    ),
    "rds-not-public": _may_be_unset("publiclyAccessible", right=False, wrong=True),
    "rds-encrypted": _off("storageEncrypted"),
    "rds-own-key": Case(
        right={
            "kmsKeyId": "arn:key",
            "performanceInsightsEnabled": True,
            "performanceInsightsKmsKeyId": "arn:key",
        },
        wrong=({}, {"kmsKeyId": ""}, {"kmsKeyId": "arn:key", "performanceInsightsEnabled": True}),
    ),
    "rds-two-zones": _off("multiAz"),
    "rds-monitored": _off("monitoringInterval", 60, 0),
    "rds-insights": _off("performanceInsightsEnabled"),
    "rds-deletion-protection": _off("deletionProtection"),
    "rds-final-snapshot": _off("skipFinalSnapshot", right=False, wrong=True),
    "rds-log": _off("enabledCloudwatchLogsExports", ["postgresql", "upgrade"], ["upgrade"]),
    "rds-iam-login": _off("iamDatabaseAuthenticationEnabled"),
    "rds-backups": _off("backupRetentionPeriod", 7, 6),
    "rds-patched": _may_be_unset("autoMinorVersionUpgrade", right=True, wrong=False),
    "rds-tagged-snapshots": _off("copyTagsToSnapshot"),
    "rds-in-own-subnets": _off("dbSubnetGroupName", "mine", ""),
    "rds-other-port": _off("port", 15432, 5432),
    "rds-uncommon-user": _off("username", "airflow", "postgres"),
    "rds-tls-only": Case(
        right={}, alongside=_alongside("rds/ParameterGroup", parameters=_parameters("rds.force_ssl", "1"))
    ),
    "elasticache-backups": _off("snapshotRetentionLimit", 1, 0),
    "elasticache-patched": _may_be_unset("autoMinorVersionUpgrade", right=True, wrong=False),
    "elasticache-failover": _off("automaticFailoverEnabled"),
    "elasticache-two-zones": _off("multiAzEnabled"),
    "elasticache-encrypted": _off("atRestEncryptionEnabled"),
    "elasticache-own-key": _off("kmsKeyId", "arn:key", ""),
    "elasticache-tls-only": _off("transitEncryptionEnabled"),
    "elasticache-password": _off("authToken", "token", ""),
    "elasticache-own-subnets": _off("subnetGroupName", "mine", ""),
    "elasticache-keeps-messages": _off(
        "parameters",
        _parameters("maxmemory-policy", "noeviction"),
        _parameters("maxmemory-policy", "allkeys-lru"),
    ),
    "s3-not-public": Case(
        right=dict.fromkeys(
            ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
        ),
        wrong=({}, {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True}),
    ),
    "s3-has-access-block": Case(right={}, alongside=_alongside("s3/BucketPublicAccessBlock")),
    "s3-encrypted": Case(
        right={"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        wrong=(
            {},
            {"rules": [{}]},
            {
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {
                            "sseAlgorithm": "AES256",
                            "kmsMasterKeyId": "arn:key",
                        }
                    }
                ]
            },
        ),
    ),
    "s3-bucket-key": _may_be_unset("rules", [KEY_RULE | {"bucketKeyEnabled": True}], [KEY_RULE]),
    "s3-own-key": _off(
        "rules",
        [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}],
        [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    ),
    "s3-owner": _off("rule", {"objectOwnership": "BucketOwnerEnforced"}, {"objectOwnership": "ObjectWriter"}),
    "s3-tls-only": Case(
        right={"policy": json.dumps({"Statement": [TLS_POLICY]})},
        wrong=(
            {"policy": json.dumps({"Statement": []})},
            {"policy": json.dumps({"Statement": [TLS_POLICY | {"Effect": "Allow"}]})},
            {"policy": json.dumps({"Statement": [TLS_POLICY | {"Resource": "arn:b/*"}]})},
            {"policy": json.dumps({"Statement": [TLS_POLICY | {"Principal": {"AWS": "arn:me"}}]})},
        ),
    ),
    "s3-has-tls-policy": Case(right={}, alongside=_alongside("s3/BucketPolicy")),
    "s3-versioned": _off("versioningConfiguration", {"status": "Enabled"}, {"status": "Suspended"}),
    "s3-has-versioning": Case(right={}, alongside=_alongside("s3/BucketVersioning")),
    "s3-lifecycle": Case(
        right={"rules": [LIFECYCLE]},
        wrong=(
            {},
            {"rules": [LIFECYCLE | {"status": "Disabled"}]},
            {"rules": [LIFECYCLE | {"abortIncompleteMultipartUpload": None}]},
            {"rules": [LIFECYCLE | {"noncurrentVersionExpiration": {"noncurrentDays": 7}}]},
        ),
    ),
    "s3-has-lifecycle": Case(right={}, alongside=_alongside("s3/BucketLifecycleConfiguration")),
    "s3-not-emptied": _may_be_unset("forceDestroy", right=False, wrong=True),
    "efs-encrypted": _off("encrypted"),
    "sns-own-key": Case(
        right={"kmsMasterKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1"},
        wrong=({}, {"kmsMasterKeyId": "alias/aws/sns"}),
    ),
    "sqs-encrypted": _may_be_unset("sqsManagedSseEnabled", right=True, wrong=False),
    "sqs-own-key": _off("kmsMasterKeyId", "arn:key", ""),
    "sqs-tls-only": Case(
        right={"policy": json.dumps({"Statement": [QUEUE_TLS]})},
        wrong=(
            {"policy": json.dumps({"Statement": []})},
            {"policy": json.dumps({"Statement": [QUEUE_TLS | {"Effect": "Allow"}]})},
            {"policy": json.dumps({"Statement": [QUEUE_TLS | {"Action": "sqs:SendMessage"}]})},
            {"policy": json.dumps({"Statement": [QUEUE_TLS | {"Principal": {"AWS": "arn:somebody"}}]})},
            {"policy": json.dumps({"Statement": [QUEUE_TLS | {"Condition": {}}]})},
        ),
    ),
    "sqs-has-tls-policy": Case(right={}, alongside=_alongside("sqs/QueuePolicy")),
    "dynamodb-by-demand": _off("billingMode", "PAY_PER_REQUEST", "PROVISIONED"),
    "dynamodb-recovery": _off("pointInTimeRecovery", {"enabled": True}, {"enabled": False}),
    "dynamodb-deletion-protection": _off("deletionProtectionEnabled"),
    "dynamodb-own-key": _off("serverSideEncryption", {"enabled": True}, {"enabled": False}),
    "dynamodb-items-end": _off("ttl", {"enabled": True}, {"enabled": False}),
    "mq-not-public": _may_be_unset("publiclyAccessible", right=False, wrong=True),
    "secrets-recoverable": _off("recoveryWindowInDays", 7, 0),
    "secrets-own-key": _off("kmsKeyId", "arn:key", ""),
    "logs-expire": _off("retentionInDays", 30, 31),
    "logs-for-a-year": _off("retentionInDays", 365, 180),
    "logs-own-key": _off("kmsKeyId", "arn:key", ""),
    "secrets-hard-to-guess": Case(
        right={"length": 32, "special": False},
        wrong=(
            {"length": 12, "special": False},
            {"length": 200, "special": False},
            {"length": 32, "special": True},
            {"length": 32},
        ),
    ),
    "kms-recoverable": _may_be_unset("deletionWindowInDays", 30, 7),
    "kms-rotated": _off("enableKeyRotation"),
    "ecr-scanned": _off("imageScanningConfiguration", {"scanOnPush": True}, {"scanOnPush": False}),
    "ecr-immutable": _off("imageTagMutability", "IMMUTABLE", "MUTABLE"),
    "ecr-keeps-images": _may_be_unset("forceDelete", right=False, wrong=True),
    "ecr-own-key": _off(
        "encryptionConfigurations", [{"encryptionType": "KMS"}], [{"encryptionType": "AES256"}]
    ),
    "ecr-lifecycle": Case(
        right=_images(),
        wrong=(
            {"policy": '{"rules": []}'},
            _images(countNumber=3),
            _images(tagStatus="untagged"),
            _images(countType="sinceImagePushed"),
        ),
    ),
    "secrets-key-length": _off("length", 32, 16),
    "vpc-default-group-closed": _may_be_unset("ingress", None, [{"protocol": "-1"}]),
    "vpc-has-default-group": Case(right={}, alongside=_alongside("ec2/DefaultSecurityGroup")),
    "vpc-flow-log": Case(right={}, alongside=_alongside("ec2/FlowLog")),
    "vpc-flow-log-of-refusals": _off("trafficType", "ALL", "ACCEPT"),
    "vpc-dns": Case(
        right={"enableDnsSupport": True, "enableDnsHostnames": True},
        wrong=({"enableDnsSupport": False, "enableDnsHostnames": True}, {}),
    ),
    "subnet-no-public-address": _may_be_unset("mapPublicIpOnLaunch", right=False, wrong=True),
    "security-group-open-port": Case(
        right={"cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443},
        wrong=(
            {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22},
            {"cidrIpv4": "0.0.0.0/1", "ipProtocol": "tcp", "fromPort": 443, "toPort": 8080},
            {"cidrIpv6": "::/0", "ipProtocol": "-1"},
        ),
    ),
    "security-group-one-port": Case(
        right={"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432},
        wrong=(
            {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5433},
            {"ipProtocol": "udp", "fromPort": 53, "toPort": 53},
            {"ipProtocol": "-1"},
        ),
    ),
    "security-group-separate-rules": _may_be_unset("ingress", None, [{"protocol": "-1"}]),
    "security-group-described": _off("description", "Airflow: worker", ""),
    "elb-tls": Case(
        right={"protocol": "HTTP", "defaultActions": [HTTPS]},
        wrong=(
            {"protocol": "HTTP", "defaultActions": [{"type": "forward"}]},
            {"protocol": "HTTP", "defaultActions": [HTTPS, {"type": "forward"}]},
        ),
        alongside=SOMEBODY,
    ),
    "elb-tls-policy": Case(
        right={"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
        wrong=(
            {"protocol": "HTTPS"},
            *({"protocol": "HTTPS", "sslPolicy": f"ELBSecurityPolicy-{name}"} for name in OLD_TLS),
        ),
    ),
    "elb-drops-invalid-headers": _off("dropInvalidHeaderFields"),
    "elb-desync": _may_be_unset("desyncMitigationMode", "strictest", "monitor"),
    "elb-access-log": _off("accessLogs", {"enabled": True}, {"enabled": False}),
    "elb-deletion-protection": _off("enableDeletionProtection"),
    "elb-two-zones": _off("subnets", ["a", "b"], ["a"]),
    "elb-cross-zone": Case(
        right={"loadBalancerType": "network", "enableCrossZoneLoadBalancing": True},
        wrong=(
            {"loadBalancerType": "network"},
            {"loadBalancerType": "network", "enableCrossZoneLoadBalancing": False},
        ),
    ),
    "elb-firewall": Case(right={}, alongside=_alongside("wafv2/WebAclAssociation")),
    "elb-health-check": Case(
        right={"healthCheck": TARGET_CHECK},
        wrong=(
            {},
            {"healthCheck": {"protocol": "HTTP"}},
            *({"healthCheck": TARGET_CHECK | change} for change in SLOW_OR_HASTY),
        ),
    ),
    "iam-no-wildcard-action": Case(
        right=_policy(Action=["s3:GetObject"], Resource="arn:b/*"),
        wrong=(
            _policy(Action="*", Resource="arn:b"),
            _policy(Action=["s3:Get*"], Resource="arn:b"),
            _policy(Action="s3:GetObjec?", Resource="arn:b"),
            _policy(NotAction="s3:GetObject", Resource="arn:b"),
        ),
    ),
    "iam-named-resources": Case(
        right=_policy(Action="ecr:GetAuthorizationToken", Resource="*"),
        wrong=(
            _policy(Action=["s3:GetObject"], Resource=["*"]),
            _policy(Action=["s3:GetObject"], Resource="arn:aws:s3:::*/*"),
            _policy(Action="secretsmanager:GetSecretValue", Resource="arn:aws:secretsmanager:*:*:secret:*"),
            _policy(Action="sts:AssumeRole", Resource=["arn:b", "arn:aws:iam::123456789012:role/*"]),
            _policy(Action="sqs:SendMessage", Resource="arn:aws:sqs:eu-west-1:123456789012:?*"),
            _policy(Action=["s3:GetObject"], NotResource="arn:aws:s3:::secret/*"),
        ),
    ),
    "iam-no-escalation": Case(
        right=_policy(
            Action=["iam:GetRole", "iam:PassRole"],
            Resource="arn:role",
            Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        wrong=(
            _policy(Action=["iam:PutRolePolicy", "sts:AssumeRole"], Resource="arn:aws:iam::1:role/*"),
            _policy(Action="IAM:AttachRolePolicy", Resource="arn:role"),
            _policy(Action="iam:CreatePolicyVersion", Resource="arn:policy"),
            _policy(Action="iam:PassRole", Resource="arn:role"),
        ),
    ),
    "iam-no-broad-managed-policy": Case(
        right={"policyArn": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"},
        wrong=tuple(
            {"policyArn": f"arn:aws{partition}:iam::aws:policy/{name}"}
            for partition, name in (
                ("", "AdministratorAccess"),
                ("-cn", "PowerUserAccess"),
                ("", "IAMFullAccess"),
                ("", "AmazonS3FullAccess"),
                ("", "job-function/SystemAdministrator"),
            )
        ),
    ),
    "iam-resource-policy-not-public": Case(
        right={},
        wrong=(
            _policy(Action="kms:Decrypt", Principal="*"),
            _policy(Action="kms:Decrypt", Principal={"AWS": ["arn:aws:iam::123456789012:root", "*"]}),
            _policy(Action="kms:Decrypt", NotPrincipal={"AWS": "arn:me"}),
            *(
                _policy(Action="kms:Decrypt", Principal="*", Condition=condition)
                for condition in (
                    {"StringNotEquals": {"kms:CallerAccount": "123456789012"}},
                    {"StringEqualsIfExists": {"kms:CallerAccount": "123456789012"}},
                    {"StringLike": {"aws:PrincipalOrgID": "*"}},
                    {"Bool": {"aws:SecureTransport": "true"}},
                )
            ),
        ),
    ),
    "iam-trust": Case(
        right=_trust(Principal=ECS, Condition=FOR_ACCOUNT),
        wrong=(
            _trust(Principal=ECS),
            _trust(Principal="*", Condition=FOR_ACCOUNT),
            _trust(Principal={"AWS": "*"}),
            _trust(Principal={"Federated": "arn:oidc"}),
            _trust(Principal={"Federated": "arn:oidc"}, Condition={"StringLike": {"oidc:sub": "*"}}),
            _trust(Principal={"AWS": "arn:aws:iam::999999999999:root"}, Condition=FOR_ACCOUNT),
            _trust(NotPrincipal={"AWS": "arn:me"}, Condition=FOR_ACCOUNT),
            *(
                _trust(Principal=ECS, Condition=condition)
                for condition in (
                    {"StringNotEquals": {"aws:SourceAccount": "123456789012"}},
                    {"StringLike": {"aws:SourceAccount": "*"}},
                    {"StringLike": {"aws:SourceAccount": "12345678901?"}},
                    {"StringEquals": {"aws:SourceAccount": ""}},
                    {"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}},
                    {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:*:*"}},
                    {"Null": {"aws:SourceAccount": "false"}},
                )
            ),
        ),
    ),
}
OPENED = {"type": "ingress", "protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}
OLD_RULE = "ec2/SecurityGroupRule"
FURTHER: dict[str, tuple[Case, ...]] = {
    "security-group-open-port": (
        Case(
            kind=OLD_RULE,
            right=OPENED,
            wrong=(
                OPENED | {"fromPort": 22, "toPort": 22},
                OPENED | {"protocol": "-1", "fromPort": 0, "toPort": 0},
                OPENED | {"cidrBlocks": ["203.0.113.0/24", "0.0.0.0/0"], "toPort": 8080},
                OPENED | {"cidrBlocks": [], "ipv6CidrBlocks": ["::/0"], "fromPort": 22, "toPort": 22},
            ),
        ),
    ),
    "security-group-one-port": (
        Case(
            kind=OLD_RULE,
            right=OPENED,
            wrong=(OPENED | {"toPort": 444}, OPENED | {"protocol": "-1", "fromPort": 0, "toPort": 0}),
        ),
        Case(kind=OLD_RULE, right={"type": "egress", "protocol": "-1", "fromPort": 0, "toPort": 0}),
    ),
    "elb-tls": tuple(
        Case(
            right={"protocol": "HTTP", "port": 80, "defaultActions": [HTTPS]},
            wrong=({"protocol": "HTTP", "port": 80, "defaultActions": [{"type": "forward"}]},),
            alongside=reached,
        )
        for reached in (
            _alongside(
                "vpc/SecurityGroupIngressRule",
                securityGroupId="sg-balancer",
                referencedSecurityGroupId="sg-of-somebody",
                fromPort=80,
                toPort=80,
            ),
            _alongside("vpc/SecurityGroupIngressRule", prefixListId="pl-1", fromPort=80, toPort=80),
            _alongside(OLD_RULE, **OPENED | {"fromPort": 0, "toPort": 0, "protocol": "-1"}),
            _alongside(
                OLD_RULE, type="ingress", sourceSecurityGroupId="sg-of-somebody", fromPort=1, toPort=99
            ),
        )
    )
    + tuple(
        Case(
            right={"protocol": "HTTP", "port": 80, "defaultActions": [{"type": "forward"}]}, alongside=nobody
        )
        for nobody in (
            _alongside("vpc/SecurityGroupIngressRule", cidrIpv4="203.0.113.0/24", fromPort=5432, toPort=5432),
            _alongside(OLD_RULE, **OPENED | {"type": "egress", "fromPort": 80, "toPort": 80}),
            _alongside(
                "vpc/SecurityGroupIngressRule",
                securityGroupId="sg-api-server",
                referencedSecurityGroupId="sg-balancer",
                fromPort=80,
                toPort=80,
            )
            + _alongside("vpc/SecurityGroupEgressRule", securityGroupId="sg-balancer"),
        )
    ),
    "iam-no-wildcard-action": (
        Case(
            kind="iam/Role",
            right={"inlinePolicies": [_policy(Action=["s3:GetObject"], Resource="arn:b/*")]},
            wrong=({"inlinePolicies": [{"name": "none"}, _policy(Action="*", Resource="arn:b")]},),
        ),
    ),
    "iam-named-resources": (
        Case(
            kind="iam/Role",
            right={"inlinePolicies": [_policy(Action=["s3:GetObject"], Resource="arn:aws:s3:::b/*")]},
            wrong=({"inlinePolicies": [_policy(Action="s3:GetObject", Resource="*")]},),
        ),
        Case(
            right=_decrypt("arn:aws:secretsmanager:eu-west-1:123456789012:secret:sso-??????"),
            wrong=(
                _decrypt("arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"),
                _decrypt("*"),
                _policy(Action="kms:Decrypt", Resource=KEYS),
            ),
        ),
        *(
            Case(right=_policy(Action="x:Y", Resource=resource))
            for resource in (
                "arn:aws:ecs:eu-west-1:123456789012:task/airflow/*",
                "arn:aws:logs:eu-west-1:123456789012:log-group:airflow:*",
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:airflow/*",
                "arn:aws:iam::123456789012:role/airflow-*",
                "arn:aws:sqs:eu-west-1:123456789012:jobs",
            )
        ),
    ),
    "iam-no-escalation": (
        Case(
            kind="iam/Role",
            right={"inlinePolicies": []},
            wrong=({"inlinePolicies": [_policy(Action="iam:CreateAccessKey", Resource="arn:user")]},),
        ),
    ),
    "iam-no-broad-managed-policy": (
        Case(
            kind="iam/Role",
            right={"managedPolicyArns": ["arn:aws:iam::123456789012:policy/own"]},
            wrong=({"managedPolicyArns": ["arn:own", "arn:aws:iam::aws:policy/AdministratorAccess"]},),
        ),
    ),
    "iam-trust": (
        Case(right=_trust(Principal=ECS, Condition={"ArnLike": {"AWS:SourceArn": FROM_ECS}})),
        Case(
            right=_trust(Principal={"Federated": "arn:oidc"}, Condition={"StringEquals": {"oidc:sub": "a"}})
        ),
    ),
    "iam-resource-policy-not-public": (
        *(
            Case(
                kind=kind,
                right=_policy(Action=action, Principal={"AWS": "arn:aws:iam::123456789012:root"}),
                wrong=(_policy(Action=action, Principal={"AWS": "*"}),),
            )
            for kind, action in (
                ("kms/KeyPolicy", "kms:Decrypt"),
                ("s3/BucketPolicy", "s3:GetObject"),
                ("ecr/RepositoryPolicy", "ecr:BatchGetImage"),
                ("secretsmanager/SecretPolicy", "secretsmanager:GetSecretValue"),
                ("sqs/QueuePolicy", "sqs:SendMessage"),
            )
        ),
        Case(kind="s3/BucketPolicy", right={"policy": json.dumps({"Statement": [TLS_POLICY]})}),
        Case(
            right=_policy(
                Action="kms:Decrypt",
                Principal="*",
                Condition={"StringEquals": {"kms:CallerAccount": "123456789012"}},
            )
        ),
    ),
}
"""Cases of a rule's other kinds of resources, and of other stacks."""
EVERY = [*CASES.items(), *((name, case) for name, cases in FURTHER.items() for case in cases)]
PROTECTED = "data-protected"
"""Judges an option of the resource, not its inputs: tested by itself."""
