# pyright: basic
# moto has no types for its backends.
"""What calls of ECS need.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ecs.models import ecs_backends

from embedded_aws.account.authorization.needs import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.account.authorization.calls import Call
    from embedded_aws.account.authorization.needs import Place

_TASKS = {
    "DescribeTasks": "tasks",
    "ExecuteCommand": "task",
    "GetTaskProtection": "tasks",
    "StopTask": "task",
    "UpdateTaskProtection": "tasks",
}
_SERVICES = {
    "CreateService": "serviceName",
    "DeleteService": "service",
    "DescribeServices": "services",
    "UpdateService": "service",
}
_CLUSTERS = {
    "DeleteCluster": "cluster",
    "DescribeClusters": "clusters",
    "UpdateCluster": "cluster",
    "UpdateClusterSettings": "cluster",
}
_RUN = {"RunTask", "StartTask"}
_PASSED_TO = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}


def needs(call: Call, place: Place) -> list[Need]:
    """List what a call needs; starting a task or registering one passes its roles on."""
    cluster = place.arn("ecs", f"cluster/{_cluster(call)}")
    context = {"ecs:cluster": cluster}
    action = f"ecs:{call.operation}"
    if call.operation in _RUN:
        return [
            Need(action, _definition_arn(call, place), context),
            *_passed_roles(call, place),
            *_tagging(call, place),
        ]
    if call.operation == "RegisterTaskDefinition":
        roles = [role for key in ("executionRoleArn", "taskRoleArn") for role in call.strings(key)]
        return [Need(action), *(Need("iam:PassRole", role, _PASSED_TO) for role in roles)]
    return [_on(action, resource, context, place) for resource in _resources(call, place, cluster)]


def of_task(action: str, task: Any) -> Need:
    """Return what an action on a task needs."""
    context = {"ecs:cluster": task.cluster_arn} | _tag_context(task.tags)
    return Need(action, task.arn, context, has_all_tags=True)


def _on(action: str, resource: str, context: dict[str, str], place: Place) -> Need:
    """Return what an action on a resource needs; a task's or a service's tags are known."""
    kind, _, name = resource.rpartition(":")[2].partition("/")
    cluster = name.partition("/")[0]
    backend = ecs_backends[place.account_id][place.region]
    found = {
        "task": backend.tasks.get(cluster, {}).get(resource),
        "service": backend.services.get(name.replace("/", ":")),
    }.get(kind)
    tags = _tag_context(getattr(found, "tags", None) or [])
    return Need(action, resource, context | tags, has_all_tags=found is not None)


def _tag_context(tags: list[Any]) -> dict[str, str]:
    return {f"{owner}:ResourceTag/{tag['key']}": tag["value"] for tag in tags for owner in ("aws", "ecs")}


def _tagging(call: Call, place: Place) -> list[Need]:
    """List what tags in a request need beside the action that makes what is tagged.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    """
    given: Any = call.parameters.get("tags") or []
    if not given:
        return []
    tags = {f"aws:RequestTag/{tag['key']}": tag.get("value", "") for tag in given}
    context = tags | {"ecs:CreateAction": call.operation}
    return [Need("ecs:TagResource", place.arn("ecs", f"task/{_cluster(call)}/*"), context)]


def _resources(call: Call, place: Place, cluster: str) -> list[str]:
    name = _cluster(call)
    if parameter := _TASKS.get(call.operation):
        found = [_arn(place, "task", name, given) for given in call.strings(parameter)]
        # ExecuteCommand names both: the session opens through the cluster.
        found += [cluster] if call.operation == "ExecuteCommand" else []
    elif parameter := _SERVICES.get(call.operation):
        found = [_arn(place, "service", name, given) for given in call.strings(parameter)]
    elif parameter := _CLUSTERS.get(call.operation):
        names = call.strings(parameter) or ["default"]
        found = [one if one.startswith("arn:") else place.arn("ecs", f"cluster/{one}") for one in names]
    elif call.operation == "ListTasks":
        found = [place.arn("ecs", f"container-instance/{name}/*")]
    else:
        found = call.strings("resourceArn")
    return found or ["*"]


def _cluster(call: Call) -> str:
    """Return the name of the cluster that a call is about."""
    given = call.string("cluster", "clusterName") or "default"
    return given.rpartition("cluster/")[2]


def _arn(place: Place, kind: str, cluster: str, given: str) -> str:
    return given if given.startswith("arn:") else place.arn("ecs", f"{kind}/{cluster}/{given}")


def _definition(call: Call, place: Place) -> Any:
    backend = ecs_backends[place.account_id][place.region]
    try:
        return backend.describe_task_definition(call.string("taskDefinition"))
    except Exception:  # noqa: BLE001 - moto's own errors, which the call itself will meet
        return None


def _definition_arn(call: Call, place: Place) -> str:
    found = _definition(call, place)
    given = call.string("taskDefinition")
    if found is not None:
        return found.arn
    return given if given.startswith("arn:") else place.arn("ecs", f"task-definition/{given}")


def _passed_roles(call: Call, place: Place) -> Iterator[Need]:
    """List the roles that a task gets, of its definition or in their place.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """
    found = _definition(call, place)
    overrides: Any = call.parameters.get("overrides") or {}
    for key, attribute in (("executionRoleArn", "execution_role_arn"), ("taskRoleArn", "task_role_arn")):
        if role := overrides.get(key) or getattr(found, attribute, None):
            yield Need("iam:PassRole", str(role), _PASSED_TO)
