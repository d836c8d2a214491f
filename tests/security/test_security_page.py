"""SECURITY.md's table of what DAG code can read, against what the program gives each service.

What this does not prove: that code finds no more than its service is given.
"""

import re

import pytest

from components.model.iam.grants import Grants
from components.model.secrets import Secret
from components.model.services import task_role_policy
from components.model.services.service import Service
from components.model.settings.settings import SecretsBackendSettings, Settings
from tests.components.model.samples import CELERY, ECS, LOCAL, members
from tests.helpers.checkout import ROOT

KEYS = {
    Secret.DATABASE_URL: "database owner's URL",
    Secret.FERNET_KEY: "Fernet key",
    Secret.JWT_PRIVATE_KEYS: "the tokens' private keys",
    Secret.BROKER_URL: "broker's URL",
}
PERMISSIONS = {
    "s3:PutObject": "logs and data buckets",
    "ecs:UpdateTaskProtection": "task protection",
    "secretsmanager:GetSecretValue": "secrets under",
}
GRANTS = Grants(
    logs_bucket_arn="arn:aws:s3:::logs",
    logs_prefix="tasks",
    data_bucket_arn="arn:aws:s3:::data",
    cluster_arn="arn:aws:ecs:eu-west-1:123456789012:cluster/airflow",
)
ROWS = {
    "a task, LocalExecutor": (LOCAL, "scheduler"),
    "a task, CeleryExecutor": (CELERY, "worker"),
    "a task, AwsEcsExecutor": (ECS, "ecs-task"),
    "a DAG file, or": (CELERY, "dag-processor"),
    "a trigger": (CELERY, "triggerer"),
}


def row(start: str) -> tuple[str, str]:
    """The keys and the permissions of one row, as the page has them."""
    (found,) = re.findall(
        rf"^\| {start}[^|]*\| ([^|]*) \| ([^|]*) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE
    )
    return found


@pytest.mark.parametrize("start", ROWS)
def test_the_table_lists_what_the_program_gives(start: str) -> None:
    """No key and no permission more, none less."""
    settings, name = ROWS[start]
    service = _service(settings, name)
    keys, permissions = row(start)
    assert {secret for secret, words in KEYS.items() if words in keys} == service.secrets
    allowed = {
        action
        for one in task_role_policy.statements(_with_backend(settings), [service], GRANTS)
        for action in one["Action"]
    }
    assert {
        action for action, words in PERMISSIONS.items() if words in permissions
    } == allowed & PERMISSIONS.keys()


def test_what_runs_in_every_service_has_all_keys() -> None:
    """Of those that the table names in no other row, the page names the API server's."""
    elsewhere = {secret for one in ROWS.values() for secret in _service(*one).secrets}
    (server,) = (one for one in members(LOCAL) if one.name == "api-server")
    assert server.secrets - elsewhere == {Secret.API_SECRET_KEY}
    assert "API secret key" in row("a plugin or a package")[0]


def _with_backend(settings: Settings) -> Settings:
    return Settings(executor=settings.executor, secrets_backend=SecretsBackendSettings(prefix="airflow/prod"))


def _service(settings: Settings, name: str) -> Service:
    (found,) = (one for one in members(_with_backend(settings)) if one.name == name)
    return found
