"""What a subnet's routes lead to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DEFAULT: Final = "0.0.0.0/0"
NEEDED_SERVICES: Final = ("ecr.api", "ecr.dkr", "logs", "s3", "secretsmanager")
"""What ECS and every Airflow task call: image, output, task logs, secrets.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
"""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One line of a route table.

    Attributes:
        cidr: where it leads to.
        gateway_id: an internet gateway (igw-...), a gateway endpoint, or `local`; may be empty.
        other_target: id of a NAT or transit gateway, an interface, an instance or a peering; may be empty.
    """

    cidr: str
    gateway_id: str
    other_target: str


def leads_to_internet_gateway(routes: Iterable[Route]) -> bool:
    """Tell whether what lies behind these routes can be reached from the internet."""
    return any(route.cidr == DEFAULT and route.gateway_id.startswith("igw-") for route in routes)


def leads_out(routes: Iterable[Route]) -> bool:
    """Tell whether a task without a public address has a way out: not through an internet gateway."""
    return any(route.cidr == DEFAULT and bool(route.other_target) for route in routes)
