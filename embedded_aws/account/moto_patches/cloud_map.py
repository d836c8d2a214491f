# pyright: basic
# moto has no types for its backends.
"""AWS Cloud Map: namespaces of one name in several VPCs, and services that have instances."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.servicediscovery.models import ServiceDiscoveryBackend

_create_private_dns_namespace = ServiceDiscoveryBackend.create_private_dns_namespace
_delete_service = ServiceDiscoveryBackend.delete_service


def create_private_dns_namespace(self: ServiceDiscoveryBackend, name: str, *, vpc: str, **rest: Any) -> str:
    """Refuse a second namespace of one name in a VPC; moto, which only compares VPCs, refuses any second one.

    https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html
    """
    return _create_private_dns_namespace(self, name, vpc=f"{name} in {vpc}", **rest)


def delete_service(self: ServiceDiscoveryBackend, service_id: str) -> None:
    """Keep a service with instances, in the words of terraform-provider-aws#4853.

    https://docs.aws.amazon.com/cloud-map/latest/api/API_DeleteService.html
    """
    if service_id in self.services and self.services[service_id].instances:
        text = "Service contains registered instances; delete the instances before deleting the service"
        raise JsonRESTError("ResourceInUse", text)
    _delete_service(self, service_id)


def install() -> None:
    """Compare namespaces as AWS does, and keep services that have instances."""
    backend: Any = ServiceDiscoveryBackend
    backend.create_private_dns_namespace = create_private_dns_namespace
    backend.delete_service = delete_service
