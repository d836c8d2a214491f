"""What an Airflow task may change of the ECS task that AwsEcsExecutor starts for it."""

import json
from collections.abc import Collection, Mapping
from typing import Any, cast

MAX_OVERRIDES = 8192
"""Characters of the overrides' JSON, https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html"""
TASK_KEYS = frozenset({"containerOverrides", "cpu", "ephemeralStorage", "memory"})
CONTAINER_KEYS = frozenset({"cpu", "environment", "memory", "memoryReservation", "name"})


class RefusedWorkloadError(Exception):
    """ECS would not take the workload, however often it is tried; the text is for the DAG's author."""


def overrides(executor_config: Mapping[str, Any], container: str) -> dict[str, Any]:
    """The overrides of a task's `executor_config`, for the one container that there is.

    Size and environment, nothing else: network and roles are the cluster's. A task with more memory has it in
    its container too, whose limit is otherwise the task definition's.

    Raises:
        RefusedWorkloadError: it asks for more, or has another form.
    """
    whole = _mapping(executor_config, {"overrides"}, "")
    given = _mapping(whole.get("overrides") or {}, TASK_KEYS, "overrides.")
    containers: list[object] = given.get("containerOverrides") or [{}]
    if len(containers) != 1:
        raise RefusedWorkloadError("executor_config: overrides.containerOverrides must have one entry")
    own = _mapping(containers[0], CONTAINER_KEYS, "overrides.containerOverrides[0].")
    if (name := own.get("name", container)) != container:
        raise RefusedWorkloadError(f"executor_config: the container is {container}; got {name!r}")
    memory = {"memory": int(given["memory"])} if str(given.get("memory", "")).isdecimal() else {}
    return {**given, "containerOverrides": [{**memory, **own, "name": container}]}


def check_length(sent: Mapping[str, Any]) -> None:
    """Check that ECS takes the overrides of a request, the workload among them.

    Raises:
        RefusedWorkloadError: they are too long.
    """
    length = len(json.dumps(sent, separators=(",", ":")))
    if length > MAX_OVERRIDES:
        workload = sum(len(one.get("command", [""])[-1]) for one in sent["containerOverrides"])
        raise RefusedWorkloadError(
            f"the task needs {length} of the {MAX_OVERRIDES} characters that ECS takes as overrides; its "
            f"workload has {workload}, its executor_config the rest. Shorten that, or choose another executor"
        )


def _mapping(given: object, keys: Collection[str], place: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise RefusedWorkloadError(f"executor_config: {place.rstrip('.') or 'it'} must be a mapping")
    found = {str(key): value for key, value in cast("Mapping[object, Any]", given).items()}
    if others := sorted(found.keys() - {*keys}):
        raise RefusedWorkloadError(
            f"executor_config: {place}{others[0]} cannot be changed by a task. {', '.join(sorted(keys))} can"
        )
    return found
