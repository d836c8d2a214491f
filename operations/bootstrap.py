"""`airflow-ecs bootstrap`: what CI needs before the first deployment of a stack, made once.

A bucket for Pulumi's state, a key for the stack's secrets, GitHub's OpenID provider, roles that the stack's
workflows take without a stored credential, and the boundary of the roles that these may make. Run again, it
leaves what is there as it should be.
https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from components.model.aws import aws_names
from components.model.shown import shown
from operations import github_repository
from operations.ci.roles import Trust, policies, roles
from operations.ci.stack import OURS, CiStack, Document, collision
from operations.ensure import Ensure

ARN: Final = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:\d*:.+")
EXISTING: Final = ("ecr", "s3", "ssm")


def add(commands: Any) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("bootstrap", help="make state bucket, key and roles for a stack's CI, once")
    command.add_argument("--repository", required=True, type=_repository, metavar="OWNER/NAME")
    command.add_argument("--owner-id", type=_number, help="GitHub's id of the owner; default: asked of gh")
    command.add_argument("--repository-id", type=_number, help="GitHub's id of the repository")
    command.add_argument(
        "--subjects-without-ids",
        action="store_true",
        help="trust tokens of the old form too, while the repository moves to immutable subjects",
    )
    command.add_argument("--region", required=True, help="the stack's region; bucket and key are there too")
    command.add_argument("--bucket", help="the state's bucket; default: airflow-ecs-state-ACCOUNT-REGION")
    command.add_argument("--branch", default="main", help="the branch that is deployed; default: main")
    command.add_argument(
        "--sweep",
        action="store_true",
        help="for a family such as pr: stacks of pull requests, deleted from the environment STACK-sweep too",
    )
    _add_permissions(command)
    command.set_defaults(action=bootstrap)


def _add_permissions(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name-prefix", default="airflow", help="the stack's setting namePrefix")
    command.add_argument(
        "--existing",
        action="append",
        default=[],
        type=_existing,
        metavar="ARN",
        help="a bucket, image repository or parameter that was there before, which the stack uses",
    )
    command.add_argument(
        "--secret",
        action="append",
        default=[],
        type=_secret,
        metavar="ARN",
        help="a secret that was there before, whose value the program or its tasks read; it may end in *",
    )
    command.add_argument(
        "--port", action="append", default=[], type=int, help="the load balancer's port, if not 80 or 443"
    )
    command.add_argument(
        "--cluster-key", action="store_true", help="let it make and change KMS keys (kmsCreateKey)"
    )
    command.add_argument(
        "--task-statements",
        type=_statements,
        default=[],
        metavar="FILE",
        help="a JSON list of IAM statements that the cluster's roles may also have (iamExtraStatements)",
    )


def bootstrap(chosen: argparse.Namespace) -> None:
    """Make what is missing, and print what GitHub and the stack must be told.

    Raises:
        SystemExit: wrong words, no credentials, or AWS refuses; what was made stays, and is found again.
    """
    if message := aws_names.stack_error(chosen.stack):
        raise SystemExit(f"--stack {message}")
    if message := aws_names.cluster_error(f"{chosen.name_prefix}-{chosen.stack}"):
        raise SystemExit(f"--name-prefix and --stack: the cluster's name {message}")
    try:
        _bootstrap(chosen)
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"bootstrap of {chosen.stack}: {error}") from None


def _bootstrap(chosen: argparse.Namespace) -> None:
    repository = github_repository.find(
        chosen.repository,
        chosen.owner_id,
        chosen.repository_id,
        names_too=chosen.subjects_without_ids,
    )
    session: Any = boto3.Session(region_name=chosen.region)
    caller = session.client("sts").get_caller_identity()
    bucket = chosen.bucket or f"{OURS}-state-{caller['Account']}-{chosen.region}"
    ensure = Ensure(session, chosen.region, caller["Account"])
    _names_are_free(chosen, bucket, ensure.stacks())
    ci_name = f"{OURS}-{chosen.stack}"
    key_arn = ensure.key(f"alias/{ci_name}", f"Secrets in Pulumi's state, {chosen.stack}")
    ensure.state_bucket(bucket)
    stack = CiStack(
        name=chosen.stack,
        prefix=chosen.name_prefix,
        partition=caller["Arn"].split(":")[1],
        account=caller["Account"],
        region=chosen.region,
        bucket=bucket,
        key_arn=key_arn,
        existing=chosen.existing,
        secrets=chosen.secret,
        cluster_key=chosen.cluster_key,
        ports=sorted({80, 443, *chosen.port}),
        task_statements=chosen.task_statements,
    )
    trust = Trust(
        provider_arn=ensure.github_provider(),
        repository=repository,
        stack=chosen.stack,
        sweep=chosen.sweep,
    )
    for name, statements in policies(stack).items():
        ensure.policy(_policy(stack, name), statements)
    for role in roles(trust, stack):
        ensure.role(role, [_policy(stack, name) for name in role.policies])
    json.dump(_summary(stack, trust, chosen.branch), sys.stdout, indent=1)
    print()


def _names_are_free(chosen: argparse.Namespace, bucket: str, others: list[str]) -> None:
    """Refuse names by which the permissions of one stack would reach another's things.

    Raises:
        SystemExit: another stack of the account, CI's own things, or the state's bucket are named alike.
    """
    base = f"{chosen.name_prefix}-{chosen.stack}"
    if why := collision(base, chosen.stack, others):
        raise SystemExit(f"--stack {chosen.stack}: {why}. Choose another name, or another account")
    if f"{bucket}-".startswith(f"{base}-"):
        raise SystemExit(
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


def _repository(text: str) -> str:
    if not github_repository.NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be OWNER/NAME; got {shown(text)}")
    return text


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"must be a number, as GitHub gives it; got {shown(text)}")
    return int(text)


def _existing(text: str) -> str:
    found = ARN.fullmatch(text)
    if not found or found[1] not in EXISTING or "*" in text:
        raise argparse.ArgumentTypeError(
            f"must be an ARN of {', '.join(EXISTING)} without *; got {shown(text)}"
        )
    return text


def _secret(text: str) -> str:
    found = ARN.fullmatch(text)
    if not found or found[1] != "secretsmanager" or not re.fullmatch(r"[^*?]+:secret:[^*?]+\*?", text):
        raise argparse.ArgumentTypeError(f"must be the ARN of a secret; * only at its end; got {shown(text)}")
    return text


def _statements(name: str) -> list[Document]:
    """Read statements that allow named actions.

    Raises:
        ArgumentTypeError: it is no such list, or allows what would undo the boundary.
    """
    try:
        found: Any = json.loads(Path(name).read_text())
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{name}: {error}") from None
    if not isinstance(found, list) or not all(_named(one) for one in found):  # pyright: ignore[reportUnknownVariableType]
        raise argparse.ArgumentTypeError(
            f"{name} must be a list of statements with Effect Allow, Action and Resource, whose actions are "
            "of a named service, and not of iam, kms, organizations or account"
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
