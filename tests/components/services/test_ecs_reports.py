"""What people read when a task failed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.services import ecs_reports
from tests.components.fake_ecs import FakeAws, task, task_arn


@pytest.mark.parametrize(
    ("stopped", "report"),
    [
        ({}, "no reason given"),
        ({"stoppedReason": "Scaling activity"}, "Scaling activity"),
        (
            {
                "stoppedReason": "Essential container in task exited",
                "containers": [{"name": "worker", "exitCode": 137, "reason": "OutOfMemoryError"}],
            },
            "Essential container in task exited; container worker exited with 137; OutOfMemoryError",
        ),
        (
            {"stoppedReason": "Health", "containers": [{"name": "worker", "healthStatus": "UNHEALTHY"}]},
            "Health; container worker was unhealthy",
        ),
        ({"containers": [{"name": "w", "exitCode": 0}]}, "no reason given; container w exited with 0"),
    ],
)
def test_everything_that_ecs_knows_is_reported(stopped: dict[str, Any], report: str) -> None:
    """Its own reason, and each container's exit code, reason and health; an exit code of 0 is one too."""
    assert ecs_reports.why_stopped(stopped) == report


@pytest.mark.parametrize(
    ("codes", "unhealthy", "found"),
    [
        ({"a": 143, "b": 1, "c": 137}, "", "b"),
        ({"a": 143, "b": 0, "c": 137}, "", "c"),
        ({"a": 143, "b": 143, "c": 137}, "b", "b"),
        ({"a": 143, "b": 0}, "", "main"),
        ({"a": None}, "", "main"),
        ({}, "", "main"),
    ],
)
def test_of_several_containers_the_one_to_blame_is_found(
    codes: dict[str, int | None], unhealthy: str, found: str
) -> None:
    """Who failed before who was ill before who was killed; the others only got a signal."""
    containers = [
        {"name": name, "exitCode": code, "healthStatus": "UNHEALTHY" if name == unhealthy else "UNKNOWN"}
        for name, code in codes.items()
    ]
    assert ecs_reports.culprit({"containers": containers}, "main") == found


def test_a_container_that_wrote_nothing_has_no_lines() -> None:
    """Its log stream does not exist."""
    assert ecs_reports.last_lines(FakeAws(), "group", "worker", task_arn("quiet")) == []


def test_another_error_of_the_logs_is_not_swallowed() -> None:
    """Missing rights are to be seen, not to look like silence."""

    class Denied:
        """Logs that nobody may read."""

        def get_log_events(self, **_asked: Any) -> None:
            """Refuse."""
            answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise ClientError(answer, "GetLogEvents")

    with pytest.raises(ClientError, match="AccessDenied"):
        ecs_reports.last_lines(Denied(), "group", "worker", task_arn("x"))


def test_reason_and_lines_stand_together() -> None:
    """The task by its short id, each line on its own."""
    text = ecs_reports.report(task("x", stoppedReason="Why"), ["one", "two"])
    assert text == "task x stopped: Why\n  its last log lines:\n    one\n    two"
    assert ecs_reports.report(task("x", stoppedReason="Why"), []).endswith("lines: (it wrote nothing)")
