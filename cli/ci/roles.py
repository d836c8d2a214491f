"""The IAM roles that GitHub's workflows take: who may take each, and what it may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.ci import actions, permissions
from cli.ci.boundary import boundary
from cli.ci.stack import CiStack, Document
from cli.github_repository import Repository

HOST: Final = "token.actions.githubusercontent.com"
AUDIENCE: Final = "sts.amazonaws.com"
SESSION_SECONDS: Final = 7200
"""How long a role is taken for: longer than any workflow's `timeout-minutes`."""
READ_STATE: Final = ("s3:GetObject",)
WRITE_STATE: Final = ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Who asks: a repository's workflows, in one of the environments that a stack has at GitHub.

    Attributes:
        provider_arn: ARN of GitHub's OpenID provider.
        repository: whose workflows, by name and id.
        stack: the stack's name.
        sweep: whether `STACK-sweep` may take the deploy role too, to delete stacks of a family.
    """

    provider_arn: str
    repository: Repository
    stack: str
    sweep: bool = False

    def environments(self, kind: str) -> list[str]:
        """Name GitHub's environments of a kind of job; that of deployments is named as the stack."""
        if kind != "deploy":
            return [f"{self.stack}-{kind}"]
        return [self.stack, f"{self.stack}-sweep"] if self.sweep else [self.stack]

    def by(self, kind: str) -> Document:
        """Let jobs of exactly this repository and these environments take a role."""
        contexts = [f"environment:{one}" for one in self.environments(kind)]
        subjects = [subject for one in contexts for subject in self.repository.subjects(one)]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": self.provider_arn},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {f"{HOST}:aud": AUDIENCE, f"{HOST}:sub": subjects}},
                }
            ],
        }


@dataclass(frozen=True, kw_only=True)
class CiRole:
    """A role that a workflow takes.

    Attributes:
        name: the role's name.
        trust: who may take it.
        policies: names of the attached policies, all of them.
        statements: those of the policy of its own.
    """

    name: str
    trust: Document
    policies: Sequence[str]
    statements: Sequence[Document]


KINDS: Final = ("preview", "drift", "deploy")


def policies(stack: CiStack) -> Mapping[str, list[Document]]:
    """Give the managed policies of a stack by name: a role's own policy is too short for all of it."""
    name = stack.ci_name
    return {
        f"{name}-boundary": boundary(stack),
        f"{name}-reads": permissions.looking(stack, actions.reads()),
        f"{name}-changes-network": permissions.changing_by_id(),
        f"{name}-changes-data": [
            *permissions.changing(stack, permissions.DATA),
            permissions.making_master_secrets(stack),
        ],
        f"{name}-changes-compute": permissions.changing(stack, permissions.COMPUTE),
    }


def roles(trust: Trust, stack: CiStack) -> list[CiRole]:
    """List the roles of a stack: preview looks things up, drift reads everything, deploy changes it."""
    name = stack.ci_name
    read = permissions.state(stack, *READ_STATE, key_actions=["kms:Decrypt"])
    write = permissions.state(stack, *WRITE_STATE, key_actions=["kms:Decrypt", "kms:Encrypt"])
    apart = permissions.apart(stack, state_too=True)
    lookups = permissions.looking(stack, actions.read_by_lookups())
    objects = permissions.allow(["s3:GetObject", "s3:GetObjectTagging"], permissions.own(stack)["s3"])
    statements: Mapping[str, tuple[list[str], list[Document]]] = {
        "preview": ([], [*read, *lookups, *permissions.values(stack, own_too=False), *apart]),
        "drift": ([f"{name}-reads"], [*read, *permissions.values(stack, own_too=True), objects, *apart]),
        "deploy": (
            [one for one in policies(stack) if one != f"{name}-boundary"],
            [
                *write,
                *permissions.values(stack, own_too=True),
                *permissions.keys(stack),
                *permissions.roles(stack),
                *permissions.pulling(stack),
                *apart,
            ],
        ),
    }
    return [
        CiRole(name=f"{name}-{kind}", trust=trust.by(kind), policies=attached, statements=own)
        for kind, (attached, own) in statements.items()
    ]


def document(statements: Sequence[Document]) -> dict[str, Any]:
    """Make a policy of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}
