# pyright: basic
# moto has no types for its backends.
"""The role with which Application Auto Scaling changes ECS services.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
"""

from __future__ import annotations

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
        made = _backend(place).create_service_linked_role(SERVICE, "", "")
        _backend(place).attach_role_policy(f"arn:{place.partition}:iam::aws:{_POLICY}", made.name)


def _backend(place: Place):  # noqa: ANN202 - of moto
    return iam_backends[place.account_id][place.partition]
