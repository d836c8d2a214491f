"""What CI needs before the first deployment of a stack, made once.

A bucket for Pulumi's state, a key for the stack's secrets, GitHub's OpenID provider, roles that the stack's
workflows take without a stored credential, and the boundary of the roles that these may make. Run again, it
leaves what is there as it should be.
https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3

from cli import github_repository
from cli.ci.roles import Trust, policies, roles
from cli.ci.stack import OURS, CiStack, Document, collision
from cli.ensure import Ensure
from cli.errors import UsageError, at_aws
from components.model.aws import aws_names
from components.model.shown import shown

ARN: Final = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:\d*:.+")
SECRET: Final = re.compile(r"[^*?]+:secret:[^*?]+\*?")
EXISTING: Final = ("ecr", "s3", "ssm")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to create, as the command line names it (`cli/verbs/bootstrap.py`)."""

    stack: str
    repository: str
    owner_id: int | None = None
    repository_id: int | None = None
    subjects_without_ids: bool = False
    region: str
    bucket: str = ""
    branch: str = "main"
    sweep: bool = False
    name_prefix: str = "airflow"
    existing: Sequence[str] = ()
    secrets: Sequence[str] = ()
    ports: Sequence[int] = ()
    cluster_key: bool = False
    task_statements: Path | None = None


def bootstrap(wanted: Wanted) -> dict[str, Any]:
    """Create what is missing, and return what to set at GitHub and in the stack.

    Raises:
        UsageError: wrong words, no credentials, or AWS refuses; what was created stays, and is found again.
    """
    if message := aws_names.stack_error(wanted.stack):
        raise UsageError(f"--stack {message}")
    if message := aws_names.cluster_error(f"{wanted.name_prefix}-{wanted.stack}"):
        raise UsageError(f"--name-prefix and --stack: the cluster's name {message}")
    _check(wanted)
    statements = _statements(wanted.task_statements) if wanted.task_statements else []
    repository = github_repository.find(
        wanted.repository,
        wanted.owner_id,
        wanted.repository_id,
        names_too=wanted.subjects_without_ids,
    )
    with at_aws(f"bootstrap of {wanted.stack}", "Select an administrator's credentials with AWS_PROFILE"):
        return _bootstrap(wanted, repository, statements)


def _bootstrap(
    wanted: Wanted, repository: github_repository.Repository, statements: Sequence[Document]
) -> dict[str, Any]:
    session: Any = boto3.Session(region_name=wanted.region)
    caller = session.client("sts").get_caller_identity()
    bucket = wanted.bucket or f"{OURS}-state-{caller['Account']}-{wanted.region}"
    ensure = Ensure(session, wanted.region, caller["Account"])
    _names_are_free(wanted, bucket, ensure.stacks())
    ci_name = f"{OURS}-{wanted.stack}"
    key_arn = ensure.key(f"alias/{ci_name}", f"Secrets in Pulumi's state, {wanted.stack}")
    ensure.state_bucket(bucket)
    stack = CiStack(
        name=wanted.stack,
        prefix=wanted.name_prefix,
        partition=caller["Arn"].split(":")[1],
        account=caller["Account"],
        region=wanted.region,
        bucket=bucket,
        key_arn=key_arn,
        existing=wanted.existing,
        secrets=wanted.secrets,
        cluster_key=wanted.cluster_key,
        ports=sorted({80, 443, *wanted.ports}),
        task_statements=statements,
    )
    trust = Trust(
        provider_arn=ensure.github_provider(),
        repository=repository,
        stack=wanted.stack,
        sweep=wanted.sweep,
    )
    for name, allowed in policies(stack).items():
        ensure.policy(_policy(stack, name), allowed)
    for role in roles(trust, stack):
        ensure.role(role, [_policy(stack, name) for name in role.policies])
    return _summary(stack, trust, wanted.branch)


def _names_are_free(wanted: Wanted, bucket: str, others: list[str]) -> None:
    """Refuse names by which the permissions of one stack would reach another's things.

    Raises:
        UsageError: another stack of the account, CI's own things, or the state's bucket are named alike.
    """
    base = f"{wanted.name_prefix}-{wanted.stack}"
    if why := collision(base, wanted.stack, others):
        raise UsageError(f"--stack {wanted.stack}: {why}. Choose another name, or another account")
    if f"{bucket}-".startswith(f"{base}-"):
        raise UsageError(
            f"--bucket {bucket}: all that is named {base}-... is the stack's own. Choose another name"
        )


def _policy(stack: CiStack, name: str) -> str:
    return stack.arn("iam", f"policy/{name}", region="")


def _summary(stack: CiStack, trust: Trust, branch: str) -> dict[str, Any]:
    """Say what bootstrap cannot set itself: at GitHub, and in the stack's file."""
    backend = f"s3://{stack.bucket}/{stack.name}?region={stack.region}&awssdk=v2"
    key = f"awskms:///alias/{stack.ci_name}?region={stack.region}&awssdk=v2"
    only, anyone = f"deployment branches: {branch} only", "deployment branches: all"
    reviewed = "required reviewers, prevent self-review"
    theirs = "it runs a pull request's own code"
    deploying = {stack.name: f"{only}; {reviewed}"}
    if trust.sweep:
        deploying = {stack.name: f"{anyone}; {reviewed}: {theirs}", f"{stack.name}-sweep": only}
    return {
        "variables of each environment": {
            "AWS_ACCOUNT_ID": stack.account,
            "AWS_REGION": stack.region,
            "PULUMI_BACKEND_URL": backend,
        },
        "environments": {
            **_each(trust.environments("preview"), f"{anyone}; {reviewed}: {theirs}"),
            **_each(trust.environments("drift"), only),
            **deploying,
        },
        "settings of the stack": {
            "iamPermissionsBoundaryArn": stack.boundary_arn,
            "iamRolePath": stack.role_path,
        },
        "once": [
            f"pulumi login '{backend}'",
            f"pulumi stack init {stack.name} --secrets-provider '{key}'",
            f"pulumi config set iamPermissionsBoundaryArn {stack.boundary_arn} --stack {stack.name}",
            f"pulumi config set iamRolePath {stack.role_path} --stack {stack.name}",
        ],
    }


def _each(environments: list[str], rule: str) -> dict[str, str]:
    return dict.fromkeys(environments, rule)


def _check(wanted: Wanted) -> None:
    """Check what has a form of its own.

    Raises:
        UsageError: the first that is wrong.
    """
    if not github_repository.NAME.fullmatch(wanted.repository):
        raise UsageError(f"--repository must be OWNER/NAME; got {shown(wanted.repository)}")
    if min(wanted.owner_id or 1, wanted.repository_id or 1) < 1:
        raise UsageError("--owner-id and --repository-id must be numbers, as GitHub gives them")
    for arn in wanted.existing:
        found = ARN.fullmatch(arn)
        if not found or found[1] not in EXISTING or "*" in arn:
            raise UsageError(
                f"--existing must be an ARN of {', '.join(EXISTING)} without *; got {shown(arn)}"
            )
    for arn in wanted.secrets:
        found = ARN.fullmatch(arn)
        if not found or found[1] != "secretsmanager" or not SECRET.fullmatch(arn):
            raise UsageError(f"--secret must be the ARN of a secret; * only at its end; got {shown(arn)}")


def _statements(file: Path) -> list[Document]:
    """Read statements that allow named actions.

    Raises:
        UsageError: it is not such a list, or allows what would undo the boundary.
    """
    try:
        found: Any = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"--task-statements {file}: {error}") from None
    if not isinstance(found, list) or not all(_named(one) for one in found):  # pyright: ignore[reportUnknownVariableType]
        raise UsageError(
            f"--task-statements {file} must be a list of statements with Effect Allow, Action and "
            "Resource, whose actions are of a named service, and not of iam, kms, organizations or account"
        )
    return list[Document](found)  # pyright: ignore[reportUnknownArgumentType]


def _named(statement: Any) -> bool:
    try:
        actions = statement["Action"]
        listed = [actions] if isinstance(actions, str) else list(actions)
        services = {one.partition(":")[0].lower() for one in listed}
        complete = statement["Effect"] == "Allow" and bool(statement["Resource"])
    except (KeyError, TypeError, AttributeError):
        return False
    return (
        complete
        and not services & {"iam", "kms", "organizations", "account"}
        and "*" not in "".join(services)
    )
