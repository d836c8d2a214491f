# pyright: basic
# boto3's answers have no types.
"""KMS keys of log groups: whether CloudWatch Logs may use one, its policy says.

Not proved: what AWS itself answers, and that anything is encrypted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from .conftest import allow, key_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Stage

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group"
LOGS = {"Service": "logs.us-east-1.amazonaws.com"}
OTHER = {"AWS": "arn:aws:iam::123456789012:role/other"}
UNKNOWN = {"StringEquals": {"kms:RequestAlias": "alias/one"}}
"""A condition key of which it is not known whether a service's call has it."""


def key(stage: Stage, **given: Any) -> str:
    """Create a key and return its ARN."""
    return stage.kms.create_key(**given)["KeyMetadata"]["Arn"]


def key_of(stage: Stage, group: str) -> str | None:
    """Return the key that a log group is described with."""
    (found,) = stage.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return found.get("kmsKeyId")


def refusal(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    """Call and return code and message of the error."""
    with pytest.raises(ClientError) as error:
        call(**given)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def not_allowed(group: str) -> str:
    """Return AWS's message."""
    return (
        "The specified KMS key does not exist or is not allowed to be used with "
        f"Arn 'arn:aws:logs:us-east-1:123456789012:log-group:{group}'"
    )


@pytest.mark.conformance(
    operation="logs:AssociateKmsKey",
    says="A new key of a log group replaces the one that it has.",
    source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html",
)
def test_the_key_of_a_group_can_be_changed_and_removed(stage: Stage) -> None:
    """By the group's name or ARN; a new association replaces the old."""
    first, second = (key(stage, Policy=key_policy()) for _ in range(2))
    name = stage.name("/keys")
    stage.logs.create_log_group(logGroupName=name, kmsKeyId=first)
    assert key_of(stage, name) == first
    stage.logs.associate_kms_key(logGroupName=name, kmsKeyId=second)
    assert key_of(stage, name) == second
    stage.logs.disassociate_kms_key(logGroupName=name)
    assert key_of(stage, name) is None
    stage.logs.associate_kms_key(resourceIdentifier=f"{GROUP}:{name}", kmsKeyId=first)
    assert key_of(stage, name) == first
    stage.logs.disassociate_kms_key(resourceIdentifier=f"{GROUP}:{name}")
    stage.logs.disassociate_kms_key(logGroupName=name)
    assert key_of(stage, name) is None


@pytest.mark.conformance(
    operation="kms:CreateKey",
    says="A key is symmetric and for encryption unless another one is asked for.",
)
def test_a_key_encrypts_by_default(stage: Stage) -> None:
    """Its description names what it is for."""
    described = stage.kms.describe_key(KeyId=key(stage))["KeyMetadata"]
    assert (described["KeyUsage"], described["KeySpec"]) == ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")


@pytest.mark.conformance(
    operation="logs:CreateLogGroup",
    says="A key's policy has to let CloudWatch Logs of the region use the key for the log group.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
)
@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (None, False),
        (key_policy(), True),
        (key_policy(service=["rds.amazonaws.com", LOGS["Service"]], action="kms:*"), True),
        (key_policy(groups="/keys-of-policies"), True),
        (key_policy(groups="/keys-of-others"), False),
        (key_policy(service="logs.eu-west-1.amazonaws.com"), False),
        (key_policy(service="logs.amazonaws.com"), False),
        (key_policy(action=["kms:Encrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*"]), False),
        (key_policy(action=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*"]), False),
        (key_policy(others=[allow("kms:Decrypt") | {"Effect": "Deny", "Principal": "*"}]), False),
        (key_policy(others=[allow("kms:*", Condition=UNKNOWN) | {"Principal": OTHER}]), True),
    ],
    ids=[
        "the default policy",
        "AWS's example",
        "one of several services",
        "for this group only",
        "for another group only",
        "of another region",
        "without a region",
        "without Decrypt",
        "without GenerateDataKey",
        "with a Deny for everybody",
        "with a condition for another role",
    ],
)
def test_a_key_needs_a_policy_that_lets_cloudwatch_logs_use_it(
    stage: Stage, policy: str | None, *, allowed: bool
) -> None:
    """For a new log group and for one that exists, which keeps the key that it has."""
    given = key(stage, **({"Policy": policy} if policy else {}))
    good, name, old = key(stage, Policy=key_policy()), "/keys-of-policies", stage.name("/keys-before")
    stage.logs.create_log_group(logGroupName=old, kmsKeyId=good)
    if allowed:
        stage.logs.create_log_group(logGroupName=name, kmsKeyId=given)
        stage.logs.delete_log_group(logGroupName=name)
        return
    for call, group in ((stage.logs.create_log_group, name), (stage.logs.associate_kms_key, old)):
        refused = refusal(call, logGroupName=group, kmsKeyId=given)
        assert refused == ("AccessDeniedException", not_allowed(group))
    assert key_of(stage, old) == good
    assert not stage.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]


@pytest.mark.conformance(
    operation="logs:AssociateKmsKey",
    says="A key that does not exist or is disabled is an error.",
    source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html",
    error="InvalidParameterException",
)
def test_a_key_that_logs_cannot_use_is_a_wrong_parameter(stage: Stage) -> None:
    """A missing, disabled, deleted or asymmetric key, and what is not the ARN of a key."""
    name, good = stage.name("/keys"), key(stage, Policy=key_policy())
    stage.logs.create_log_group(logGroupName=name)

    def refused(given: str) -> str:
        code, message = refusal(stage.logs.associate_kms_key, logGroupName=name, kmsKeyId=given)
        assert code == "InvalidParameterException"
        assert refusal(stage.logs.create_log_group, logGroupName=f"{name}-new", kmsKeyId=given)[0] == code
        return message

    key_id = good.rpartition("/")[2]
    missing = f"{good.rpartition('/')[0]}/00000000-0000-4000-8000-000000000000"
    for given in (missing, key_id, good.replace("us-east-1", "eu-west-1")):
        assert refused(given) == "The specified KMS Key Id could not be found."
    asymmetric = key(stage, Policy=key_policy(), KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    assert refused(asymmetric) == not_allowed(name)
    stage.kms.disable_key(KeyId=key_id)
    assert refused(good) == not_allowed(name)
    stage.kms.enable_key(KeyId=key_id)
    stage.logs.associate_kms_key(logGroupName=name, kmsKeyId=good)
    stage.kms.schedule_key_deletion(KeyId=key_id)
    assert refused(good) == not_allowed(name)


@pytest.mark.conformance(
    operation="logs:DisassociateKmsKey",
    says="A request names a log group, by its name or by its ARN, but not by both.",
    source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DisassociateKmsKey.html",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="logs:AssociateKmsKey",
    says="A log group that does not exist is given no key.",
    source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html",
    error="ResourceNotFoundException",
)
@pytest.mark.conformance(
    operation="logs:DisassociateKmsKey",
    says="A log group that does not exist has no key to remove.",
    source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DisassociateKmsKey.html",
    error="ResourceNotFoundException",
)
def test_a_request_names_one_existing_group(stage: Stage) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DisassociateKmsKey.html."""
    name, good = stage.name("/keys"), {"kmsKeyId": key(stage, Policy=key_policy())}
    stage.logs.create_log_group(logGroupName=name)
    both: dict[str, str] = {"logGroupName": name, "resourceIdentifier": f"{GROUP}:{name}"}
    for call, more in ((stage.logs.associate_kms_key, good), (stage.logs.disassociate_kms_key, {})):
        for given in ({}, both):
            assert refusal(call, **given, **more)[0] == "InvalidParameterException"
        for given in ({"logGroupName": f"{name}-none"}, {"resourceIdentifier": f"{GROUP}:{name}-none"}):
            assert refusal(call, **given, **more) == (
                "ResourceNotFoundException",
                "The specified log group does not exist.",
            )


def test_a_policy_that_cannot_be_evaluated_is_an_error(stage: Stage) -> None:
    """It is neither allowed nor refused: AWS may do either."""
    unknown = allow("kms:Decrypt", Condition=UNKNOWN) | {"Effect": "Deny", "Principal": LOGS}
    given = key(stage, Policy=key_policy(others=[unknown]))
    code, message = refusal(stage.logs.create_log_group, logGroupName=stage.name("/keys"), kmsKeyId=given)
    assert (code, "kms:requestalias" in message) == ("NotImplemented", True)
