"""AWS's own clients, for what Pulumi's AWS provider cannot do: run a task, watch a rollout, handle images."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

SESSION_NAME = "airflow-ecs"
"""What CloudTrail calls a session of an assumed role."""


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
        self._session = _session(access)

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

    def ecr(self, region: str | None = None) -> Any:
        """Amazon ECR, of another region where one is named."""
        return self._client("ecr", region)

    def _client(self, service: str, region: str | None = None) -> Any:
        config = Config(retries={"mode": "standard"})
        return self._session.client(service, region_name=region, config=config)


def _session(access: Mapping[str, Any]) -> Any:
    try:
        session: Any = boto3.Session(
            profile_name=access["profile"] or None, region_name=str(access["region"])
        )
        for role in access["roles"]:
            session = _assume(session, role)
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise AccessError(
            f"AWS cannot be called from here: {error}. Select credentials of account "
            f"{access['account_id']} with AWS_PROFILE, aws:profile or aws:assumeRoles"
        ) from None
    if account != access["account_id"]:
        raise AccessError(
            f"the cluster is in account {access['account_id']}, but the credentials of this machine are of "
            f"{account}. Select those of the cluster's account with AWS_PROFILE, aws:profile or "
            "aws:assumeRoles; a program that passes a provider also passes AwsAccess"
        )
    return session


def _assume(session: Any, role: Mapping[str, Any]) -> Any:
    external = {"ExternalId": role["external_id"]} if role["external_id"] else {}
    answer = session.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName=SESSION_NAME, **external)
    credentials = answer["Credentials"]
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=session.region_name,
    )
