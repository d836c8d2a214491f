# pyright: basic
# moto has no types for its backends.
"""A task's network interface, its target groups and its Cloud Map names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends
from moto.ec2.utils import random_public_ip
from moto.elbv2.models import elbv2_backends
from moto.servicediscovery.exceptions import InstanceNotFound, ServiceNotFound
from moto.servicediscovery.models import servicediscovery_backends

if TYPE_CHECKING:
    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.model import JSON, Task
    from embedded_aws.account.elbv2.load_balancers import LoadBalancers


class TaskNetworking:
    """Registers tasks where their service says."""

    def __init__(self, account: Account, balancers: LoadBalancers) -> None:
        self._account, self._balancers = account, balancers

    def attach(self, task: Task) -> None:
        """Give the task a network interface in its subnet, with the task's address."""
        backend = ec2_backends[task.account_id][task.region]
        task.network_interface = backend.create_network_interface(
            subnet=task.subnet,
            private_ip_address=task.address,
            group_ids=task.security_groups,
            description=f"arn:aws:ecs:{task.region}:{task.account_id}:attachment/{task.attachment_id}",
        )
        task.network_interface.status = "in-use"
        if task.public:
            task.network_interface.public_ip = random_public_ip()

    def detach(self, task: Task) -> None:
        """Delete the network interface."""
        if task.network_interface is not None:
            ec2_backends[task.account_id][task.region].enis.pop(task.network_interface.id, None)

    def register(self, task: Task) -> None:
        """Register the task in its service's target groups and Cloud Map services."""
        with self._account.lock:
            for group, balancer in self._target_groups(task):
                group.targets[task.address] = {"Id": task.address, "Port": balancer["containerPort"]}
                _add_event(task, f"registered 1 targets in (target-group {group.arn})")
            for service_id in _registries(task):
                attributes = {
                    "AWS_INSTANCE_IPV4": task.address,
                    "AVAILABILITY_ZONE": f"{task.region}a",
                    "ECS_CLUSTER_NAME": task.cluster_arn.rsplit("/", 1)[-1],
                    "ECS_SERVICE_NAME": task.group.removeprefix("service:"),
                    "ECS_TASK_DEFINITION_FAMILY": task.definition.family,
                    "REGION": task.region,
                }
                backend = servicediscovery_backends[task.account_id][task.region]
                try:
                    backend.register_instance(service_id, task.id, task.id, attributes)
                except ServiceNotFound:
                    _add_event(
                        task, f"was unable to register 1 instance: the Cloud Map service {service_id} is gone"
                    )
            self.report_health(task)

    def report_health(self, task: Task) -> None:
        """Report the task's health to Cloud Map, and resolve names accordingly.

        ECS tells it to a Cloud Map service with a custom health check; without one every registered task is
        found, as soon as it runs: https://docs.aws.amazon.com/cloud-map/latest/dg/services-health-checks.html
        """
        for service_id in _registries(task):
            backend = servicediscovery_backends[task.account_id][task.region]
            try:
                instance = backend.get_instance(service_id, task.id)
            except (InstanceNotFound, ServiceNotFound):
                continue
            has_custom_check = backend.get_service(service_id).health_check_custom_config is not None
            unhealthy = task.checks_health and task.health != "HEALTHY"
            instance.health_status = "UNHEALTHY" if has_custom_check and unhealthy else "HEALTHY"
            self._publish(task, service_id)

    def deregister(self, task: Task) -> None:
        """Take the task out of target groups and Cloud Map."""
        with self._account.lock:
            for group, _ in self._target_groups(task):
                if group.targets.pop(task.address, None) is not None:
                    _add_event(task, f"deregistered 1 targets in (target-group {group.arn})")
            for service_id in _registries(task):
                backend = servicediscovery_backends[task.account_id][task.region]
                try:
                    backend.deregister_instance(service_id, task.id)
                    self._publish(task, service_id)
                except (InstanceNotFound, ServiceNotFound):
                    continue

    def drained(self, task: Task) -> bool:
        """Whether no load balancer has an open request to the task."""
        return not any(
            self._balancers.serves(group.arn, task.address) for group, _ in self._target_groups(task)
        )

    def healthy(self, task: Task) -> bool | None:
        """Whether all target groups find the task healthy; None: one is still looking (or there is none)."""
        states = [self._balancers.health(group.arn, task.address) for group, _ in self._target_groups(task)]
        if "unhealthy" in states:
            return False
        return True if states and all(state in {"healthy", "unused"} for state in states) else None

    def _target_groups(self, task: Task) -> list[tuple[Any, JSON]]:
        settings = task.deployment.service.settings if task.deployment else {}
        groups = elbv2_backends[task.account_id][task.region].target_groups
        return [
            (groups[balancer["targetGroupArn"]], balancer)
            for balancer in settings.get("loadBalancers", [])
            if balancer.get("targetGroupArn") in groups
        ]

    def _publish(self, task: Task, service_id: str) -> None:
        """Let the Cloud Map name stand for its healthy instances, for all where none is."""
        backend = servicediscovery_backends[task.account_id][task.region]
        service = backend.get_service(service_id)
        namespace = backend.get_namespace(
            (service.dns_config or {}).get("NamespaceId") or service.namespace_id
        )
        instances = [i for i in service.instances if i.health_status == "HEALTHY"] or service.instances
        name = f"{service.name}.{namespace.name}"
        self._account.hosts_file.publish(
            service.arn, [(i.attributes["AWS_INSTANCE_IPV4"], name) for i in instances]
        )


def _registries(task: Task) -> list[str]:
    settings = task.deployment.service.settings if task.deployment else {}
    return [registry["registryArn"].rsplit("/", 1)[-1] for registry in settings.get("serviceRegistries", [])]


def _add_event(task: Task, text: str) -> None:
    if task.deployment is not None:
        task.deployment.service.add_event(text)
