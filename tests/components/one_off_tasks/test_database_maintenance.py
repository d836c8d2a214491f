"""`DatabaseMaintenance` under mocks: the schedule, what it starts, what it may. Not that AWS fires it."""

import json

from components.one_off_tasks.database_maintenance import DatabaseMaintenance, DatabaseMaintenanceArgs
from tests.components.tasks import SERVICES, placed, task_args
from tests.helpers.pulumi_mocks import ACCOUNT, Recording, record


def _maintenance() -> Recording:
    def build() -> None:
        args = DatabaseMaintenanceArgs(
            task=placed(task_args(SERVICES["maintenance"], health_check=False)),
            schedule="cron(17 4 * * ? *)",
        )
        DatabaseMaintenance("m", args)

    return record(build)


def test_the_schedule_in_full() -> None:
    """It names the revision, so a new image is what runs next."""
    assert _maintenance().one("Schedule").inputs == {
        "flexibleTimeWindow": {"mode": "OFF"},
        "scheduleExpression": "cron(17 4 * * ? *)",
        "target": {
            "arn": "arn:cluster",
            "ecsParameters": {
                "launchType": "FARGATE",
                "networkConfiguration": {
                    "assignPublicIp": False,
                    "securityGroups": ["group"],
                    "subnets": ["subnet-a", "subnet-b"],
                },
                "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/m:1",
            },
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 3},
            "roleArn": "arn:aws:iam:eu-west-1:123456789012:Role/m-schedule",
        },
    }


def test_only_the_scheduler_of_this_account_may_take_the_role() -> None:
    """And it may pass on just the two roles of the task."""
    recording = _maintenance()
    (trust,) = json.loads(recording.one("Role", "m-schedule").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    _, give = json.loads(recording.one("RolePolicy", "m-schedule").inputs["policy"])["Statement"]
    arn = "arn:aws:iam:eu-west-1:123456789012:Role/m-"
    assert give["Resource"] == [f"{arn}execution", f"{arn}task"]


def test_nothing_else_watches_or_keeps_it() -> None:
    """No service: it ends by itself."""
    kinds = sorted(one.type.rsplit(":", 1)[1] for one in _maintenance().resources if one.custom)
    assert kinds == sorted(["LogGroup", *3 * ["Role", "RolePolicy"], "Schedule", "TaskDefinition"])
