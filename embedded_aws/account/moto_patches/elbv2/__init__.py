"""Elastic Load Balancing: listeners, addresses and targets as AWS checks them."""

from embedded_aws.account.moto_patches.elbv2 import checks, internet, listeners, network_load_balancers


def install() -> None:
    """Refuse what AWS refuses."""
    for module in (listeners, network_load_balancers, internet, checks):
        module.install()
