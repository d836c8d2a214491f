"""Answers that AWS clients wait for and moto does not give, one module a service."""

from embedded_aws.account.fixes import (
    failures,
    listeners,
    network,
    network_load_balancers,
    small_services,
    storage,
    vpc,
)


def install() -> None:
    """Mend moto in this process."""
    for module in (failures, listeners, network, network_load_balancers, small_services, storage, vpc):
        module.install()
