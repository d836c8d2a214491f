# pyright: basic
# moto has no types for its backends.
"""AWS Cloud Map: namespaces of one name in several VPCs, and what stays while something is in it."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.servicediscovery.exceptions import NamespaceNotFound, ServiceNotFound
from moto.servicediscovery.models import ServiceDiscoveryBackend

_create_service = ServiceDiscoveryBackend.create_service
_delete_namespace = ServiceDiscoveryBackend.delete_namespace
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
    if service_id not in self.services:
        raise ServiceNotFound(service_id)
    if self.services[service_id].instances:
        text = "Service contains registered instances; delete the instances before deleting the service"
        raise JsonRESTError("ResourceInUse", text)
    _delete_service(self, service_id)


def create_service(self: ServiceDiscoveryBackend, name: str, namespace_id: str | None, **rest: Any) -> Any:
    """Refuse a namespace that does not exist, and a second service of one name in it.

    The provider names the namespace in `DnsConfig`, which AWS takes too.
    https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html
    """
    wanted = namespace_id or (rest.get("dns_config") or {}).get("NamespaceId")
    if wanted not in self.namespaces:
        raise NamespaceNotFound(str(wanted))
    if any((one.name, _namespace(one)) == (name, wanted) for one in self.services.values()):
        raise JsonRESTError("ServiceAlreadyExists", f"Service {name} already exists in {wanted}")
    create: Any = _create_service
    return create(self, name=name, namespace_id=namespace_id, **rest)


def delete_namespace(self: ServiceDiscoveryBackend, namespace_id: str) -> str:
    """Keep a namespace with services.

    https://docs.aws.amazon.com/goto/WebAPI/servicediscovery-2017-03-14/DeleteNamespace
    """
    if any(_namespace(service) == namespace_id for service in self.services.values()):
        raise JsonRESTError("ResourceInUse", f"Namespace {namespace_id} has associated services")
    return _delete_namespace(self, namespace_id)


def _namespace(service: Any) -> str | None:
    return service.namespace_id or (service.dns_config or {}).get("NamespaceId")


def install() -> None:
    """Compare namespaces as AWS does, and keep what something is in."""
    backend: Any = ServiceDiscoveryBackend
    backend.create_service = create_service
    backend.delete_namespace = delete_namespace
    backend.create_private_dns_namespace = create_private_dns_namespace
    backend.delete_service = delete_service
