# pyright: basic
# moto has no types for its handlers.
"""Tags of scaling targets and budgets, which moto does not keep; Cloud Map's namespaces and services."""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.budgets.responses import BudgetsResponse
from moto.core.exceptions import JsonRESTError
from moto.servicediscovery.models import ServiceDiscoveryBackend

_create_private_dns_namespace = ServiceDiscoveryBackend.create_private_dns_namespace
_delete_service = ServiceDiscoveryBackend.delete_service


def _no_tags(_: object) -> str:
    return '{"Tags": {}}'


def _no_resource_tags(_: object) -> str:
    return '{"ResourceTags": []}'


def _subscribers(_: object) -> str:
    return '{"Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.com"}]}'


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
    """Add the missing actions."""
    for action in ("list_tags_for_resource", "tag_resource", "untag_resource"):
        setattr(ApplicationAutoScalingResponse, action, _no_tags)
    budgets = {
        "list_tags_for_resource": _no_resource_tags,
        "describe_subscribers_for_notification": _subscribers,
    }
    for action, answer in budgets.items():
        setattr(BudgetsResponse, action, answer)
    cloud_map: Any = ServiceDiscoveryBackend
    cloud_map.create_private_dns_namespace = create_private_dns_namespace
    cloud_map.delete_service = delete_service
