"""AWS sessions with the identity of Pulumi's AWS provider, for calls from this machine."""

from typing import Any, Final

import boto3

from ..model.aws.aws_access import AssumedRole, AwsAccess

SESSION_NAME: Final = "airflow-ecs"
"""What CloudTrail calls a session of an assumed role."""


def session(identity: AwsAccess, region: str) -> boto3.Session:
    """Open a session: of the profile, or else of the environment's credentials, then of each role in turn.

    Raises:
        BotoCoreError, ClientError: no such profile, no credentials, or a role that cannot be assumed.
    """
    opened: Any = boto3.Session(profile_name=identity.profile or None, region_name=region)
    for role in identity.roles:
        opened = _assume(opened, role)
    return opened


def _assume(opened: Any, role: AssumedRole) -> boto3.Session:
    external = {"ExternalId": role.external_id} if role.external_id else {}
    answer = opened.client("sts").assume_role(RoleArn=role.arn, RoleSessionName=SESSION_NAME, **external)
    credentials = answer["Credentials"]
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=opened.region_name,
    )
