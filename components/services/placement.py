"""Where tasks run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A place in the network for the tasks of a cluster."""

    cluster_arn: pulumi.Input[str]
    """The ECS cluster."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets of the tasks, one a zone."""
    assign_public_ip: bool
    """Whether tasks have public addresses: where they reach the internet without NAT."""
    access: Mapping[str, Any]
    """As whom this machine runs and watches them; see `AwsAccess`."""
