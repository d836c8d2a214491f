# pyright: basic
# boto3's answers have no types.
"""What ECS does for a task it does with the task's execution role: what that may not, fails the task.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import allow

if TYPE_CHECKING:
    from .conftest import Stage

LOGS = allow(["logs:CreateLogStream", "logs:PutLogEvents"])
SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval"


def ended(stage: Stage, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Run a task with an execution role of these statements."""
    return stage.run("print(os.environ.get('IT', 'done'))", execution_role=stage.role(*statements), **more)


def refusal(task: dict[str, Any], role: str = "role-") -> str:
    """Return the reason why a task did not start, which names the role's session."""
    assert task["stopCode"] == "TaskFailedToStart"
    assert (
        f"AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/{role}" in task["stoppedReason"]
    )
    return task["stoppedReason"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Log streams are created and written to with the execution role.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
)
def test_a_stream_that_may_not_be_made(stage: Stage) -> None:
    """The task does not start; with a right to make it and none to write, output is lost in silence."""
    reason = refusal(ended(stage, allow("logs:PutLogEvents")))
    assert reason.startswith("ResourceInitializationError: failed to validate logger args: create stream")
    assert "because no identity-based policy allows the logs:CreateLogStream action" in reason
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/stage"
    refusal(ended(stage, allow("logs:CreateLogStream", f"{group}-other:log-stream:*")))
    quiet = ended(stage, allow("logs:CreateLogStream", f"{group}:log-stream:*"))
    assert quiet["containers"][0]["exitCode"] == 0
    assert stage.output(ended(stage, LOGS)) == ["done"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Secrets are read with the execution role, which needs `kms:Decrypt` for a customer managed key.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
)
@pytest.mark.parametrize("kind", ["secret", "parameter"])
def test_a_secret_that_may_not_be_read(stage: Stage, kind: str) -> None:
    """Of Secrets Manager and of SSM, and the key that it is encrypted with."""
    name, key = stage.name(kind), stage.kms.create_key()["KeyMetadata"]["Arn"]
    if kind == "secret":
        action = "secretsmanager:GetSecretValue"
        arn = stage.secretsmanager.create_secret(Name=name, SecretString="s", KmsKeyId=key)["ARN"]
    else:
        action = "ssm:GetParameters"
        stage.ssm.put_parameter(Name=name, Value="s", Type="SecureString", KeyId=key)
        arn = f"arn:aws:ssm:us-east-1:123456789012:parameter/{name}"
    given = {"secrets": [{"name": "IT", "valueFrom": arn}]}
    reason = refusal(ended(stage, LOGS, **given))
    assert reason.startswith(SECRETS)
    assert f"is not authorized to perform: {action} on resource: {arn} because" in reason
    assert f"kms:Decrypt on resource: {key}" in refusal(ended(stage, LOGS, allow(action, arn), **given))
    named = "SecretARN" if kind == "secret" else "PARAMETER_ARN"
    context = {"StringEquals": {f"kms:EncryptionContext:{named}": arn}}
    read = ended(stage, LOGS, allow(action, arn), allow("kms:Decrypt", key) | {"Condition": context}, **given)
    assert stage.output(read)[0]


@pytest.mark.conformance(
    operation="secretsmanager:GetSecretValue",
    says="A tag that a secret does not have is an absent key: only negated conditions on it are met.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
)
def test_a_condition_on_a_tag_that_a_secret_does_not_have(stage: Stage) -> None:
    """As in the boundary of a stack's roles, which tells the secrets of RDS apart by such a tag."""
    arn = stage.secretsmanager.create_secret(
        Name=stage.name("secret"), SecretString="s", Tags=[{"Key": "team", "Value": "data"}]
    )["ARN"]
    given = {"secrets": [{"name": "IT", "valueFrom": arn}]}
    read = allow("secretsmanager:GetSecretValue", arn)

    def tagged(operator: str, key: str, value: str) -> dict[str, Any]:
        return {"Condition": {operator: {f"aws:ResourceTag/{key}": value}}}

    assert stage.output(ended(stage, LOGS, read | tagged("StringEquals", "team", "data"), **given)) == ["s"]
    refusal(ended(stage, LOGS, read | tagged("StringEquals", "owner", "data"), **given))
    others = {**read, "Effect": "Deny", **tagged("StringNotLike", "owner", "data")}
    assert "explicit deny" in refusal(ended(stage, LOGS, read, others, **given))
    own = {**others, "NotResource": arn}
    del own["Resource"]
    assert stage.output(ended(stage, LOGS, read, own, **given)) == ["s"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Images are pulled from ECR with the execution role.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
)
def test_an_image_that_may_not_be_pulled(stage: Stage) -> None:
    """First the registry's token, then the repository; then the image is looked for, and is not there."""
    repository = stage.name("repository")
    arn = stage.ecr.create_repository(repositoryName=repository)["repository"]["repositoryArn"]
    given = {"image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{repository}:1"}
    token, pull = "ecr:GetAuthorizationToken", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    reason = refusal(ended(stage, LOGS, allow(pull, arn), **given))
    assert reason.startswith(f"{SECRETS} failed: unable to retrieve ecr registry auth")
    assert f"{token} on resource: *" in reason
    reason = refusal(ended(stage, allow(token), **given))
    assert reason.startswith("CannotPullContainerError: ")
    assert f"ecr:BatchGetImage on resource: {arn}" in reason
    missing = ended(stage, allow(token), allow(pull, arn), **given)
    assert missing["stoppedReason"].startswith("CannotPullContainerError: ")
    assert "AccessDenied" not in missing["stoppedReason"]
