"""`airflow-ecs promote`: which image becomes whose.

A script answers for `pulumi`; `tests/engine/test_workflow_commands.py` runs the real one, and
`tests/engine/test_image_copy.py` shows that `up` copies the image and builds none.
"""

import json
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.cli import pulumi
from tests.cli.deployed import DIGEST, REGION, Deployed

ECR = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
IMAGE = f"{ECR}/airflow-dev@{DIGEST}"


@pytest.fixture
def prod(stack: Deployed) -> Deployed:
    """A second stack, which runs a copy of what is promoted; the first one runs what it built."""
    stack.knows(image_uri=IMAGE)
    _prod(stack, image_uri=f"{ECR}/airflow-prod@{DIGEST}")
    return stack


def _prod(stack: Deployed, **outputs: Any) -> None:
    configuration = {"aws:region": REGION}
    pulumi.install(
        stack.folder / "bin", "prod", outputs={**stack.outputs, **outputs}, configuration=configuration
    )


def _changes(stack: Deployed) -> list[str]:
    words = ("config set-all", "preview", "up")
    return [one for one in pulumi.calls(stack.folder / "bin") if one.startswith(words)]


@pytest.mark.parametrize("source", ["dev", IMAGE], ids=["a stack", "an image"])
def test_a_stack_runs_what_another_one_runs(prod: Deployed, source: str) -> None:
    """By the digest of that stack, which is not looked up where it is given."""
    done = prod.run("promote", source, stack="prod")
    assert done.code == 0, done.err
    assert done.out.startswith(f"stack prod runs {ECR}/airflow-prod@{DIGEST}")
    configured, *operations = _changes(prod)
    assert f"--plaintext imageUri={IMAGE} " in configured
    assert "--stack prod" in configured
    assert [one.split()[0] for one in operations] == ["preview", "up"]
    asked = [one for one in pulumi.calls(prod.folder / "bin") if "--stack dev" in one]
    assert bool(asked) == (source == "dev")


def test_the_target_may_be_an_argument(prod: Deployed) -> None:
    """`promote FROM TO`."""
    from cli.app import app  # noqa: PLC0415

    command, bound, _ = app().parse_args(["promote", "dev", "prod"], exit_on_error=False, print_error=False)
    assert command.__name__ == "promote"
    assert bound.args == ("dev", "prod")
    assert prod.outputs["image_uri"] == IMAGE


@pytest.mark.parametrize(
    ("deployed", "versions", "backups"),
    [
        (True, ("3.2.1", "3.3.0"), 1),
        (True, ("3.3.0", "3.3.0"), 0),
        (True, ("", "3.3.0"), 0),
        (False, ("3.2.1", "3.3.0"), 0),
    ],
    ids=["another Airflow", "the same", "not known", "not deployed yet"],
)
def test_a_backup_is_taken_before_another_airflow_migrates(
    prod: Deployed,
    monkeypatch: pytest.MonkeyPatch,
    *,
    deployed: bool,
    versions: tuple[str, str],
    backups: int,
) -> None:
    """Before anything is set; nothing is migrated where there is no database yet."""
    taken: list[list[str]] = []

    def take(*_: object) -> MagicMock:
        taken.append(_changes(prod))
        backup = MagicMock()
        backup.name = "airflow-prod-backup-1"
        return backup

    monkeypatch.setattr("cli.backups.take", take)
    monkeypatch.setattr("cli.promote.airflow_of", MagicMock(side_effect=versions))
    resources = [{"type": "x", "urn": "urn:x::y"}] if deployed else []
    exported: dict[str, Any] = {"version": 3, "deployment": {"resources": resources}}
    (prod.folder / "bin" / "prod" / "stack export").write_text(json.dumps(exported))
    done = prod.run("promote", "dev", stack="prod")
    assert done.code == 0, done.err
    assert taken == [[]] * backups
    assert ("in the backup airflow-prod-backup-1" in done.out) == bool(backups)


def test_an_image_without_a_digest_is_refused(prod: Deployed) -> None:
    """In one line; nothing is changed."""
    prod.knows(image_uri="registry.example/airflow:latest")
    done = prod.run("promote", "dev", stack="prod")
    assert done.code == 2
    assert "stack dev runs registry.example/airflow:latest, and only an image by digest" in done.err
    assert done.err.count("\n") == 1
    assert _changes(prod) == []


def test_another_digest_afterwards_is_an_error(prod: Deployed) -> None:
    """`up` would have deployed something else."""
    _prod(prod, image_uri=f"{ECR}/airflow-prod@sha256:{'b' * 64}")
    done = prod.run("promote", "dev", stack="prod")
    assert done.code == 1
    assert f"stack prod runs {ECR}/airflow-prod@sha256:bbb" in done.err
