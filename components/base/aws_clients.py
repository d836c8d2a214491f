"""AWS's own clients, for what Pulumi's AWS provider cannot do: run a task, watch a rollout, handle images."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..model.aws.aws_access import AwsAccess
from .aws_session import session

TRIES = 10
"""Of a call that AWS throttles: rollouts of many services, each of which asks often, share ECS's 20 a second.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
"""


class AccessError(RuntimeError):
    """This machine's credentials reach no AWS account, or another one than the cluster's."""


class AwsClients:
    """Clients that bear a throttled moment.

    Args:
        access: what `AwsAccess.to` wrote down.

    Raises:
        AccessError: no credentials, a role that refuses them, or another account.
    """

    def __init__(self, access: Mapping[str, Any]) -> None:
        self._session, self._caller = _session(access)

    @cached_property
    def ecs(self) -> Any:
        """Amazon ECS."""
        return self._client("ecs")

    @cached_property
    def elbv2(self) -> Any:
        """Elastic Load Balancing."""
        return self._client("elbv2")

    @cached_property
    def logs(self) -> Any:
        """CloudWatch Logs."""
        return self._client("logs")

    @cached_property
    def s3(self) -> Any:
        """Amazon S3."""
        return self._client("s3")

    @property
    def identity(self) -> str:
        """The ARN of whoever calls."""
        return self._caller["Arn"]

    def ecr(self, region: str | None = None) -> Any:
        """Amazon ECR, of another region where one is named."""
        return self._client("ecr", region)

    def _client(self, service: str, region: str | None = None) -> Any:
        config = Config(retries={"mode": "standard", "total_max_attempts": TRIES})
        return self._session.client(service, region_name=region, config=config)


def _session(access: Mapping[str, Any]) -> tuple[Any, Mapping[str, str]]:
    """Open a session, and see who it calls as."""
    try:
        opened: Any = session(AwsAccess.of(access), str(access["region"]))
        caller = opened.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise AccessError(
            f"AWS cannot be called from here: {error}. Select credentials of account "
            f"{access['account_id']} with AWS_PROFILE, aws:profile or aws:assumeRoles"
        ) from None
    if caller["Account"] != access["account_id"]:
        raise AccessError(
            f"the cluster is in account {access['account_id']}, but the credentials of this machine are of "
            f"{caller['Account']}. Select those of the cluster's account with AWS_PROFILE, aws:profile or "
            "aws:assumeRoles; a program that passes a provider also passes AwsAccess"
        )
    return opened, caller
