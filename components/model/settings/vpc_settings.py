"""The network's settings."""

from dataclasses import dataclass
from enum import StrEnum

from ..shown import shown
from .errors import Errors, at, name_of
from .rules import each, matching, one_of
from .setting import Section, changed, setting

TAG = matching(r"([^=\s][^=]*=.+)?", "a tag, key=value")
SUBNETS = each(r"subnet-[0-9a-f]+", "ids of subnets, subnet-...")
PAIRS = {
    "id": "tag",
    "public_subnet_ids": "public_subnet_tag",
    "private_subnet_ids": "private_subnet_tag",
}
"""Settings that name the same by id, and by tag."""
SUBNET_NAMES = [name for pair in PAIRS.items() for name in pair if "subnet" in name]


class Nat(StrEnum):
    """How tasks in private subnets reach the internet."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "perZone"


@dataclass(frozen=True, kw_only=True)
class VpcSettings(Section):
    """The network that everything runs in: created, or existing."""

    cidr: str = setting(
        "10.20.0.0/16",
        "Address range of the VPC, /16 to /24 for two zones. A change replaces the network and all in it.",
    )
    id: str = setting(
        "",
        "Id of an existing VPC to use; nothing in it is changed. vpcId and vpcTag empty: a VPC is created.",
        matching(r"(vpc-[0-9a-f]+)?", "the id of a VPC, vpc-..."),
    )
    tag: str = setting("", "key=value: the one existing VPC with this tag is used, instead of vpcId.", TAG)
    public_subnet_ids: tuple[str, ...] = setting(
        (),
        "The existing VPC's subnets for the load balancer, in two zones or more, and with nat none for the "
        "tasks; not needed with an internal load balancer.",
        SUBNETS,
    )
    public_subnet_tag: str = setting(
        "", "key=value: its subnets with this tag, instead of vpcPublicSubnetIds.", TAG
    )
    private_subnet_ids: tuple[str, ...] = setting(
        (),
        "The existing VPC's subnets for database, broker and tasks, in two zones or more. Tasks need "
        "egress from them: a default route, or endpoints for all AWS services that they use.",
        SUBNETS,
    )
    private_subnet_tag: str = setting(
        "", "key=value: its subnets with this tag, instead of vpcPrivateSubnetIds.", TAG
    )
    flow_log_retention_days: int = setting(
        0,
        "Days that the VPC's flow logs are kept; 0: no flow logs.",
        one_of(0, 1, 3, 5, 7, 14, 30, 60, 90, 180, 365),
    )

    @property
    def exists(self) -> bool:
        """Whether an existing VPC is used."""
        return bool(self.id or self.tag)

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        if not self.exists:
            for (name,) in changed(self, SUBNET_NAMES):
                yield at(name, f"needs {name_of('id')} or {name_of('tag')}. Set one, or remove it")
            return
        if changed(self, ("cidr",)):
            yield at("cidr", "has no effect in an existing VPC. Remove it")
        if not (self.private_subnet_ids or self.private_subnet_tag):
            tag = name_of("private_subnet_tag")
            yield at("private_subnet_ids", f"or {tag} must be set with an existing VPC; both are empty")
        for ids, tag in PAIRS.items():
            if getattr(self, ids) and (text := getattr(self, tag)):
                yield at(tag, f"must be empty where {name_of(ids)} is set; got {shown(text)}. Keep one")
