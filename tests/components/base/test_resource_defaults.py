"""What a company asks of everything: bounds of roles, a key of its own. Under mocks; AWS is not asked."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.airflow_cluster import AirflowCluster
from components.model.aws.aws_access import AssumedRole, AwsAccess
from components.model.settings.settings import Executor, IamSettings, KmsSettings, Settings, VpcSettings
from tests.components.defaults import BOUNDARY, KEY, resource_defaults
from tests.helpers.pulumi_mocks import ACCOUNT, REGION, Recording, record

ALL_OF_IT = Settings(
    executor=Executor.CELERY,
    iam=IamSettings(permissions_boundary_arn=BOUNDARY, role_path="/data/"),
    kms=KmsSettings(key_arn=KEY),
    vpc=VpcSettings(flow_log_retention_days=7),
)
GOOD_KEY = {
    "enabled": True,
    "keyUsage": "ENCRYPT_DECRYPT",
    "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
    "keyState": "Enabled",
}


def _key(_: dict[str, Any]) -> dict[str, Any]:
    return GOOD_KEY


def _cluster(settings: Settings) -> Recording:
    return record(lambda: AirflowCluster("air", settings), answers={"aws:kms/getKey:getKey": _key})


@pytest.fixture(scope="module")
def bounded() -> Recording:
    """A cluster by all of a company's rules."""
    return _cluster(ALL_OF_IT)


def test_every_role_has_boundary_and_path(bounded: Recording) -> None:
    """Without them a company's own policies refuse the roles."""
    roles = bounded.all("iam/role:Role")
    assert len(roles) > 10
    assert {(one.inputs["permissionsBoundary"], one.inputs["path"]) for one in roles} == {
        (BOUNDARY, "/data/")
    }


def test_everything_stored_is_encrypted_with_the_companys_key(bounded: Recording) -> None:
    """Database, broker, buckets, secrets, logs and images: all that keeps something."""
    keys = {
        "rds/instance:Instance": "kmsKeyId",
        "elasticache/replicationGroup:ReplicationGroup": "kmsKeyId",
        "secretsmanager/secret:Secret": "kmsKeyId",
        "cloudwatch/logGroup:LogGroup": "kmsKeyId",
    }
    for kind, key in keys.items():
        assert bounded.all(kind)
        assert {one.inputs[key] for one in bounded.all(kind)} == {KEY}, kind
    (repository,) = bounded.all("ecr/repository:Repository")
    assert repository.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": KEY}]
    for one in bounded.all("BucketServerSideEncryptionConfiguration"):
        assert one.inputs["rules"][0]["applyServerSideEncryptionByDefault"] == {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": KEY,
        }
    assert not bounded.all("kms/key:Key")


def test_who_reads_what_is_encrypted_may_use_the_key(bounded: Recording) -> None:
    """ECS for the secrets, tasks for the buckets; else nothing would start."""
    policies = {one.name: json.loads(one.inputs["policy"])["Statement"] for one in bounded.all("RolePolicy")}
    using = {
        name for name, statements in policies.items() if any(KEY in one["Resource"] for one in statements)
    }
    assert {name for name in policies if name.endswith("-execution")} <= using
    assert {"air-worker-task", "air-triggerer-task", "air-api-server-task"} <= using


def test_without_any_of_it_aws_own_keys_serve() -> None:
    """No key is paid for that nobody asked for."""
    recording = _cluster(Settings())
    assert not recording.all("kms/key:Key")
    assert "kmsKeyId" not in recording.one("rds/instance:Instance").inputs


def test_a_key_of_the_clusters_own_serves_its_account_and_its_logs() -> None:
    """It rotates, is locked, and CloudWatch may use it for this account's log groups alone."""
    recording = _cluster(Settings(kms=KmsSettings(create_key=True)))
    key = recording.one("kms/key:Key")
    assert key.protect
    assert key.inputs["enableKeyRotation"] is True
    root, logs = json.loads(key.inputs["policy"])["Statement"]
    assert root["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    assert logs["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"}
    }
    assert recording.one("rds/instance:Instance").inputs["kmsKeyId"].endswith("Key/air-key")


def test_a_role_without_a_document_has_no_policy() -> None:
    """AWS refuses an empty one."""
    recording = record(
        lambda: resource_defaults().role("r", service="ecs-tasks.amazonaws.com", document=None, opts=None)  # pyright: ignore[reportArgumentType]
    )
    assert recording.names("iam/role:Role") == ["r"]
    assert not recording.all("RolePolicy")


def test_a_provider_passed_in_is_used_by_everything_of_aws() -> None:
    """Resources and look-ups alike; what this machine itself calls gets the access that goes with it."""
    role = AssumedRole(arn="arn:aws:iam::210987654321:role/deploy", external_id="agreed")

    def program() -> None:
        there = aws.Provider("there", region="eu-north-1", assume_roles=[{"role_arn": role.arn}])
        options = pulumi.ResourceOptions(provider=there)
        AirflowCluster("air", ALL_OF_IT, options, access=AwsAccess(roles=[role]))

    recording = record(program, answers={"aws:kms/getKey:getKey": _key})
    there = f"{recording.one('pulumi:providers:aws').urn}::there.id"
    made = {one.line: one.provider for one in recording.resources if one.type.startswith("aws:")}
    assert len(made) > 100
    assert set(made.values()) == {there}
    asked = {provider for token, provider in recording.asked if token.startswith("aws:")}
    assert asked == {there}
    accesses = [one.inputs["access"] for one in [*recording.all("OneOffTask"), *recording.all("Rollout")]]
    assert len(accesses) > 5
    assert all(access["roles"] == [{"arn": role.arn, "external_id": "agreed"}] for access in accesses)
    assert {access["account_id"] for access in accesses} == {ACCOUNT}
