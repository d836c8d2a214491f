"""What ECS itself may do for a task."""

from collections.abc import Sequence

from ..aws import arns
from .iam_documents import PULL, Document, document, statement, with_key


def execution_role(
    *,
    region: str,
    secret_arns: Sequence[str],
    references: Sequence[str],
    log_group_arn: str,
    repository_arn: str | None,
    kms_key_arn: str | None,
) -> Document:
    """What ECS itself does for a task: pull the image, read the secrets, write the log.

    Args:
        region: the AWS region.
        secret_arns: secrets of the cluster.
        references: secrets and parameters that were there before, in any form that ECS reads.
        log_group_arn: where the output goes to.
        repository_arn: where the image comes from; None for another registry than ECR.
        kms_key_arn: the key of the cluster's secrets, if it is customer managed.
    """
    statements = [statement(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:log-stream:*"])]
    others = {arns.without_suffix(reference) for reference in references}
    parameters = {one for one in others if one.split(":")[2] == "ssm"}
    if secrets := {*secret_arns, *(others - parameters)}:
        statements.append(statement(["secretsmanager:GetSecretValue"], [*secrets]))
    if parameters:
        statements.append(statement(["ssm:GetParameters"], [*parameters]))
    statements += [_decryption(reference) for reference in sorted(others)]
    if kms_key_arn is not None:
        statements.append(with_key(["kms:Decrypt"], kms_key_arn, region, ("secretsmanager", "ssm")))
    if repository_arn is not None:
        statements.append(statement(PULL, [repository_arn]))
        statements.append(statement(["ecr:GetAuthorizationToken"], ["*"]))  # no resource type exists for it
    return document(statements)


def _decryption(reference: str) -> Document:
    """Decrypt one secret or parameter under whatever key of its account, and nothing else with that key.

    The encryption context names it; AWS's own keys need no permission.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html,
    https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
    """
    _, partition, service, region, account = reference.split(":")[: arns.PARTS - 1]
    if service == "ssm":
        key, names = "PARAMETER_ARN", [reference]
    else:  # a secret's ARN may be given without its six last characters
        key, names = "SecretARN", [reference, f"{reference}-??????"]
    condition = {"StringLike": {f"kms:EncryptionContext:{key}": names}}
    keys = f"arn:{partition}:kms:{region}:{account}:key/*"
    return {**statement(["kms:Decrypt"], [keys]), "Condition": condition}
