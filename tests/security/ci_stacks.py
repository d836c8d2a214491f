"""The roles of CI as `bootstrap` makes them, and the questions that tests ask of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cli.ci.roles import HOST, KINDS, CiRole, Trust, document, policies, roles
from cli.ci.stack import CiStack
from cli.github_repository import Repository
from embedded_aws.account.iam import Decision, decide
from tests.helpers.pulumi_mocks import ACCOUNT, REGION

BUCKET: Final = f"airflow-ecs-state-{ACCOUNT}-{REGION}"
Context = Mapping[str, Any]


def key_arn(name: str) -> str:
    """Give the key of the secrets in a stack's state."""
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/ci-{name}"


def stack(name: str, **more: Any) -> CiStack:
    """Give a stack as `bootstrap --stack NAME` sees it."""
    return CiStack(name=name, account=ACCOUNT, region=REGION, bucket=BUCKET, key_arn=key_arn(name), **more)


def role(of: CiStack, kind: str) -> CiRole:
    """Give the role of a kind of job."""
    repository = Repository(name="acme/airflow", owner_id=1, repository_id=2)
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
    found = roles(Trust(provider_arn=provider, repository=repository, stack=of.name), of)
    return found[KINDS.index(kind)]


def identity(of: CiStack, kind: str) -> list[dict[str, Any]]:
    """Give all identity policies of the role of a kind of job."""
    found, managed = role(of, kind), policies(of)
    return [document(found.statements), *(document(managed[name]) for name in found.policies)]


def boundary(of: CiStack) -> dict[str, Any]:
    """Give the boundary of a stack's own roles."""
    return document(policies(of)[f"airflow-ecs-{of.name}-boundary"])


EVERYTHING: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def may(
    policies_: Sequence[Mapping[str, Any]],
    action: str,
    resource: str,
    context: Context | None = None,
    limit: Mapping[str, Any] | None = None,
) -> Decision:
    """Ask IAM's model about a resource of this account, unless the context says another."""
    return decide(policies_, limit, action, resource, {"aws:ResourceAccount": ACCOUNT, **(context or {})})
