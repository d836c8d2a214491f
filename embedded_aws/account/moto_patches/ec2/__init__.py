"""EC2: VPCs, security groups, and the order in which their parts come and go."""

from embedded_aws.account.moto_patches.ec2 import security_groups, vpc


def install() -> None:
    """Refuse what AWS refuses, and describe what AWS describes."""
    for module in (security_groups, vpc):
        module.install()
