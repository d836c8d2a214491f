"""What every broker that the cluster creates is made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from ..model.settings.settings import BrokerSettings


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One of Celery's queues that is a resource."""

    url: pulumi.Output[str]
    """Where messages are sent to, and received from."""
    arn: pulumi.Output[str]
    """Its ARN."""
    name: pulumi.Output[str]
    """Its name at AWS."""


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    """What the component of a broker is made from."""

    settings: BrokerSettings
    """Engine, node type, replicas."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets in at least two zones."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Its security groups; empty where the broker has no port."""
    kms_key_arn: pulumi.Input[str] | None
    """The KMS key of its data and secrets; None: AWS owned or managed keys. A change replaces the broker."""
    protect: bool
    """Refuse deletion through Pulumi; ElastiCache and SQS have no deletion protection."""
    discard_data: bool
    """Delete its secrets at once."""
