"""DAGs as versions in a bucket, on the real engine: `up`, a push beside it, and `up` again.

The image only pretends to be Airflow; `tests/image/test_dag_versions.py` shows what Airflow makes of it.
The tests run in order and share the stack.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from components.model.dag_sources.dag_archive import archive_of
from tests.engine import commands
from tests.engine.bench import PROJECT, Bench
from tests.engine.changes import preview
from tests.engine.shipped import KEYS, client
from tests.helpers.checkout import SHIPPED

pytestmark = [pytest.mark.engine, pytest.mark.drill(name="dag-bundle")]


@pytest.fixture(scope="module")
def stack(bench: Bench) -> Iterator[auto.Stack]:
    """Development with a bundle, brought up and in the end destroyed."""
    settings = {
        **KEYS["dev"],
        "airflow-ecs:imageUri": bench.images["good"],
        "airflow-ecs:dagSource": "bundle",
        "airflow-ecs:protectData": '"false"',
        "airflow-ecs:discardData": '"true"',
    }
    made = bench.stack("bundle", settings, base=(SHIPPED / "Pulumi.dev.yaml").read_text())
    made.up()
    yield made
    made.destroy()


def pointer(stack: auto.Stack) -> dict[str, Any]:
    """Read the pointer."""
    bucket = stack.outputs()["dags_bucket"].value
    return json.loads(client("s3").get_object(Bucket=bucket, Key="dags/current")["Body"].read())


def dags(stack: auto.Stack, *words: str) -> str:
    """Run a command; what it printed."""
    place = ("--stack", stack.name, "--workspace", stack.workspace.work_dir)
    done = subprocess.run(
        [commands.COMMAND, "dags", *words, *place], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_up_deploys_what_is_checked_out(stack: auto.Stack) -> None:
    """And has nothing to do a second time."""
    found = pointer(stack)
    assert found["version"] == archive_of(PROJECT).version
    assert found["message"] == "pulumi up"
    assert ":sts:" in found["pushed_by"] or ":iam:" in found["pushed_by"]
    assert preview(stack) == set()


def test_a_push_needs_no_deployment_and_stays(stack: auto.Stack, tmp_path: Path) -> None:
    """Neither `up` nor a refresh takes it back; a rollback does."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/other.py").write_text("x = 1\n")
    pushed = archive_of(tmp_path).version
    assert f"version {pushed[:12]} of 1 files" in dags(stack, "push", "--project", str(tmp_path))
    assert preview(stack) == set()
    stack.up(refresh=True)
    assert pointer(stack)["version"] == pushed
    assert dags(stack, "history").count("\n") == 2
    dags(stack, "rollback")
    assert pointer(stack)["version"] == archive_of(PROJECT).version
