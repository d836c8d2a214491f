"""What a subnet's routes lead to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

DEFAULT: Final = "0.0.0.0/0"
NEEDED_SERVICES: Final = ("ecr.api", "ecr.dkr", "logs", "s3", "secretsmanager")
"""What ECS and every Airflow task call: image, output, task logs, secrets.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
"""
PARAMETERS: Final = "ssm"
"""What ECS calls for secrets that are parameters of Systems Manager."""
_OUTBOUND_GATEWAYS: Final = ("vgw-", "cagw-", "vpce-")
"""A virtual private gateway, a carrier gateway, a Gateway Load Balancer's endpoint.

https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
"""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One line of a route table.

    Attributes:
        cidr: its destination.
        gateway_id: an internet gateway (igw-...), a virtual private one, an endpoint, `local`; or empty.
        other_target: id of whatever else forwards: a NAT or transit gateway, an interface, an instance, a
            peering, a core network (its ARN); may be empty.
    """

    cidr: str
    gateway_id: str
    other_target: str


def route_to_internet_gateway(routes: Iterable[Route]) -> bool:
    """Return whether these are the routes of a public subnet: one to an internet gateway."""
    return any(route.cidr == DEFAULT and route.gateway_id.startswith("igw-") for route in routes)


def have_outbound_access(routes: Iterable[Route]) -> bool:
    """Return whether a task without a public address has outbound access: an internet gateway gives none."""
    return any(
        route.cidr == DEFAULT
        and (bool(route.other_target) or route.gateway_id.startswith(_OUTBOUND_GATEWAYS))
        for route in routes
    )


def needed_services(extra_secrets: Mapping[str, Mapping[str, str]]) -> list[str]:
    """List the services that tasks must reach, by the last word of their endpoints' names."""
    arns = [arn for secrets in extra_secrets.values() for arn in secrets.values()]
    parameters = any(arn.split(":")[2] == PARAMETERS for arn in arns)
    return [*NEEDED_SERVICES, *([PARAMETERS] if parameters else [])]
