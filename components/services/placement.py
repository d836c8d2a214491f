"""Where tasks run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from .task_definition import TaskDefinitionArgs


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A place in the network for the tasks of a service: cluster, and ECS's `awsvpcConfiguration`.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
    """

    cluster_arn: pulumi.Input[str]
    """The ECS cluster."""
    cluster_name: pulumi.Input[str]
    """Its name."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets of the tasks, one a zone."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the tasks, for inbound and outbound traffic."""
    assign_public_ip: bool
    """Whether tasks have public addresses: where they reach the internet without NAT."""
    access: Mapping[str, Any]
    """The identity with which this machine runs and watches them; see `AwsAccess`."""


@dataclass(frozen=True, kw_only=True)
class PlacedTask:
    """What runs, and where: all that a service, a schedule or a one-off task needs to start tasks."""

    definition: TaskDefinitionArgs
    """What runs."""
    placement: Placement
    """Where it runs."""
