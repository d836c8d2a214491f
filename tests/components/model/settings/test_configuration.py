"""From a stack's text to settings: every key right and wrong, every misspelling, all errors at once."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.model.settings import configuration
from components.model.settings.errors import SettingsError, stack_key
from components.model.settings.setting import value_at
from components.model.settings.settings import Executor, Nat, Settings

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/8c0e4f2a"
CELERY = {"executor": "CeleryExecutor"}
ECS = {"executor": "LocalExecutor,AwsEcsExecutor"}
HTTPS = {"loadBalancerCertificateArn": CERTIFICATE}
KEY = "arn:aws:kms:us-east-1:123456789012:key/4c1b"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
DATABASE_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-36d996b5-9c1e-dC7gzB"
"""As RDS names the secret of a password that it manages."""
DATABASE = {"databaseHost": "db.example.com", "databaseSecretArn": DATABASE_SECRET}
VPC = {
    "vpcId": "vpc-0a1b",
    "vpcPublicSubnetIds": '["subnet-0a", "subnet-0b"]',
    "vpcPrivateSubnetIds": '["subnet-1a", "subnet-1b"]',
}
PROXY = {"proxyUrl": "http://proxy.example.com:3128"}
CLIENT_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:airflow/oidc-AbCdEf"
OIDC = {
    "loadBalancerOidcIssuerUrl": "https://id.example",
    "loadBalancerOidcAuthorizationUrl": "https://id.example/authorize",
    "loadBalancerOidcTokenUrl": "https://id.example/token",
    "loadBalancerOidcUserInfoUrl": "https://id.example/userinfo",
    "loadBalancerOidcClientId": "airflow",
    "loadBalancerOidcClientSecretArn": CLIENT_SECRET.replace("airflow", "alb"),
}
SSO = {
    "ssoIssuerUrl": "https://id.example",
    "ssoClientId": "airflow",
    "ssoClientSecretArn": CLIENT_SECRET,
    "ssoGroupRoles": '{"airflow-admins": "Admin"}',
}

RIGHT_AND_WRONG = {
    "executor": (
        "CeleryExecutor,big:AwsEcsExecutor",
        "KubernetesExecutor",
        "must be one of LocalExecutor, CeleryExecutor, AwsEcsExecutor, or several with commas between",
    ),
    "ecsTaskEphemeralStorageGib": ("200", "201", "must be from 20 to 200; got 201"),
    "ecsTaskSpotPercent": ("75", "101", "must be from 0 to 100; got 101"),
    "ecsTaskArchitecture": ("x86_64", "arm64", "must be x86_64 or ARM64, or empty; got 'arm64'"),
    "ecsTaskCpuUnits": (
        "2048",
        "1000",
        "must be one of 256, 512, 1024, 2048, 4096, 8192, 16384; got 1000",
    ),
    "ecsTaskMemoryMib": ("4096", "2500", "got 2500. Nearest: 2048, or change ecsTaskCpuUnits"),
    "architecture": ("ARM64", "arm64", "must be one of x86_64, ARM64; got 'arm64'. Did you mean ARM64?"),
    "asleep": ("true", "yes", "must be true or false; got 'yes'"),
    "schedulerStopped": ("true", "yes", "must be true or false; got 'yes'"),
    "protectData": ("false", "no", "must be true or false; got 'no'"),
    "discardData": ("true", "no", "must be true or false; got 'no'"),
    "singleTask": ("true", "all", "must be true or false; got 'all'"),
    "availabilityZoneCount": ("3", "1", "must be from 2 to 4; got 1"),
    "vpcCidr": ("10.0.0.0/20", "10.0.0.0/28", "is too small for 4 subnets of at least /27; got"),
    "nat": ("perZone", "per-zone", "must be one of none, single, perZone; got 'per-zone'. Did you mean"),
    "imageUri": ("repo/airflow@sha256:00", "my image", "must be an image reference without spaces; got"),
    "imageBase": ("docker.io/library/python:3.13-slim", "", "must be an image reference without spaces; got"),
    "databaseInstanceClass": ("db.m7g.large", "m7g.large", "must be an RDS instance class such as"),
    "databaseEngineVersion": ("16", "9.6", "must be 14 to 18; got '9.6'"),
    "databaseStorageGib": ("50", "10", "must be from 20 to 65536; got 10"),
    "databaseMaxStorageGib": ("20", "21", "must be databaseStorageGib (20) or at least a tenth more"),
    "databaseMultiAz": ("true", "True", "must be true or false; got 'True'"),
    "databaseBackupDays": ("0", "36", "must be from 0 to 35; got 36"),
    "databaseMonitoringSeconds": ("60", "20", "must be one of 0, 1, 5, 10, 15, 30, 60; got 20"),
    "databaseInsights": ("true", "on", "must be true or false; got 'on'"),
    "databaseSslMode": ("require", "prefer", "must be one of verify-full, require; got 'prefer'"),
    "databaseMaintenanceAfterDays": ("90", "6", "must be 0 or from 7 to 3650; got 6"),
    "databaseMaintenanceSchedule": (
        "rate(7 days)",
        "17 4 * * *",
        "must be cron(...) with six fields, or rate(",
    ),
    "broker": ("sqs", "sns", "must be one of redis, rabbitmq, sqs; got 'sns'. Did you mean sqs?"),
    "brokerEngine": ("redis", "rabbitmq", "must be one of valkey, redis; got 'rabbitmq'"),
    "brokerNodeType": ("cache.r7g.large", "db.t4g.micro", "must be an ElastiCache node type such as"),
    "brokerEngineVersion": ("8.1", "6.2", "must be 7, 8, 9 with brokerEngine valkey; got"),
    "brokerReplicaCount": ("1", "6", "must be from 0 to 5; got 6"),
    "brokerRabbitmqEngineVersion": ("3.13", "3.12", "must be one of 3.13, 4.2; got '3.12'"),
    "brokerRabbitmqInstanceType": (
        "mq.m7g.large",
        "mq.t3.micro",
        "must be one of mq.m7g.medium, mq.m7g.large",
    ),
    "brokerRabbitmqCluster": ("true", "yes", "must be true or false; got 'yes'"),
    "brokerRabbitmqMaintenanceWindow": (
        "friday 23:30",
        "23:30",
        "must be a day and a time such as sunday 03:00",
    ),
    "loadBalancerPort": ("8080", "0", "must be from 1 to 65535; got 0"),
    "loadBalancerAllowedCidrs": ('["203.0.113.0/24"]', '["203.0.113.1/24"]', "must hold IPv4 networks such"),
    "loadBalancerInternal": ("true", "1", "must be true or false; got '1'"),
    "loadBalancerNlb": ("true", "nlb", "must be true or false; got 'nlb'"),
    "loadBalancerNlbAllocationIds": (
        '["eipalloc-0a", "eipalloc-0b"]',
        '["192.0.2.1"]',
        "must hold allocation ids of Elastic IP addresses, eipalloc-...; got",
    ),
    "loadBalancerCertificateArn": (
        CERTIFICATE,
        "my-certificate",
        "must be the ARN of an ACM certificate; got",
    ),
    "loadBalancerSslPolicy": (
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
        "TLS 1.3",
        "must be the name of a policy, ELBSecurityPolicy-...",
    ),
    "loadBalancerLogsBucket": ("company-access-logs", "Access_Logs", "must be the name of a bucket; got"),
    "loadBalancerWebAclArn": (
        "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/company/1",
        "company",
        "must be the ARN of a web ACL; got",
    ),
    "loadBalancerIdleTimeoutSeconds": ("300", "4001", "must be from 1 to 4000; got 4001"),
    "loadBalancerOidcIssuerUrl": ("https://id.example/", "id.example", "must be an https:// URL without"),
    "loadBalancerOidcAuthorizationUrl": (
        "https://id.example/a",
        "http://id.example/a",
        "must be an https://",
    ),
    "loadBalancerOidcTokenUrl": ("https://id.example/t", "/oauth2/token", "must be an https:// URL without"),
    "loadBalancerOidcUserInfoUrl": (
        "https://id.example/u",
        "https://id.example/u?a=b",
        "without login and query; got",
    ),
    "loadBalancerOidcClientId": ("0oa1", "a b", "must be a client id without spaces; got 'a b'"),
    "loadBalancerOidcClientSecretArn": (
        CLIENT_SECRET,
        "hunter2",
        "must be the ARN of a Secrets Manager secret",
    ),
    "loadBalancerOidcScopes": ('["openid", "email"]', '["email"]', "must hold openid; got"),
    "loadBalancerOidcSessionHours": ("8", "169", "must be from 1 to 168; got 169"),
    "ssoIssuerUrl": ("https://id.example/tenant", "http://id.example", "must be an https:// URL without"),
    "ssoClientId": ("0oa1", "a b", "must be a client id without spaces; got 'a b'"),
    "ssoClientSecretArn": (CLIENT_SECRET, "hunter2", "must be the ARN of a Secrets Manager secret"),
    "databaseSnapshotIdentifier": ("airflow-prod-backup-1", "a--b", "must be an identifier of a snapshot"),
    "databaseFernetKeySecretArn": (CLIENT_SECRET, "hunter2", "must be the ARN of a Secrets Manager secret"),
    "ssoScopes": ('["openid", "groups"]', '["groups"]', "must hold openid; got"),
    "ssoUsernameClaim": ("email", "", "must be the name of a claim; got ''"),
    "ssoGroupsClaims": ('["cognito:groups"]', '["a b"]', "[0] must be the name of a claim; got 'a b'"),
    "ssoGroupRoles": (
        '{"airflow-viewers": "Viewer"}',
        '{"a": "Root"}',
        ".a must be one of Admin, Op, User, Viewer, Public; got 'Root'",
    ),
    "ssoDefaultRole": ("Viewer", "viewer", "must be one of Admin, Op, User, Viewer, Public, or empty; got"),
    "ssoPasswordTokens": ("false", "no", "must be true or false; got 'no'"),
    "ssoSessionHours": ("24", "0", "must be from 1 to 720; got 0"),
    "workerConcurrency": ("8", "257", "must be from 0 to 256; got 257"),
    "parallelism": ("64", "-1", "must be from 0 to 1024; got -1"),
    "maxTaskDurationHours": ("47", "48", "must be from 1 to 47; got 48"),
    "dagSource": ("bundle", "git", "must be one of image, bundle; got 'git'"),
    "dagRefreshSeconds": ("300", "0", "must be from 1 to 300; got 0"),
    "rolloutSettlingSeconds": ("0", "601", "must be from 0 to 600; got 601"),
    "schedulerIdleSleepMilliseconds": ("50", "0.1", "must be a whole number; got '0.1'"),
    "adminUsername": ("ada", "ada lovelace", "must be 1 to 64 of A-Z a-z 0-9 . _ @ -; got 'ada lovelace'"),
    "adminEmail": ("ada@example.org", "ada", "must be an e-mail address; got 'ada'"),
    "containerInsights": ("true", "yes", "must be true or false; got 'yes'"),
    "vpcId": ("vpc-0c2d", "my-vpc", "must be the id of a VPC, vpc-...; got"),
    "vpcTag": ("Name=data", "data", "must be a tag, key=value; got"),
    "vpcPublicSubnetIds": (
        '["subnet-2a", "subnet-2b"]',
        '["public"]',
        "must hold ids of subnets, subnet-...;",
    ),
    "vpcPublicSubnetTag": ("Tier=public", "=public", "must be a tag, key=value; got"),
    "vpcPrivateSubnetIds": (
        '["subnet-2a", "subnet-2b"]',
        '["private"]',
        "must hold ids of subnets, subnet-...;",
    ),
    "vpcPrivateSubnetTag": ("Tier=private", "Tier", "must be a tag, key=value; got"),
    "imageRepository": ("team/airflow", "Team", "must be the name of an ECR repository; got"),
    "imagePullAccountIds": ('["210987654321"]', '["42"]', "must hold AWS account ids of 12 digits; got"),
    "imagePackageIndexUrl": (
        "https://packages.example.com/simple/",
        "https://packages.example.com/simple/?token=secret",
        "must be a URL without a password or query; got",
    ),
    "imageSourceUrl": (
        "https://git.example.com/data/airflow",
        "git@git.example.com:data/airflow",
        "must be a URL without a password; got",
    ),
    "proxyUrl": ("http://proxy.example.com:3128", "http://me:pw@proxy", "must be a URL such as http://proxy"),
    "proxyExceptions": ('[".amazonaws.com"]', '["a b"]', "must hold host names, domains or networks; got"),
    "kmsKeyArn": (KEY, "alias/data", "must be the ARN of a KMS key; got"),
    "kmsCreateKey": ("true", "on", "must be true or false; got"),
    "iamPermissionsBoundaryArn": (BOUNDARY, "boundary", "must be the ARN of an IAM policy; got"),
    "iamRolePath": ("/data/airflow/", "data", "must be a path that starts and ends with a slash, such as"),
    "iamExtraStatements": (
        '{"worker": [{"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:q"}]}',
        '{"worker": [{"Action": "sqs:SendMessage"}]}',
        (
            ".worker[0] must be a statement with Action and Resource, and Effect, Condition or Sid; got "
            "{'Action'"
        ),
    ),
    "databaseAllowedSecurityGroupIds": (
        '["sg-0a"]',
        '["reports"]',
        "must hold ids of security groups, sg-...;",
    ),
    "databaseHost": ("postgres.example.com", "postgres/airflow", "must be a host name; got"),
    "databasePort": ("6432", "0", "must be from 1 to 65535; got"),
    "databaseName": ("airflow_data", "data-base", "must be 1 to 51 of A-Z a-z 0-9 _, no digit first; got"),
    "databaseSecretArn": (
        DATABASE_SECRET + "z",
        "airflow",
        "must be the ARN of a Secrets Manager secret; its value is not shown",
    ),
    "loadBalancerAllowedSecurityGroupIds": (
        '["sg-0a"]',
        '["vpn"]',
        "must hold ids of security groups, sg-...",
    ),
    "loadBalancerDomain": ("airflow.example.com", "Airflow", "must be a domain in small letters; got"),
    "loadBalancerHostedZoneId": ("Z0123", "example.com", "must be the id of a Route 53 zone, Z...; got"),
    "brokerTokenNames": ('["2", "1"]', "[]", "must hold 1 to 2 different names of 1 to 16 of"),
    "databasePasswordNames": (
        '["2", "1"]',
        "[]",
        "must hold 1 to 2 different names of 1 to 16 of",
    ),
    "adminPasswordName": ("2", "First", "must be 1 to 16 of a-z 0-9; got 'First'"),
    "apiSecretKeyName": ("2", "", "must be 1 to 16 of a-z 0-9; got ''"),
    "fernetKeyNames": ('["2", "1"]', "[]", "must hold 1 to 3 different names of 1 to 16 of a-z 0-9; got []"),
    "jwtKeyNames": ('["2", "1"]', '["One"]', "must hold 1 to 3 different names of 1 to 16 of a-z 0-9; got"),
    "namePrefix": (
        "data",
        "Data",
        "must be 1 to 16 of a-z 0-9, with single hyphens between, a letter first; got",
    ),
    "taskSecurityGroupIds": ('["sg-0a"]', '["databases"]', "must hold ids of security groups, sg-...; got"),
    "airflowSettings": (
        '{"AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": "4"}',
        '{"core.max_active_runs_per_dag": "4"}',
        "must hold names such as AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG; got 'core.max_active_runs_per_dag'",
    ),
    "extraEnvironment": (
        '{"all": {"TEAM": "data"}}',
        '{"all": {"TEAM": null}}',
        ".all.TEAM must be a string; got None. Put it in quotes",
    ),
    "extraSecrets": (
        json.dumps({"worker": {"WAREHOUSE_PASSWORD": DATABASE_SECRET + ":password::"}}),
        '{"worker": {"WAREHOUSE_PASSWORD": "hunter2"}}',
        (
            ".worker.WAREHOUSE_PASSWORD must be the ARN of a Secrets Manager secret or SSM parameter; its "
            "value is not shown"
        ),
    ),
    "logsBucket": ("company-logs", "Company_Logs", "must be the name of a bucket; got"),
    "secretsBackendPrefix": ("airflow/prod", "airflow/*", "must be the beginning of secrets' names such as"),
    "logsEvents": ("false", "no", "must be true or false; got 'no'"),
    "alarmsEmails": ('["team@example.com"]', '["team"]', "must hold e-mail addresses; got"),
    "alarmsTopicArn": (
        "arn:aws:sns:us-east-1:123456789012:on-call",
        "on-call",
        "must be the ARN of an SNS topic; got 'on-call'",
    ),
    "alarmsFailedTasks": ("1", "10001", "must be from 0 to 10000; got 10001"),
    "alarmsDashboard": ("true", "yes", "must be true or false; got 'yes'"),
    "logsRetentionDays": ("14", "15", "must be one of 1, 3, 5, 7, 14, 30,"),
    "vpcFlowLogRetentionDays": ("30", "31", "got 31. Nearest: 30"),
    "policyEnforcement": ("mandatory", "strict", "must be one of advisory, mandatory; got 'strict'"),
    "policyHardened": ("true", "yes", "must be true or false; got 'yes'"),
}
WORKER_GROUPS = """[
  {"name": "small", "queues": ["default"], "spotPercent": 75, "onDemandBase": 1, "count": 4},
  {"name": "large", "queues": ["large", "default"], "cpuUnits": 4096, "memoryMib": "8192",
   "ephemeralStorageGib": 100, "environment": {"BATCH_SIZE": 500},
   "extraStatements": [{"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:large"}]}
]"""
RIGHT_AND_WRONG["workerGroups"] = (WORKER_GROUPS, '["large"]', "must be a list of mappings; got")
for _role in ("apiServer", "scheduler", "dagProcessor", "triggerer", "worker", "flower"):
    RIGHT_AND_WRONG.update(
        {
            f"{_role}CpuUnits": (
                "2048",
                "1000",
                "must be one of 256, 512, 1024, 2048, 4096, 8192, 16384; got 1000",
            ),
            f"{_role}MemoryMib": ("4096", "2500", f"got 2500. Nearest: 2048, or change {_role}CpuUnits"),
            f"{_role}Count": ("3", "101", "must be from 0 to 100; got 101"),
            f"{_role}ScaledExternally": ("true", "yes", "must be true or false; got 'yes'"),
            f"{_role}Spot": ("true", "always", "must be true or false; got 'always'"),
        }
    )
ANY_TEXT = {"airflowResourcesFile", "imageExtraCaFile"}
"""A path: whether the file is there is seen where the project's folder is known."""


EXISTING = {
    "dagRefreshSeconds": {"dagSource": "bundle"},
    "discardData": {"protectData": "false"},
    "singleTask": {"apiServerMemoryMib": "4096"},
    "databaseMaintenanceSchedule": {"databaseMaintenanceAfterDays": "90"},
    "loadBalancerSslPolicy": HTTPS,
    "loadBalancerHostedZoneId": {"loadBalancerDomain": "airflow.example.com"},
    "loadBalancerNlbAllocationIds": {"loadBalancerNlb": "true"} | VPC,
    "proxyExceptions": PROXY,
    **dict.fromkeys(("databaseHost", "databasePort", "databaseName", "databaseSecretArn"), DATABASE),
}
"""What a key needs."""


def surroundings(key: str) -> dict[str, str]:
    """What must be set besides, so that only the value of this key can be wrong."""
    around = dict(ECS if key.startswith("ecsTask") else CELERY)
    if key.endswith("CpuUnits"):
        around[key.replace("CpuUnits", "MemoryMib")] = "4096"
    if key.endswith("MemoryMib"):
        around[key.replace("MemoryMib", "CpuUnits")] = "1024"
    around |= EXISTING.get(key, {})
    if key.startswith("brokerRabbitmq"):
        around |= {"broker": "rabbitmq"}
    if key.startswith("vpc") and key != "vpcCidr":
        around |= VPC
        around.pop({"vpcTag": "vpcId"}.get(key, key.replace("SubnetTag", "SubnetIds")), None)
    if key.startswith("loadBalancerOidc"):
        around |= HTTPS | OIDC
    if key.startswith("sso"):
        around |= HTTPS | SSO
    return {other: text for other, text in around.items() if other != key}


@pytest.mark.parametrize("text", ["[]", '["1", "2", "3", "4"]', '["1", "1"]', '["a-b"]', '[""]'])
def test_key_pairs_have_names_that_resources_can_have(text: str) -> None:
    """At least one signs, and no key is trusted for ever."""
    (line,) = _errors({"jwtKeyNames": text})
    assert line.startswith("jwtKeyNames must hold 1 to 3 different names")


def _errors(raw: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as stopped:
        configuration.parse(raw)
    return stopped.value.lines(stack_key)


@pytest.mark.parametrize("key", [*configuration.DECLARED])
def test_no_message_has_the_login_of_a_url(key: str) -> None:
    """Whatever it was meant for, and whatever it has in it; nor what stands where a secret's ARN should."""
    for url in ("https://me:hunter2@index.example/", "https://me:hun ter2'/hunter2@index.example"):
        for text in (
            url,
            json.dumps([url]),
            json.dumps({url: url}),
            json.dumps({"all": {"X": url}}),
            f"[{url}",
        ):
            try:
                configuration.parse({**surroundings(key), key: text})
            except SettingsError as error:
                lines = "".join(error.lines(stack_key))
                assert "ter2" not in lines


@pytest.mark.parametrize("key", [one for one in configuration.DECLARED if one.endswith("SecretArn")])
def test_no_message_has_what_should_be_in_a_secret(key: str) -> None:
    """Somebody wrote the password where its ARN should be."""
    (line,) = _errors({**surroundings(key), key: "hunter2"})
    assert line == f"{key} must be the ARN of a Secrets Manager secret; its value is not shown"


def test_the_tables_below_know_every_key() -> None:
    """A new setting needs a line here."""
    assert {*RIGHT_AND_WRONG, *ANY_TEXT} == set(configuration.DECLARED)


@pytest.mark.parametrize("key", RIGHT_AND_WRONG)
def test_a_right_value_is_taken(key: str) -> None:
    """The value lands in the field of the key, in the field's type, and nowhere else."""
    text, _, _ = RIGHT_AND_WRONG[key]
    around = surroundings(key)
    settings = configuration.parse(around | {key: text})
    changed = {
        one.key: value_at(settings, one.path)
        for one in configuration.DECLARED.values()
        if value_at(settings, one.path) != one.default and one.key not in around
    }
    assert list(changed) == [key]
    assert type(changed[key]) is configuration.DECLARED[key].type
    if key == "workerGroups":  # `test_worker_group.py` has them key by key
        return
    assert text in (str(changed[key]), str(changed[key]).lower(), json.dumps(changed[key]))


def test_what_pulumi_config_set_writes_without_quotes_is_a_string() -> None:
    """`pulumi config set --path 'imagePullAccountIds[0]' 123456789012` writes a number into the file."""
    settings = configuration.parse(
        {
            "executor": "CeleryExecutor",
            "imagePullAccountIds": "[123456789012]",
            "airflowSettings": '{"AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": 4, "AIRFLOW__CORE__X": false}',
            "extraEnvironment": '{"worker": {"BATCH_SIZE": 500, "SHARE": 1.10}}',
        }
    )
    assert settings.image.pull_account_ids == ("123456789012",)
    assert settings.airflow_settings == {
        "AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": "4",
        "AIRFLOW__CORE__X": "false",
    }
    assert settings.extra_environment == {"worker": {"BATCH_SIZE": "500", "SHARE": "1.10"}}


@pytest.mark.parametrize("key", RIGHT_AND_WRONG)
def test_a_wrong_value_is_refused(key: str) -> None:
    """One error, which begins with the key and says rule and value."""
    _, text, message = RIGHT_AND_WRONG[key]
    (error,) = _errors(surroundings(key) | {key: text})
    assert re.match(rf"{key}[ .\[]", error)
    assert message in error
    _, shown, value = error.partition("got ")
    assert shown or error.endswith("; its value is not shown")
    if shown and not _holds_mappings(key):  # of which the error names the wrong part
        assert re.sub("me:pw", "***", text).strip('["]') in value


NOT_TEXT = [one.key for one in configuration.DECLARED.values() if one.type is not str]


@pytest.mark.parametrize("key", NOT_TEXT)
def test_a_value_of_another_type_is_refused(key: str) -> None:
    """Text where a number, a truth value, a list or a name of few belongs.

    Where a mapping belongs, it may be a secret in the wrong place, and is not repeated.
    """
    (error,) = _errors(surroundings(key) | {key: '"text"'})
    assert error.startswith(f"{key} must be ")
    assert ("; got a string" if _holds_mappings(key) else """; got '"text"'""") in error
    assert ("text" in error) != _holds_mappings(key)


def _holds_mappings(key: str) -> bool:
    declared = configuration.DECLARED[key]
    return declared.type is dict or declared.items is not str


@pytest.mark.parametrize("key", ["extraEnvironment", "extraSecrets"])
def test_what_stands_where_a_service_belongs_is_not_repeated(key: str) -> None:
    """Who forgets that both are by service has written a variable there, and its value."""
    assert not any("hunter2" in error for error in _errors({key: '{"API_TOKEN": "hunter2"}'}))


@st.composite
def _misspelt(draw: st.DrawFn) -> tuple[str, str]:
    key = draw(st.sampled_from(sorted(configuration.DECLARED)))
    place = draw(st.integers(1, len(key) - 2))
    head, letter, tail = key[:place], key[place], key[place + 1 :]
    wrong = draw(
        st.sampled_from(
            [head + tail, head + letter * 2 + tail, head + tail[0] + letter + tail[1:], f"{head}x{tail}"]
        )
    )
    return key, wrong


@given(spelt=_misspelt())
def test_a_misspelt_key_is_refused_with_the_right_one(spelt: tuple[str, str]) -> None:
    """A letter lost, doubled, swapped or mistaken: no key of all is close enough to slip through."""
    key, wrong = spelt
    assume(wrong not in configuration.DECLARED)
    assert _errors({wrong: "1"}) == [f"{wrong} is not a setting. Did you mean {key}?"]


def test_a_key_like_no_other_gets_the_list() -> None:
    """A wrong hint is worse than none."""
    assert _errors({"zzz": "1"}) == ["zzz is not a setting. docs/configuration.md lists all keys"]


def test_all_errors_are_reported_at_once() -> None:
    """Nobody has to run `up` ten times to hear ten things."""
    errors = _errors(
        {
            "wrokerCount": "5",
            "schedulerMemoryMib": "1536",
            "vpcCidr": "10.20.0.0/26",
            "nat": "Single",
            "workerCount": "2",
            "flowerCount": "1",
            "loadBalancerSslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
            "loadBalancerAllowedCidrs": '["0.0.0.0/0"]',
            "protectData": "maybe",
            "logsRetentionDays": "15",
        }
    )
    keys = [error.split(" ", 1)[0] for error in errors]
    assert sorted(keys) == [
        "flowerCount",
        "loadBalancerAllowedCidrs",
        "loadBalancerSslPolicy",
        "logsRetentionDays",
        "nat",
        "protectData",
        "schedulerMemoryMib",
        "vpcCidr",
        "workerCount",
        "wrokerCount",
    ]


BAD_INPUT = [
    ({"worker_count": "5"}, "worker_count is not a setting. Did you mean workerCount?"),
    (
        {"schedulerMemoryMib": "1536"},
        (
            "schedulerMemoryMib must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 for 1024 CPU units; "
            "got 1536. Nearest: 2048, or change schedulerCpuUnits"
        ),
    ),
    ({"vpcCidr": "10.20.0.0/99"}, "vpcCidr must be an IPv4 network such as 10.20.0.0/16; got '10.20.0.0/99'"),
    (
        {"vpcCidr": "10.20.0.0/26"},
        "vpcCidr is too small for 4 subnets of at least /27; got '10.20.0.0/26'. Use a /24 or larger",
    ),
    (
        {"executor": "CelryExecutor"},
        (
            "executor must be one of LocalExecutor, CeleryExecutor, AwsEcsExecutor, or several with commas "
            "between; got 'CelryExecutor'. Did you mean CeleryExecutor?"
        ),
    ),
    (
        {"executor": "LocalExecutor,CeleryExecutor,small:LocalExecutor"},
        (
            "executor must name LocalExecutor once; got 'LocalExecutor,CeleryExecutor,small:LocalExecutor'. "
            "Airflow loads each executor once"
        ),
    ),
    (
        {"executor": "LocalExecutor;team1=CeleryExecutor"},
        (
            "executor must not name teams; got 'LocalExecutor;team1=CeleryExecutor'. Their tasks would share "
            "this cluster's network and roles. Deploy a stack for each team"
        ),
    ),
    (
        {"executor": "CeleryExecutor:LocalExecutor"},
        (
            "executor must have aliases of 1 to 64 of A-Z a-z 0-9 _ -, a letter first, that are no "
            "executor's name; got 'CeleryExecutor'"
        ),
    ),
    (
        {"executor": ":LocalExecutor"},
        (
            "executor must have aliases of 1 to 64 of A-Z a-z 0-9 _ -, a letter first, that are no "
            "executor's name; got ':'"
        ),
    ),
    (
        {"executor": "a:LocalExecutor,a:AwsEcsExecutor"},
        "executor must have each alias once; got 'a' twice. Rename one",
    ),
    (
        {"executor": "CeleryExecutor", "ecsTaskSpotPercent": "50"},
        (
            "ecsTaskSpotPercent needs executor AwsEcsExecutor; with CeleryExecutor it has no effect. "
            "Remove it, or set executor"
        ),
    ),
    (
        {"executor": "AwsEcsExecutor", "ecsTaskArchitecture": "ARM64"},
        (
            "ecsTaskArchitecture must be x86_64, for which the program builds the image; got ARM64. Remove "
            "it, or deploy an existing image for both (imageUri)"
        ),
    ),
    (
        {"workerCount": "2"},
        (
            "workerCount needs executor CeleryExecutor; with LocalExecutor it has no effect. "
            "Remove it, or set executor"
        ),
    ),
    (
        {"singleTask": "true", "apiServerMemoryMib": "4096", "dagProcessorMemoryMib": "2048"},
        (
            "dagProcessorMemoryMib has no effect with singleTask: the API server's task holds this service. "
            "Set apiServerMemoryMib instead, or remove singleTask"
        ),
    ),
    (
        {"singleTask": "true", "apiServerMemoryMib": "4096", "schedulerStopped": "true"},
        (
            "schedulerStopped has no effect with singleTask: the API server's task holds the scheduler. "
            "Set asleep instead, or remove one of the two"
        ),
    ),
    (
        {"singleTask": "true"},
        "apiServerMemoryMib must be at least 4096 with singleTask; got 2048",
    ),
    (
        {"brokerNodeType": "cache.t4g.small"},
        (
            "brokerNodeType needs executor CeleryExecutor; with LocalExecutor it has no effect. "
            "Remove it, or set executor"
        ),
    ),
    (
        {"loadBalancerSslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"},
        (
            "loadBalancerSslPolicy needs loadBalancerDomain or loadBalancerCertificateArn; both are empty. "
            "Set one, or remove loadBalancerSslPolicy"
        ),
    ),
    (
        {"loadBalancerAllowedCidrs": '["203.0.113.0/24", "0.0.0.0/0"]'},
        (
            "loadBalancerAllowedCidrs must not hold 0.0.0.0/0 without loadBalancerDomain or "
            "loadBalancerCertificateArn: the password would travel in plaintext, from more than a /16. Set "
            "one, or name the networks that may connect"
        ),
    ),
    (
        {"loadBalancerAllowedCidrs": '["10.0.0.0/8", "8.0.0.0/8"]'},
        "loadBalancerAllowedCidrs must not hold 8.0.0.0/8 without loadBalancerDomain or",
    ),
    (
        {"loadBalancerAllowedCidrs": '["8.8.0.0/16", "8.8.0.0/15"]'},
        "loadBalancerAllowedCidrs must not hold 8.8.0.0/15 without loadBalancerDomain or",
    ),
    (
        {"loadBalancerAllowedCidrs": '["128.0.0.0/1"]'},
        "loadBalancerAllowedCidrs must not hold 128.0.0.0/1 without loadBalancerDomain or",
    ),
    (
        {"loadBalancerAllowedCidrs": '["0.0.0.0/0.0.0.0"]'},
        "loadBalancerAllowedCidrs must hold IPv4 networks such as 203.0.113.0/24; got '0.0.0.0/0.0.0.0'",
    ),
    (
        {"loadBalancerAllowedCidrs": "203.0.113.0/24"},
        "loadBalancerAllowedCidrs must be a list of strings; got '203.0.113.0/24'",
    ),
    (SSO, "ssoIssuerUrl needs loadBalancerDomain or loadBalancerCertificateArn; both are empty, and a"),
    ({**HTTPS, **SSO, "ssoGroupRoles": "{}"}, "ssoGroupRoles must map a group to a role; got {}, and nobody"),
    ({**HTTPS, **SSO, "ssoClientSecretArn": ""}, "ssoClientSecretArn must be set with ssoIssuerUrl; got ''"),
    ({"ssoDefaultRole": "Viewer"}, "ssoDefaultRole needs ssoIssuerUrl, which is empty. Set it, or remove"),
    (OIDC, "loadBalancerOidcIssuerUrl needs loadBalancerDomain or loadBalancerCertificateArn; both are"),
    ({**HTTPS, **OIDC, "loadBalancerOidcTokenUrl": ""}, "loadBalancerOidcTokenUrl must be set with"),
    ({"loadBalancerOidcClientId": "a"}, "loadBalancerOidcClientId needs loadBalancerOidcIssuerUrl, which is"),
    (
        {"loadBalancerNlbAllocationIds": '["eipalloc-0a", "eipalloc-0b"]'},
        "loadBalancerNlbAllocationIds needs loadBalancerNlb true. Set it, or remove the ids",
    ),
    (
        {
            "loadBalancerNlb": "true",
            "loadBalancerInternal": "true",
            "loadBalancerNlbAllocationIds": '["eipalloc-0a", "eipalloc-0b"]',
        },
        "loadBalancerNlbAllocationIds has no effect with loadBalancerInternal true: public",
    ),
    (
        {
            "loadBalancerNlb": "true",
            "availabilityZoneCount": "3",
            "loadBalancerNlbAllocationIds": '["eipalloc-0a", "eipalloc-0b"]',
        },
        "loadBalancerNlbAllocationIds must hold one address for each zone, availabilityZoneCount (3)",
    ),
    (
        {
            "loadBalancerNlb": "true",
            "loadBalancerNlbAllocationIds": '["eipalloc-0a", "eipalloc-0a"]',
        },
        "loadBalancerNlbAllocationIds must hold each address once; got eipalloc-0a 2 times",
    ),
    (
        {**HTTPS, **OIDC, "loadBalancerNlb": "true", "nat": "none"},
        "loadBalancerOidcIssuerUrl needs nat single or perZone with loadBalancerInternal or",
    ),
    ({**CELERY, "workerCount": "0"}, "workerCount must be at least 1 with executor CeleryExecutor; got 0"),
    (
        {"schedulerCount": "0"},
        "schedulerCount must be at least 1; got 0. Airflow does not work without its scheduler",
    ),
    (
        {"databaseMaintenanceSchedule": "rate(7 days)"},
        (
            "databaseMaintenanceSchedule needs databaseMaintenanceAfterDays, which is 0. Set it, or "
            "remove the schedule"
        ),
    ),
    (
        {"databaseStorageGib": "200"},
        "databaseMaxStorageGib must be databaseStorageGib (200) or at least a tenth more",
    ),
]


@pytest.mark.parametrize(("raw", "message"), BAD_INPUT, ids=lambda value: str(value)[:40])
def test_an_error_has_key_rule_value_and_remedy(raw: dict[str, str], message: str) -> None:
    """What people get wrong, and the one line that they are told."""
    (error,) = _errors(raw)
    assert error.startswith(message)


def test_what_rests_on_an_unreadable_value_is_not_complained_about() -> None:
    """With a misspelt executor nobody knows whether worker settings make sense."""
    (error,) = _errors({"executor": "CelryExecutor", "workerCount": "2", "flowerCount": "1"})
    assert error.startswith("executor ")


def test_with_a_certificate_everybody_may_come() -> None:
    """The password is encrypted on its way."""
    settings = configuration.parse({**HTTPS, "loadBalancerAllowedCidrs": '["0.0.0.0/0"]'})
    assert settings.load_balancer.allowed_cidrs == ("0.0.0.0/0",)


def test_no_configuration_means_the_defaults() -> None:
    """A stack file needs only what differs."""
    settings = configuration.parse({})
    assert settings == Settings()
    assert (settings.executor, settings.nat, settings.protect_data) == (Executor.LOCAL, Nat.SINGLE, True)


def test_zero_and_empty_are_values() -> None:
    """Not the same as unset."""
    settings = configuration.parse({"databaseBackupDays": "0", "loadBalancerAllowedCidrs": "[]"})
    assert settings.database.backup_days == 0
    assert settings.load_balancer.allowed_cidrs == ()
