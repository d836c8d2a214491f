# pyright: basic
# moto and boto3 have no types
"""A small program goes up, changes and goes away with the real Pulumi engine, on moto alone.

Where the engine was built, this proves nothing about the official plugins.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from pulumi import automation

from embedded_aws import engine
from tests.helpers.moto_account import PlainAccount, empty_account

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine
Counts = dict[str, int]
PROJECT = {"name": "small", "runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}}


@pytest.fixture(scope="module")
def account() -> Iterator[PlainAccount]:
    """An empty account."""
    with empty_account() as plain:
        yield plain


@pytest.fixture(scope="module")
def unsupported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that names what could not be sent."""
    return tmp_path_factory.mktemp("unsupported") / "lines.jsonl"


@pytest.fixture(scope="module")
def stack(
    account: PlainAccount, unsupported: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[automation.Stack]:
    """Return a stack of the program, not yet up."""
    folder = tmp_path_factory.mktemp("small")
    program = shutil.copytree(Path(__file__).parent / "program", folder / "program")
    (program / "Pulumi.yaml").write_text(json.dumps(PROJECT))
    settings = engine.environment() | {
        "EMBEDDED_AWS_UNSUPPORTED_PROPERTIES": str(unsupported),
        **account.environment("us-east-1"),
        "AWS_MAX_ATTEMPTS": "3",
        "PULUMI_BACKEND_URL": folder.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "passphrase",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the first account's key
        boto3.client("s3").create_bucket(Bucket="found")
        options = automation.LocalWorkspaceOptions(work_dir=str(program))
        stack = automation.create_stack("test", work_dir=str(program), opts=options)
        configure(stack, owner="one", version="1", ports="[80, 443]")
        yield stack


def configure(stack: automation.Stack, **settings: str) -> None:
    """Change settings of the program."""
    stack.set_all_config({name: automation.ConfigValue(value) for name, value in settings.items()})


def changes(
    result: automation.UpResult | automation.RefreshResult | automation.DestroyResult,
) -> dict[str, int]:
    """Return what was done, by kind, but for what stayed the same."""
    done = {str(kind): count for kind, count in (result.summary.resource_changes or {}).items()}
    return {kind: count for kind, count in done.items() if kind != "same"}


def test_a_preview_counts_what_will_be_made(stack: automation.Stack) -> None:
    """All inputs that are not known yet go through the provider's plans."""
    summary = stack.preview().change_summary
    assert {str(kind): count for kind, count in summary.items()} == {"create": 10, "import": 1}


def test_up_makes_it_and_a_second_preview_is_empty(stack: automation.Stack, unsupported: Path) -> None:
    """The values are the account's; the state shows no secret; what was not sent is told."""
    up = stack.up()
    assert changes(up) == {"create": 10, "import": 1}
    outputs = {name: output.value for name, output in up.outputs.items()}
    assert outputs["account"] == "123456789012"
    assert outputs["region"] == "us-east-1"
    assert outputs["partition"] == "aws"
    assert outputs["zones"][0] == "us-east-1a"
    assert outputs["prefix_list"].startswith("pl-")
    assert outputs["registry"] == "https://123456789012.dkr.ecr.us-east-1.amazonaws.com"
    assert Path(outputs["python"]) == Path(sys.executable)
    assert outputs["bucket"].startswith("data-")

    assert up.outputs["password"].secret
    assert len(outputs["password"]) == 24
    backend = Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://"))
    states = list(backend.glob(".pulumi/stacks/*/test.json"))
    assert len(states) == 1
    assert outputs["password"] not in states[0].read_text()
    secret = boto3.client("secretsmanager").list_secrets()["SecretList"][0]["ARN"]
    assert (
        boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        == outputs["password"]
    )

    lines = {
        (entry["type"], entry["property"]) for entry in map(json.loads, unsupported.read_text().splitlines())
    }
    assert lines == {("aws:cloudwatch/logGroup:LogGroup", "deletionProtectionEnabled")}

    stack.preview(expect_no_changes=True)
    assert changes(stack.refresh()) == {}


def test_the_order_of_rules_changes_nothing(stack: automation.Stack) -> None:
    """A security group's rules are a set."""
    configure(stack, ports="[443, 80]")
    stack.preview(expect_no_changes=True)


def test_an_update_touches_only_what_it_must(stack: automation.Stack) -> None:
    """A tag changes in place; another keeper makes a new password, and so a new version of the secret."""
    before = stack.outputs()["password"].value
    configure(stack, owner="two")
    assert changes(stack.up()) == {"update": 1}
    name = stack.outputs()["bucket"].value
    assert boto3.client("s3").get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "owner", "Value": "two"}]

    configure(stack, version="2")
    assert changes(stack.up()) == {"replace": 2}
    assert stack.outputs()["password"].value != before


def test_drift_is_seen_and_mended(stack: automation.Stack) -> None:
    """What somebody changed behind the program's back is put right."""
    logs = boto3.client("logs")
    name = logs.describe_log_groups()["logGroups"][0]["logGroupName"]
    logs.put_retention_policy(logGroupName=name, retentionInDays=30)
    assert changes(stack.refresh()) == {"update": 1}
    assert changes(stack.up()) == {"update": 1}
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7


def test_an_account_elsewhere_is_refused(stack: automation.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a general endpoint the provider would talk to AWS itself."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(automation.CommandError, match="AWS_ENDPOINT_URL is not set: this engine serves"):
        stack.preview()


def test_new_tags_of_the_provider_come_with_the_same_update(stack: automation.Stack) -> None:
    """And change with it: the engine takes the provider's new configuration at once."""
    name = stack.outputs()["bucket"].value
    for team in ("data", "science"):
        configure(stack, **{"aws:defaultTags": json.dumps({"tags": {"team": team}})})
        stack.up()
        tags = boto3.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
        assert {one["Key"]: one["Value"] for one in tags} == {"owner": "two", "team": team}
        stack.preview(expect_no_changes=True)


def test_destroy_leaves_nothing(stack: automation.Stack, account: PlainAccount) -> None:
    """No resource, and no process that was told the account's address."""
    assert changes(stack.destroy()) == {"delete": 11}
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    deadline = time.monotonic() + 10
    while left := processes(f"AWS_ENDPOINT_URL={account.address}"):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.2)


def processes(setting: str) -> list[str]:
    """Return the command lines of processes that were started with a setting."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if setting in (folder / "environ").read_text().split("\0"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue  # it ended meanwhile, or is somebody else's
    return found
