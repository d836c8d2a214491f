# pyright: basic
# moto has no types for its backends.
"""The role with which Application Auto Scaling changes ECS services.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.iam.models import iam_backends

if TYPE_CHECKING:
    from embedded_aws.account.authorization import Place

SERVICE = "ecs.application-autoscaling.amazonaws.com"
_NAME = "AWSServiceRoleForApplicationAutoScaling_ECSService"
_POLICY = "policy/aws-service-role/AWSApplicationAutoscalingECSServicePolicy"


def arn(place: Place) -> str:
    """Return the ARN of the role."""
    return f"arn:{place.partition}:iam::{place.account_id}:role/aws-service-role/{SERVICE}/{_NAME}"


def exists(place: Place) -> bool:
    """Whether the account has the role."""
    return any(role.arn == arn(place) for role in list(_backend(place).roles.values()))


def create(place: Place) -> None:
    """Create the role if it does not exist yet."""
    if not exists(place):
        principal = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
        _backend(place).create_role(
            _NAME,
            json.dumps({"Version": "2012-10-17", "Statement": [principal]}),
            f"/aws-service-role/{SERVICE}/",
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
            linked_service=SERVICE,
        )
        policy = _backend(place).managed_policies[f"arn:{place.partition}:iam::aws:{_POLICY}"]
        policy.attach_to(_backend(place).get_role(_NAME))


def _backend(place: Place):  # noqa: ANN202 - of moto
    return iam_backends[place.account_id][place.partition]
