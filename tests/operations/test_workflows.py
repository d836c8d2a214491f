"""What must hold for every workflow; `tests/engine/test_workflow_commands.py` runs what they run.

Neither proves that GitHub accepts them; actionlint and zizmor come as near as can be had without it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import workflows

ACTIONLINT = "1.7.12"
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}|\./.+")
WITH_ROLE = ("deploy", "drift", "preview", "pull-request-stack")


def test_the_workflows_are_these() -> None:
    """A new one must be looked at by the tests below."""
    assert workflows.NAMES == ["deploy", "drift", "preview", "pull-request-stack", "test"]


@pytest.mark.parametrize("name", workflows.NAMES)
def test_actions_are_pinned_and_leave_no_token_behind(name: str) -> None:
    """By commit, since a tag can be moved."""
    text = (workflows.FOLDER / f"{name}.yml").read_text()
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [one for one in used if not PINNED.fullmatch(one)] == []
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


@pytest.mark.parametrize("name", workflows.NAMES)
def test_no_job_has_more_rights_than_it_needs(name: str) -> None:
    """Nothing by default; an OpenID token only where a role is taken."""
    found = workflows.read(name)
    assert found["permissions"] in ({}, {"contents": "read"})
    for job in found["jobs"].values():
        rights = job.get("permissions", {})
        assert set(rights) <= {"contents", "id-token", "pull-requests"}
        assert rights.get("contents", "read") == "read"
        assert (rights.get("id-token") == "write") == (name in WITH_ROLE)


@pytest.mark.parametrize("name", workflows.NAMES)
def test_a_fork_gets_no_credentials(name: str) -> None:
    """Not by `pull_request_target`, which would run its code with ours; and its jobs do not begin."""
    found = workflows.read(name)
    assert "pull_request_target" not in found["on"]
    assert "workflow_run" not in found["on"]
    if "pull_request" in found["on"] and name in WITH_ROLE:
        for job in found["jobs"].values():
            assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]


def test_production_waits_for_its_environment() -> None:
    """Whose reviewers GitHub asks; dev comes first, and prod gets the image that dev runs."""
    jobs = workflows.read("deploy")["jobs"]
    assert (jobs["prod"]["needs"], jobs["prod"]["environment"]) == ("dev", "prod")
    assert jobs["prod"]["concurrency"]["cancel-in-progress"] is False
    assert workflows.read("preview")["jobs"]["preview"]["environment"] == "${{ matrix.stack }}-preview"


@pytest.mark.parametrize("name", workflows.NAMES)
def test_no_expression_stands_in_a_script(name: str) -> None:
    """A branch's name would become part of the program; values come by environment."""
    for job in workflows.read(name)["jobs"].values():
        assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []


def test_zizmor_finds_nothing() -> None:
    """https://docs.zizmor.sh; without asking GitHub."""
    zizmor = Path(sys.executable).parent / "zizmor"
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--quiet", workflows.ROOT / ".github"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("go") is None, reason="actionlint is built with Go, which is not here")
def test_actionlint_finds_nothing() -> None:
    """https://github.com/rhysd/actionlint, built once."""
    cache = Path.home() / ".cache" / "airflow-ecs" / f"actionlint-{ACTIONLINT}"
    if not (cache / "actionlint").exists():
        source = f"github.com/rhysd/actionlint/cmd/actionlint@v{ACTIONLINT}"
        subprocess.run(["go", "install", source], check=True, env={**os.environ, "GOBIN": str(cache)})
    done = subprocess.run(
        [cache / "actionlint", "-no-color"], check=False, capture_output=True, text=True, cwd=workflows.ROOT
    )
    assert done.returncode == 0, done.stdout
