"""`airflow-ecs bootstrap`: what CI needs before the first deployment of a stack, made once.

A bucket for Pulumi's state, a key for the stack's secrets, GitHub's OpenID provider, and roles that the
stack's workflows take without a stored credential. Run again, it leaves what is there as it should be.
https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
"""

import argparse
import json
import re
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations import github_repository
from operations.ci_roles import Trust, roles
from operations.ensure import Ensure

STACK: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")


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
    command.add_argument("--region", required=True, help="where bucket and key are")
    command.add_argument("--bucket", help="the state's bucket; default: airflow-ecs-state-ACCOUNT-REGION")
    command.add_argument("--branch", default="main", help="the branch that is deployed; default: main")
    command.set_defaults(action=bootstrap)


def bootstrap(chosen: argparse.Namespace) -> None:
    """Make what is missing, and print what the workflows must be told.

    Raises:
        SystemExit: wrong words, no credentials, or AWS refuses; what was made stays, and is found again.
    """
    if not STACK.fullmatch(chosen.stack):
        raise SystemExit(f"--stack must be 1 to 31 of a-z 0-9 -, a letter first; got {chosen.stack!r}")
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
    account = session.client("sts").get_caller_identity()["Account"]
    bucket = chosen.bucket or f"airflow-ecs-state-{account}-{chosen.region}"
    ensure = Ensure(session, chosen.region)
    key_arn = ensure.key(f"alias/airflow-ecs-{chosen.stack}", f"Secrets in Pulumi's state, {chosen.stack}")
    ensure.state_bucket(bucket)
    trust = Trust(
        provider_arn=ensure.github_provider(),
        repository=repository,
        branch=chosen.branch,
        stack=chosen.stack,
    )
    for role in roles(trust, account=account, bucket=bucket, key_arn=key_arn):
        ensure.role(role)
    print(
        json.dumps(
            {
                "variables of the repository": {
                    "AWS_ACCOUNT_ID": account,
                    "AWS_REGION": chosen.region,
                    "PULUMI_BACKEND_URL": f"s3://{bucket}?region={chosen.region}&awssdk=v2",
                },
                "environments": [trust.preview_environment, trust.deploy_environment],
                "once": f"pulumi stack init {chosen.stack} --secrets-provider "
                f"'awskms:///alias/airflow-ecs-{chosen.stack}?region={chosen.region}&awssdk=v2'",
            },
            indent=1,
        )
    )


def _repository(text: str) -> str:
    if not github_repository.NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be OWNER/NAME; got {text!r}")
    return text


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"must be a number, as GitHub gives it; got {text!r}")
    return int(text)
