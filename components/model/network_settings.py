"""The network's settings."""

from dataclasses import dataclass
from enum import StrEnum

from .setting import setting


class Nat(StrEnum):
    """How tasks in private subnets reach the internet."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "perZone"


@dataclass(frozen=True, kw_only=True)
class VpcSettings:
    """The network that everything runs in."""

    cidr: str = setting(
        "10.20.0.0/16",
        "Address range of the VPC, /16 to /24 for two zones. A change replaces the network and all in it.",
    )
