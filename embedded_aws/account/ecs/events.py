"""The events that ECS sends to EventBridge.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedded_aws.account.ecs.model import Task
    from embedded_aws.account.ecs.service_model import Deployment
    from embedded_aws.account.eventbridge import EventBus

_NOT_IN_EVENTS = ("healthStatus", "tags")
_DEPLOYMENT_EVENTS = {
    "IN_PROGRESS": ("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
    "COMPLETED": ("INFO", "SERVICE_DEPLOYMENT_COMPLETED"),
    "FAILED": ("ERROR", "SERVICE_DEPLOYMENT_FAILED"),
}
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html"""


def task_changed(bus: EventBus, task: Task) -> None:
    """Send that a task has another status."""
    detail = {key: value for key, value in task.describe().items() if key not in _NOT_IN_EVENTS}
    bus.send("aws.ecs", "ECS Task State Change", task.region, [task.arn], detail)


def deployment_changed(bus: EventBus, deployment: Deployment) -> None:
    """Send that a service's deployment has another rollout state."""
    severity, name = _DEPLOYMENT_EVENTS[deployment.rollout]
    detail = {
        "eventType": severity,
        "eventName": name,
        "deploymentId": deployment.id,
        "updatedAt": deployment.updated_at,
        "reason": deployment.reason,
    }
    service = deployment.service
    bus.send("aws.ecs", "ECS Deployment State Change", service.region, [service.arn], detail)
