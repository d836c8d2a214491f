"""`docs/operations.md`: a section for each command, and the permissions that each needs.

Not proved: that AWS asks for no other action. The calls are recorded, and an action is taken to have the name
of its call, but for `iam:PassRole`, which AWS asks for with RunTask.
"""

import re
from pathlib import Path

import pytest

from cli.ci.actions import RESOURCES
from cli.redeploy import ROLLOUT
from components.base.dag_versions import DagVersions
from tests.cli.deployed import DIGEST, GROUPS, REGION, Deployed
from tests.helpers.dag_buckets import make_dag_bucket
from tests.helpers.interrupts import interrupt_pauses

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
ROWS = {
    verb: set(re.findall(r"`(\w+:\w+)`", actions))
    for verbs, actions in re.findall(
        r"^\| (`[a-z]+`(?:, `[a-z]+`)*) \| (.+) \|$", PAGE.partition("## IAM permissions")[2], re.MULTILINE
    )
    for verb in re.findall(r"`([a-z]+)`", verbs)
}
DEPLOY = {
    *("promote", "restore", "rollback", "rotate", "scale", "sleep", "wake", "stop-scheduler"),
    "start-scheduler",
}
PASSED = "iam:PassRole"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/air@{DIGEST}"
OTHER_NAMES = {"s3:ListObjectVersions": "s3:ListBucketVersions"}
"""Actions that are not named as their calls.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""


def test_each_command_has_its_section() -> None:
    """And its row, but for those that deploy."""
    sections = set(re.findall(r"^## ([a-z][a-z-]*)(?: and ([a-z-]+))?$", PAGE, re.MULTILINE))
    named = {name for pair in sections for name in pair if name}
    assert named == {
        "status",
        "url",
        "logs",
        "run",
        "trigger",
        "redeploy",
        "history",
        "backup",
        "backups",
        *DEPLOY,
    }
    assert set(ROWS) == named - DEPLOY | {"open", "password"}


def test_a_commands_calls_are_its_permissions(stack: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more and no fewer, with everything in the stack that it may read."""
    for group in {*GROUPS.values()}:
        stack.client("logs").create_log_group(logGroupName=group)
    secret = stack.client("secretsmanager").create_secret(Name="admin-password", SecretString="x")["ARN"]
    bucket = make_dag_bucket("air-dags")
    DagVersions(bucket, "air-dags", "arn:me").move("a" * 64, None)
    _deploy_from_ecr(stack)
    stack.knows(
        url="http://127.0.0.1:9",
        secret_arns={"admin-password": secret},
        dags_bucket="air-dags",
        broker_endpoint="somewhere",
    )
    interrupt_pauses(monkeypatch)
    commands = {
        "run": ("run", "--", "dags"),  # first: there is a task for `status` to describe
        "status": ("status",),
        "logs": ("logs",),
        "trigger": ("trigger", "smoke"),
        "password": ("password",),
        "url": ("url",),
        "history": ("history",),
        "backups": ("backups",),
    }
    for verb, words in commands.items():
        stack.run(*words)
        called = {OTHER_NAMES.get(one, one) for one in stack.calls}
        assert called == ROWS[verb] - {PASSED}, verb


def _deploy_from_ecr(stack: Deployed) -> None:
    """Let the scheduler's task definition name an image of ECR."""
    stack.client("ecr").create_repository(repositoryName="air")
    definition = stack.client("ecs").register_task_definition(
        family="air-scheduler",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "scheduler", "image": IMAGE, "memory": 256}],
    )["taskDefinition"]["taskDefinitionArn"]
    stack.client("ecs").update_service(cluster="air", service="air-scheduler", taskDefinition=definition)


def test_a_redeployment_needs_nothing_that_a_rollout_does_not() -> None:
    """It calls what `Rollout` calls, in its place."""
    needs = RESOURCES[ROLLOUT]
    assert ROWS["redeploy"] <= needs.reads | needs.writes
    assert {"ecs:UpdateService", "ecs:ListTasks"} <= ROWS["redeploy"]
