"""The resources that alarms are about, whose names are known once they exist."""

from typing import Final

from ..alarm import NameOf
from ..services.ingress import LOAD_BALANCER
from ..services.service import DATABASE

CLUSTER: Final = NameOf(resource="cluster")
NAMESPACE: Final = NameOf(resource="namespace")
"""The namespace of the cluster's metrics."""
CERTIFICATE: Final = NameOf(resource="certificate")
BALANCER: Final = NameOf(resource=LOAD_BALANCER)
INSTANCE: Final = NameOf(resource=DATABASE)


def service_name(service: str) -> NameOf:
    """Name an ECS service."""
    return NameOf(resource=f"service {service}")


def target_group(service: str) -> NameOf:
    """Name the target group of a service."""
    return NameOf(resource=f"target group {service}")
