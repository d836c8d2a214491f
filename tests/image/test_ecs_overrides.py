"""What a task's `executor_config` may change of its ECS task, and how long all of it may be."""

from typing import Any

import pytest

from airflow_ecs_image.ecs_overrides import MAX_OVERRIDES, RefusedWorkloadError, check_length, overrides


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"containerOverrides": [{"name": "ecs-task"}]}),
        (
            {"overrides": {"cpu": "512", "memory": "2048"}},
            {"cpu": "512", "memory": "2048", "containerOverrides": [{"memory": 2048, "name": "ecs-task"}]},
        ),
        (
            {"overrides": {"memory": "2048", "containerOverrides": [{"name": "ecs-task", "memory": 1024}]}},
            {"memory": "2048", "containerOverrides": [{"memory": 1024, "name": "ecs-task"}]},
        ),
    ],
)
def test_size_and_environment_are_the_tasks_to_choose(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Without a limit of its own the container has the memory of the task."""
    assert overrides(given, "ecs-task") == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"networkConfiguration": {}}, "networkConfiguration cannot be changed by a task. overrides can"),
        ({"pod_override": object()}, "pod_override cannot be changed by a task"),
        ({"overrides": {"taskRoleArn": "x"}}, "overrides.taskRoleArn cannot be changed by a task"),
        ({"overrides": [1]}, "overrides must be a mapping"),
        (
            {"overrides": {"containerOverrides": [{"command": ["x"]}]}},
            "containerOverrides.0..command cannot",
        ),
        ({"overrides": {"containerOverrides": [{"cpu": 1}, {"cpu": 1}]}}, "must have one entry"),
        ({"overrides": {"containerOverrides": [{"name": "x"}]}}, "the container is ecs-task; got 'x'"),
        ({"overrides": {"containerOverrides": ["x"]}}, "must be a mapping"),
    ],
)
def test_nothing_else_is(given: dict[str, Any], message: str) -> None:
    """Roles and network are the cluster's; each refusal is one line that names the key."""
    with pytest.raises(RefusedWorkloadError, match=message) as refused:
        overrides(given, "ecs-task")
    assert "\n" not in str(refused.value)


def test_as_many_characters_as_ecs_takes() -> None:
    """One more is refused, with what they are."""
    frame = len('{"containerOverrides":[{"command":[""]}]}')
    fits = {"containerOverrides": [{"command": ["x" * (MAX_OVERRIDES - frame)]}]}
    check_length(fits)
    fits["containerOverrides"][0]["command"][0] += "x"
    with pytest.raises(RefusedWorkloadError, match="8193 of the 8192 characters"):
        check_length(fits)
