# pyright: basic
# moto has no types for its handlers.
"""moto's Application Auto Scaling with checks, with activities, and with policies that keep their ARN.

https://docs.aws.amazon.com/autoscaling/application/APIReference/
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.applicationautoscaling import responses
from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeApplicationAutoscalingPolicy
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError
from moto.ecs.models import ecs_backends

from embedded_aws.account.application_auto_scaling import checks, service_linked_role
from embedded_aws.account.application_auto_scaling.activities import DIMENSION
from embedded_aws.account.authorization import Place
from embedded_aws.account.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.account.application_auto_scaling.scaling import Scaling

_OF_A_TARGET = ("put_scaling_policy", "put_scheduled_action", "deregister_scalable_target")
_OF_ITSELF = ("delete_scaling_policy", "delete_scheduled_action")
_RUNNING = dict.fromkeys(
    ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
)
_MAX_RESULTS = 50
_register = ApplicationAutoscalingBackend.register_scalable_target
_deregister = ApplicationAutoscalingBackend.deregister_scalable_target
_put_policy = ApplicationAutoscalingBackend.put_scaling_policy


def install(scaling: Scaling) -> None:
    """Replace what moto answers."""
    backend: Any = ApplicationAutoscalingBackend
    response: Any = ApplicationAutoScalingResponse
    backend.register_scalable_target = _registering(scaling)
    backend.deregister_scalable_target = _deregistering(scaling)
    backend.put_scaling_policy = put_scaling_policy
    response.describe_scaling_activities = _describing(scaling)
    for action in ("list_tags_for_resource", "tag_resource", "untag_resource"):
        setattr(response, action, _no_tags)
    for names, check in ((_OF_A_TARGET, _of_registered), (_OF_ITSELF, _found)):
        for name in names:
            setattr(backend, name, check(getattr(backend, name)))
    responses._build_alarms = _alarms  # noqa: SLF001 - of moto


def put_scaling_policy(
    self: ApplicationAutoscalingBackend, *, policy_name: str, policy_type: str | None, **given: Any
) -> FakeApplicationAutoscalingPolicy:
    """Create a policy, or change one, which keeps its ARN: alarms name it."""
    key = FakeApplicationAutoscalingPolicy.formulate_key(
        given["service_namespace"], given["resource_id"], given["scalable_dimension"], policy_name
    )
    old = self.policies.get(key)
    if policy_type == "StepScaling" or (old is not None and old.policy_type == "StepScaling"):
        checks.policy_name(policy_name)
        before = (old.step_scaling_policy_configuration if old else None) or {}
        given["policy_body"] = {**before, **(given["policy_body"] or {})}
        checks.step_scaling(given["policy_body"])
    made = _put_policy(self, policy_name=policy_name, policy_type=policy_type, **given)
    if old is not None:
        made.policy_arn, made.creation_time = old.policy_arn, old.creation_time
    return made


def _registering(scaling: Scaling) -> Callable[..., Any]:
    def register_scalable_target(self: Any, namespace: str, r_id: str, dimension: str, **given: Any) -> Any:
        """Register or change a target; an ECS service's count is brought within its bounds."""
        old = self.targets.get(dimension, {}).get(r_id)
        new = {name: given.get(name) for name in ("min_capacity", "max_capacity")}
        checks.capacities(*(getattr(old, name, None) if one is None else one for name, one in new.items()))
        before = (old.suspended_state if old else None) or {}
        given["suspended_state"] = _RUNNING | before | (given.get("suspended_state") or {})
        if namespace != "ecs":
            return _register(self, namespace, r_id, dimension, **given)
        _require_service(self, r_id)
        place = Place(self.partition, self.region_name, self.account_id)
        given["role_arn"] = service_linked_role.arn(place)
        made = _register(self, namespace, r_id, dimension, **given)
        service_linked_role.create(place)
        scaling.registered(self.region_name, r_id)
        return made

    return register_scalable_target


def _deregistering(scaling: Scaling) -> Callable[..., Any]:
    def deregister_scalable_target(self: Any, namespace: str, r_id: str, dimension: str) -> None:
        """Deregister a target, with its policies and scheduled actions."""
        _deregister(self, namespace, r_id, dimension)
        for key, policy in list(self.policies.items()):
            if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
                policy.delete_alarms(self.account_id, self.region_name)
                del self.policies[key]
        self.scheduled_actions = [
            one
            for one in self.scheduled_actions
            if (one.resource_id, one.scalable_dimension) != (r_id, dimension)
        ]
        scaling.deregistered(self.region_name, r_id)

    deregister_scalable_target.__name__ = "deregister_scalable_target"
    return deregister_scalable_target


def _describing(scaling: Scaling) -> Callable[..., str]:
    def describe_scaling_activities(self: Any) -> str:
        """Return activities, newest first; those that did not scale if they are asked for.

        https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
        """
        given = json.loads(self.body or "{}")
        if given.get("ScalableDimension") and not given.get("ResourceId"):
            raise AWSValidationException(
                "If you specify a scalable dimension, you must also specify a resource ID"
            )
        found = [
            activity.describe()
            for activity, scaled in scaling.activities(self.region)
            if given.get("ServiceNamespace") == "ecs"
            and given.get("ResourceId") in (None, activity.resource_id)
            and given.get("ScalableDimension") in (None, DIMENSION)
            and (scaled or given.get("IncludeNotScaledActivities"))
        ]
        shown, more = page(found, given.get("NextToken"), int(given.get("MaxResults") or _MAX_RESULTS))
        return json.dumps({"ScalingActivities": shown, **({"NextToken": more} if more else {})})

    return describe_scaling_activities


def _require_service(backend: Any, resource_id: str) -> None:
    services: Any = ecs_backends[backend.account_id][backend.region_name].services
    service = services.get(":".join(resource_id.split("/")[1:]))
    if service is None or service.status != "ACTIVE":
        raise AWSValidationException(f"ECS service doesn't exist: {resource_id}")


def _alarms(policy: FakeApplicationAutoscalingPolicy) -> list[dict[str, str]]:
    """List the alarms that invoke a policy."""
    alarms: Any = cloudwatch_backends[policy.account_id][policy.region_name].alarms
    return [
        {"AlarmARN": alarm.alarm_arn, "AlarmName": alarm.name}
        for alarm in list(alarms.values())
        for actions in (alarm.alarm_actions, alarm.ok_actions, alarm.insufficient_data_actions)
        if any(arn.partition(":createdBy/")[0] == policy.policy_arn for arn in actions)
    ]


def _no_tags(_: object) -> str:
    return '{"Tags": {}}'


def _of_registered(action: Callable[..., Any]) -> Callable[..., Any]:
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
