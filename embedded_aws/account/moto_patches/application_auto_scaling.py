# pyright: basic
# moto has no types for its handlers.
"""Application Auto Scaling: tags of scaling targets, which moto does not keep, and policies without a target.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html,
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_A_TARGET = ("put_scaling_policy", "put_scheduled_action", "deregister_scalable_target")
_OF_ITSELF = ("delete_scaling_policy", "delete_scheduled_action")


def _no_tags(_: object) -> str:
    return '{"Tags": {}}'


def _registered(action: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse what belongs to a target that is not registered."""

    def checked(self: Any, *args: Any, **given: Any) -> Any:
        resource = given.get("resource_id") or given.get("r_id") or args[1]
        if not any(resource in targets for targets in self.targets.values()):
            raise JsonRESTError("ObjectNotFoundException", f"No scalable target registered for {resource}")
        return action(self, *args, **given)

    return checked


def _found(action: Callable[..., Any]) -> Callable[..., Any]:
    """Answer with AWS's code where there is nothing to delete; moto takes it for a wrong value."""

    def checked(self: Any, *args: Any, **given: Any) -> Any:
        actions = len(self.scheduled_actions)
        try:
            answer = action(self, *args, **given)
        except AWSValidationException as error:
            raise JsonRESTError("ObjectNotFoundException", error.message) from error
        if action.__name__ == "delete_scheduled_action" and len(self.scheduled_actions) == actions:
            raise JsonRESTError("ObjectNotFoundException", "No scheduled action found")
        return answer

    return checked


def install() -> None:
    """Add the missing actions, and refuse what has no target."""
    for action in ("list_tags_for_resource", "tag_resource", "untag_resource"):
        setattr(ApplicationAutoScalingResponse, action, _no_tags)
    for names, check in ((_OF_A_TARGET, _registered), (_OF_ITSELF, _found)):
        for name in names:
            setattr(ApplicationAutoscalingBackend, name, check(getattr(ApplicationAutoscalingBackend, name)))
