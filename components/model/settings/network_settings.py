"""The network's settings."""

from dataclasses import dataclass
from enum import StrEnum

from .setting import changed, each, matching, setting

TAG = matching(r"([^=\s][^=]*=.+)?", "a tag, key=value")
SUBNETS = each(r"subnet-[0-9a-f]+", "ids of subnets, subnet-...")


class Nat(StrEnum):
    """How tasks in private subnets reach the internet."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "perZone"


@dataclass(frozen=True, kw_only=True)
class VpcSettings:
    """The network that everything runs in: made, or there already."""

    cidr: str = setting(
        "10.20.0.0/16",
        "Address range of the VPC, /16 to /24 for two zones. A change replaces the network and all in it.",
    )
    id: str = setting(
        "",
        "Id of an existing VPC to use; nothing in it is changed. vpcId and vpcTag empty: a VPC is made.",
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
        "The existing VPC's subnets for database, broker and tasks, in two zones or more. Tasks need a way "
        "out of them: a default route, or endpoints for all AWS services that they use.",
        SUBNETS,
    )
    private_subnet_tag: str = setting(
        "", "key=value: its subnets with this tag, instead of vpcPrivateSubnetIds.", TAG
    )

    @property
    def exists(self) -> bool:
        """Whether the VPC is there already."""
        return bool(self.id or self.tag)

    def errors(self) -> list[str]:
        """Say what does not fit together."""
        if not self.exists:
            subnets = ("public_subnet_ids", "public_subnet_tag", "private_subnet_ids", "private_subnet_tag")
            return [
                f"{key} needs vpcId or vpcTag. Set one, or remove it" for key in changed(self, "vpc", subnets)
            ]
        errors = [
            f"{key} has no effect in an existing VPC. Remove it" for key in changed(self, "vpc", ("cidr",))
        ]
        if not (self.private_subnet_ids or self.private_subnet_tag):
            errors.append(
                "vpcPrivateSubnetIds or vpcPrivateSubnetTag must be set with an existing VPC; both are empty"
            )
        pairs = (
            ("vpcId", self.id, "vpcTag", self.tag),
            ("vpcPublicSubnetIds", self.public_subnet_ids, "vpcPublicSubnetTag", self.public_subnet_tag),
            ("vpcPrivateSubnetIds", self.private_subnet_ids, "vpcPrivateSubnetTag", self.private_subnet_tag),
        )
        errors += [
            f"{tag} must be empty where {ids} is set; got {text!r}. Keep one"
            for ids, some, tag, text in pairs
            if some and text
        ]
        return errors
