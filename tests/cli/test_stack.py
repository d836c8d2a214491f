"""The password of a stack, read with the stack's own identity.

moto answers for AWS: it knows accounts, but lets everybody assume any role. A script answers for
`pulumi`, with what `pulumi stack output --json` and `pulumi config --json` print.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from cli.errors import UsageError
from cli.stack import Stack
from cli.workspace import VARIABLE, default
from tests.cli import pulumi
from tests.cli.command import airflow_ecs
from tests.helpers.mocked_aws import mocked_aws, use_profile

OTHER = "210987654321"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{OTHER}:role/deploy"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The account of the environment's credentials; a profile is of another one."""
    use_profile(monkeypatch, tmp_path, "platform", ROLE)
    with mocked_aws(monkeypatch):
        yield


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder in which `pulumi` answers."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "Pulumi.yaml").touch()
    monkeypatch.setenv("PATH", str(pulumi.install(tmp_path / "bin")), prepend=":")
    return folder


def _deployed(folder: Path, account: str, configuration: Mapping[str, str]) -> None:
    """Store a password in an account, and what Pulumi knows of the stack."""
    outputs = {"url": "https://x", "secret_arns": {"admin-password": _secret(account)}}
    pulumi.install(folder.parent / "bin", outputs=outputs, configuration=configuration)


def _secret(account: str) -> str:
    """Store a password in an account."""
    clients: Any = boto3.Session(region_name=REGION)
    if account != DEFAULT_ACCOUNT_ID:
        taken = clients.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
        clients = boto3.Session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"], REGION)
    secrets = clients.client("secretsmanager")
    return secrets.create_secret(Name="admin-password", SecretString=f"of {account}")["ARN"]


@pytest.mark.parametrize(
    ("configuration", "owner"),
    [
        ({}, DEFAULT_ACCOUNT_ID),
        ({"aws:region": REGION}, DEFAULT_ACCOUNT_ID),
        ({"aws:region": REGION, "aws:profile": "platform"}, OTHER),
        ({"aws:region": REGION, "aws:assumeRoles": json.dumps([{"roleArn": ROLE}])}, OTHER),
        ({"aws:assumeRoles": json.dumps([{"roleArn": ROLE, "externalId": "agreed"}])}, OTHER),
    ],
    ids=["the environment's", "with a region", "a profile's", "an assumed role's", "with an external id"],
)
def test_the_password_is_read_with_the_stacks_identity(
    workspace: Path, configuration: dict[str, str], owner: str
) -> None:
    """That of the stack's file, which Pulumi's AWS provider has too."""
    _deployed(workspace, owner, configuration)
    assert Stack("dev", workspace).password() == f"of {owner}"


def test_each_role_is_assumed_with_the_credentials_of_the_one_before(workspace: Path) -> None:
    """As `aws:assumeRoles` says; the last one's account has the secret."""
    hub = {"roleArn": "arn:aws:iam::111111111111:role/hub"}
    spoke = {"roleArn": ROLE, "externalId": "agreed"}
    _deployed(workspace, OTHER, {"aws:assumeRoles": json.dumps([hub, spoke])})
    assert Stack("dev", workspace).password() == f"of {OTHER}"


@pytest.mark.parametrize("configuration", [{}, {"aws:profile": "nowhere"}], ids=["account", "profile"])
def test_the_wrong_identity_is_one_line(workspace: Path, configuration: dict[str, str]) -> None:
    """With the account to select; no traceback."""
    _deployed(workspace, OTHER, configuration)
    with pytest.raises(UsageError, match=rf"stack dev cannot be read: .*account {OTHER} with AWS_PROFILE"):
        Stack("dev", workspace).password()


def test_a_stack_that_pulumi_does_not_know_is_one_line(workspace: Path) -> None:
    """With the command that makes it."""
    with pytest.raises(UsageError, match="there is no stack prod: make it with `pulumi stack init prod`"):
        Stack("prod", workspace).password()


@pytest.mark.parametrize("command", [("password",), ("trigger", "smoke")], ids=lambda words: words[0])
def test_a_workspace_without_a_project_is_refused(command: tuple[str, ...], tmp_path: Path) -> None:
    """Where a command offers `--workspace`, it reads it."""
    done = airflow_ecs(*command, "--stack", "dev", "--workspace", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "has no Pulumi.yaml: name the project's folder with --workspace" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("comment", "report.md", "--pull-request", "1"),
        ("bootstrap", "--repository", "a/b", "--region", REGION),
    ],
    ids=lambda words: words[0],
)
def test_other_commands_take_no_workspace(command: tuple[str, ...], tmp_path: Path) -> None:
    """They read no stack's file."""
    done = airflow_ecs(*command, "--stack", "dev", "--workspace", str(tmp_path))
    assert done.returncode == 2
    assert "Unknown option: --workspace" in done.stderr


def test_the_environment_names_the_default_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that after `. .local/env` commands read the file that `make up` deployed, not the checkout's."""
    monkeypatch.delenv(VARIABLE, raising=False)
    assert (default() / "Pulumi.yaml").is_file()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert default() == tmp_path
