"""What services must know of the resources around them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Names and addresses that become environment variables.

    Attributes:
        base_url: where users reach the user interface, without a slash at the end.
        execution_api_url: where tasks reach the execution API, inside the network.
        region: the AWS region.
        logs_bucket: name of the bucket for the tasks' logs.
        data_bucket: name of the bucket for the pipelines' data.
        vpc_cidrs: the VPC's networks, from which the load balancer connects.
    """

    base_url: str
    execution_api_url: str
    region: str
    logs_bucket: str
    data_bucket: str
    vpc_cidrs: Sequence[str]
