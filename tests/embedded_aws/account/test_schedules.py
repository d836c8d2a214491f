# pyright: basic
# boto3's answers have no types.
"""Schedules fire when their expressions say, and start what their targets say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws.account.eventbridge_scheduler import expressions

from .conftest import allow, wait

if TYPE_CHECKING:
    from .conftest import Stage

CREATED = datetime(2026, 11, 21, 9, 59, 30, tzinfo=UTC)  # a Saturday


def fires(expression: str, zone: str = "UTC") -> list[str]:
    """The minutes of ten days in which an expression fires, asked every ten seconds around each full hour."""
    due = expressions.parse(expression, zone, CREATED)
    found: list[str] = []
    for hour in range(10 * 24):
        start = CREATED + timedelta(hours=hour, seconds=-5)
        for step in range(12):
            before, now = (start + timedelta(seconds=10 * (step + more)) for more in (0, 1))
            if due(max(before, CREATED), now):
                found.append(f"{now:%d %H:%M}")
    return found


@pytest.mark.conformance(
    operation="scheduler:CreateSchedule",
    says="`at`, `rate` and `cron` expressions are due at the times that they name.",
    source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
)
@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("at(2026-11-22T10:00:05)", ["22 10:00"]),
        ("at(2026-11-20T10:00:00)", []),
        ("rate(1 day)", ["22 09:59", "23 09:59"]),
        ("cron(0 10 * * ? *)", ["21 10:00", "22 10:00"]),
        ("cron(0 10 ? * MON-FRI *)", ["23 10:00", "24 10:00"]),
        ("cron(0 10 ? * 1,7 2026)", ["21 10:00", "22 10:00", "28 10:00"]),
        ("cron(0/30 8-9 25 NOV ? *)", ["25 08:00", "25 09:00"]),
        ("cron(0 10 * * ? 2027)", []),
    ],
)
def test_an_expression_fires_at_its_times(expression: str, first: list[str]) -> None:
    """Once each time, at the minute."""
    found = fires(expression)
    assert found[: len(first)] == first
    assert bool(found) is bool(first)


@pytest.mark.conformance(
    operation="scheduler:CreateSchedule",
    says="`at` and `cron` expressions are evaluated in the schedule's time zone.",
    source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
)
def test_a_time_zone_counts() -> None:
    """Eleven in Berlin is ten in UTC, in winter."""
    assert fires("cron(0 11 22 * ? *)", "Europe/Berlin") == ["22 10:00"]
    assert fires("at(2026-11-22T11:00:05)", "Europe/Berlin") == ["22 10:00"]


@pytest.mark.conformance(
    operation="scheduler:CreateSchedule",
    says="An invalid expression is an error.",
    error="ValidationException",
)
@pytest.mark.parametrize(
    "expression",
    [
        *(
            "now",
            "rate(0 minutes)",
            "rate(5 parsecs)",
            "at(tomorrow)",
            "cron(0 10 * * *)",
            "cron(0 10 * * * *)",
        ),
        *("cron(60 10 * * ? *)", "cron(0 10 L * ? *)", "cron(0 10 ? * FRI-MON *)", "cron(17 4 * * ? *"),
    ],
)
def test_an_invalid_expression_is_refused(stage: Stage, expression: str) -> None:
    """When the schedule is made, as AWS does."""
    with pytest.raises(stage.scheduler.exceptions.ValidationException, match="Invalid Schedule Expression"):
        make(stage, "x", expression, {"Arn": "arn:c", "RoleArn": "arn:r"})


def make(stage: Stage, name: str, expression: str, target: dict[str, Any], state: str = "ENABLED") -> None:
    """Make a schedule."""
    stage.scheduler.create_schedule(
        Name=name,
        FlexibleTimeWindow={"Mode": "OFF"},
        ScheduleExpression=expression,
        State=state,
        Target=target,
    )


def soon(seconds: int = 2) -> str:
    """An expression for a moment from now."""
    return f"at({datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S})"


def starting(stage: Stage, *, passed_to: str = "ecs-tasks.amazonaws.com") -> str:
    """A role that may start tasks, and pass roles to a service."""
    condition = {"StringEquals": {"iam:PassedToService": passed_to}}
    return stage.role(allow("ecs:RunTask"), allow("iam:PassRole", Condition=condition))


def target(stage: Stage, text: str, role_arn: str = "") -> dict[str, Any]:
    """A target that prints a text."""
    overrides = {"containerOverrides": [{"name": "web", "command": [f"print({text!r})"]}]}
    return {
        "Arn": stage.ecs.describe_clusters(clusters=["stage"])["clusters"][0]["clusterArn"],
        "EcsParameters": {
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": stage.subnets}},
            "TaskDefinitionArn": stage.definition("sys.exit(1)"),
        },
        "Input": json.dumps(overrides),
        "RoleArn": role_arn or starting(stage),
    }


def started(stage: Stage, name: str) -> list[str]:
    """The tasks that a schedule has started."""
    mine = {"cluster": "stage", "startedBy": f"chronos-schedule/{name}"}
    return [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in stage.ecs.list_tasks(**mine, desiredStatus=status)["taskArns"]
    ]


@pytest.mark.conformance(
    operation="scheduler:CreateSchedule",
    says="A disabled schedule starts nothing.",
)
def test_a_schedule_starts_its_target_once(stage: Stage) -> None:
    """With the network and the overrides that it holds; a disabled one starts nothing until it is enabled."""
    answer = target(stage, "on time")
    make(stage, "on", soon(), answer)
    make(stage, "off", soon(), target(stage, "never"), "DISABLED")
    wait(lambda: started(stage, "on"))
    task = stage.until_stopped(started(stage, "on")[0])
    assert task["containers"][0]["exitCode"] == 0
    assert stage.output(task) == ["on time"]
    assert task["taskDefinitionArn"] == answer["EcsParameters"]["TaskDefinitionArn"]
    held = stage.scheduler.get_schedule(Name="on")
    stage.scheduler.update_schedule(
        **{key: held[key] for key in ("Name", "FlexibleTimeWindow", "Target")}, ScheduleExpression=soon()
    )
    wait(lambda: len(started(stage, "on")) == 2)
    assert started(stage, "off") == []


@pytest.mark.conformance(
    operation="scheduler:CreateSchedule",
    says="A schedule starts its target with its execution role, which needs to pass the task's roles.",
    source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role",
)
def test_a_schedule_starts_what_its_role_may_start(stage: Stage) -> None:
    """RunTask and PassRole; who may not, starts nothing, and only the account's log says so.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role
    """
    make(stage, "may-not", soon(), target(stage, "no", stage.role()))
    make(
        stage, "passes-to-others", soon(), target(stage, "no", starting(stage, passed_to="ec2.amazonaws.com"))
    )
    make(stage, "may", soon(3), target(stage, "yes"))
    wait(lambda: started(stage, "may"))
    assert started(stage, "may-not") == started(stage, "passes-to-others") == []
