"""The IAM roles that GitHub's workflows take: who may take each, and what it may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from operations.github_repository import Repository

Document = Mapping[str, Any]
HOST: Final = "token.actions.githubusercontent.com"
AUDIENCE: Final = "sts.amazonaws.com"
SECURITY_AUDIT: Final = "arn:aws:iam::aws:policy/SecurityAudit"
"""Reads configuration everywhere, and data nowhere."""
POWER_USER: Final = "arn:aws:iam::aws:policy/PowerUserAccess"
"""Everything but IAM; of that a deploy role gets its stack's own roles."""
PASSED_TO: Final = ("ecs-tasks.amazonaws.com", "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com")
LINKED: Final = ("ecs", "elasticache", "elasticloadbalancing", "rds", "ecs.application-autoscaling")


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Who asks: a repository's workflows, for one stack.

    Attributes:
        provider_arn: ARN of GitHub's OpenID provider.
        repository: whose workflows, by name and id.
        branch: the branch that is deployed.
    """

    provider_arn: str
    repository: Repository
    branch: str
    stack: str

    @property
    def preview_environment(self) -> str:
        """GitHub's environment of previews; give the one of a production stack reviewers."""
        return f"{self.stack}-preview"

    @property
    def deploy_environment(self) -> str:
        """GitHub's environment of deployments; give the one of a production stack reviewers."""
        return self.stack

    def by(self, context: str) -> Document:
        """Let workflows of exactly this repository and context take a role."""
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": self.provider_arn},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {
                            f"{HOST}:aud": AUDIENCE,
                            f"{HOST}:sub": self.repository.subjects(context),
                        }
                    },
                }
            ],
        }


@dataclass(frozen=True, kw_only=True)
class CiRole:
    """A role that a workflow takes."""

    name: str
    trust: Document
    managed: str
    statements: Sequence[Document] = field(default=())


def roles(trust: Trust, *, account: str, bucket: str, key_arn: str) -> list[CiRole]:
    """List the roles of a stack: preview reads, drift reads secrets too, deploy writes."""
    stack, name = trust.stack, f"airflow-ecs-{trust.stack}"
    reads = [*_state(bucket, "s3:GetObject"), _allow(["kms:Decrypt"], [key_arn]), _registry()]
    secrets = f"arn:aws:secretsmanager:*:{account}:secret:airflow-{stack}-*"
    return [
        CiRole(
            name=f"{name}-preview",
            trust=trust.by(f"environment:{trust.preview_environment}"),
            managed=SECURITY_AUDIT,
            statements=[*reads, _deny(["secretsmanager:GetSecretValue"])],
        ),
        CiRole(
            name=f"{name}-drift",
            trust=trust.by(f"ref:refs/heads/{trust.branch}"),
            managed=SECURITY_AUDIT,
            statements=[*reads, _allow(["secretsmanager:GetSecretValue"], [secrets])],
        ),
        CiRole(
            name=f"{name}-deploy",
            trust=trust.by(f"environment:{trust.deploy_environment}"),
            managed=POWER_USER,
            statements=[
                *_state(bucket, "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
                _allow(["kms:Decrypt", "kms:Encrypt"], [key_arn]),
                *_own_roles(account, stack),
            ],
        ),
    ]


def _state(bucket: str, *actions: str) -> list[Document]:
    return [
        _allow(["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
        _allow(list(actions), [f"arn:aws:s3:::{bucket}/*"]),
    ]


def _registry() -> Document:
    # AWS allows this action on nothing narrower.
    return _allow(["ecr:GetAuthorizationToken"], ["*"])


def _own_roles(account: str, stack: str) -> list[Document]:
    own = [
        f"arn:aws:iam::{account}:role/airflow-{stack}-*",
        f"arn:aws:iam::{account}:role/*/airflow-{stack}-*",
    ]
    changes = ("CreateRole", "DeleteRole", "DeleteRolePolicy", "PutRolePolicy", "TagRole", "UntagRole")
    more = (
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
    )
    reads = ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole")
    linked = f"arn:aws:iam::{account}:role/aws-service-role/*"
    return [
        _allow([f"iam:{one}" for one in (*changes, *more, *reads, "ListRolePolicies")], own),
        _allow(["iam:PassRole"], own)
        | {"Condition": {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}},
        _allow(["iam:CreateServiceLinkedRole"], [linked])
        | {"Condition": {"StringEquals": {"iam:AWSServiceName": [f"{one}.amazonaws.com" for one in LINKED]}}},
    ]


def _allow(actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _deny(actions: Sequence[str]) -> Document:
    return {"Effect": "Deny", "Action": list(actions), "Resource": ["*"]}
