"""What must hold for every workflow; `tests/engine/test_workflow_commands.py` runs what they run.

Neither proves that GitHub accepts them; actionlint and zizmor come as near as can be had without it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from cli.ci.roles import SESSION_SECONDS
from tests.cli import workflows
from tests.cli.expressions import Expression

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
def test_no_job_has_more_permissions_than_it_needs(name: str) -> None:
    """Nothing by default; an OpenID token only where a role is taken."""
    found = workflows.read(name)
    assert found["permissions"] in ({}, {"contents": "read"})
    for job in found["jobs"].values():
        permissions = job.get("permissions", {})
        assert set(permissions) <= {"contents", "id-token", "pull-requests"}
        assert permissions.get("contents", "read") == "read"
        roles = [step for step in job["steps"] if "role" in step.get("with", {})]
        assert (permissions.get("id-token") == "write") == bool(roles) <= (name in WITH_ROLE)


@pytest.mark.parametrize("name", WITH_ROLE)
def test_who_takes_a_role_may_not_write_to_pull_requests(name: str) -> None:
    """A job that comments runs the base branch's code: a pull request's own could approve itself."""
    for job in workflows.read(name)["jobs"].values():
        if job.get("permissions", {}).get("pull-requests") == "write":
            assert "id-token" not in job["permissions"]
            (checkout,) = [one["with"] for one in job["steps"] if "checkout@" in one.get("uses", "")]
            assert checkout["ref"] == "${{ github.event.pull_request.base.sha }}"


@pytest.mark.parametrize("name", WITH_ROLE)
def test_every_job_with_a_role_names_an_environment(name: str) -> None:
    """Which its role trusts alone, and whose variables say in which account the stack lives."""
    for title, job in workflows.read(name)["jobs"].items():
        if "vars." in str(job):
            assert job["environment"], title
            assert job["permissions"]["id-token"] == "write", title


def test_a_role_is_taken_after_everything_is_installed() -> None:
    """Packages' own code runs while they are installed."""
    action = yaml.safe_load((workflows.ROOT / ".github" / "actions" / "setup" / "action.yml").read_text())
    *before, last = action["runs"]["steps"]
    assert "configure-aws-credentials@" in last["uses"]
    assert not any("configure-aws-credentials" in str(one) for one in before)


def test_a_session_outlasts_every_job() -> None:
    """And is no longer than the roles that `bootstrap` makes allow."""
    action = yaml.safe_load((workflows.ROOT / ".github" / "actions" / "setup" / "action.yml").read_text())
    seconds = action["runs"]["steps"][-1]["with"]["role-duration-seconds"]
    assert seconds == SESSION_SECONDS
    for name in WITH_ROLE:
        for job in workflows.read(name)["jobs"].values():
            assert job["timeout-minutes"] * 60 <= seconds


def test_pulumis_version_is_the_sdks() -> None:
    """Not the newest of the day."""
    action = yaml.safe_load((workflows.ROOT / ".github" / "actions" / "setup" / "action.yml").read_text())
    (installed,) = [
        one["with"] for one in action["runs"]["steps"] if "pulumi/actions@" in one.get("uses", "")
    ]
    locked = re.search(r"^pulumi==(\S+)", (workflows.ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert locked is not None
    assert installed["pulumi-version"] == locked[1]


@pytest.mark.parametrize("name", workflows.NAMES)
def test_a_fork_gets_no_credentials(name: str) -> None:
    """Not by `pull_request_target`, which would run its code with ours; and its jobs do not begin."""
    found = workflows.read(name)
    assert "pull_request_target" not in found["on"]
    assert "workflow_run" not in found["on"]
    if "pull_request" in found["on"] and name in WITH_ROLE:
        event = _event("synchronize", repository="else/airflow")
        for title, job in found["jobs"].items():
            if "needs" not in job or "cancelled" in job.get("if", ""):
                assert not Expression(job["if"]).holds(event), title


def _event(
    action: str, *labels: str, state: str = "open", label: str = "", repository: str = "acme/airflow"
) -> dict[str, Any]:
    """Give the context of an event of a pull request, of this repository where no other is named."""
    pull_request = {
        "state": state,
        "labels": [{"name": one} for one in labels],
        "head": {"repo": {"full_name": repository}},
    }
    event = {"action": action, "pull_request": pull_request, "label": {"name": label} if label else None}
    return {
        "cancelled": False,
        "github": {"event_name": "pull_request", "repository": "acme/airflow", "event": event},
    }


SWEEP: Final[dict[str, Any]] = {
    "github": {"event_name": "schedule", "repository": "acme/airflow", "event": {}}
}


@pytest.mark.parametrize(
    ("event", "jobs"),
    [
        (_event("labeled", "stack", label="stack"), {"deploy"}),
        (_event("labeled", "stack", "bug", label="bug"), set[str]()),
        (_event("labeled", "bug", label="bug"), set[str]()),
        (_event("labeled", "stack", label="stack", state="closed"), set[str]()),
        (_event("synchronize", "stack"), {"deploy"}),
        (_event("synchronize"), set[str]()),
        (_event("reopened", "stack"), {"deploy"}),
        (_event("unlabeled", label="stack"), {"destroy"}),
        (_event("unlabeled", label="stack", state="closed"), {"destroy"}),
        (_event("unlabeled", "stack", label="bug"), set[str]()),
        (_event("closed", "stack", state="closed"), {"destroy"}),
        (_event("closed", state="closed"), set[str]()),
        (SWEEP, {"sweep"}),
        ({"github": SWEEP["github"] | {"event_name": "workflow_dispatch"}}, {"sweep"}),
    ],
)
def test_a_pull_requests_cluster_comes_and_goes(event: dict[str, Any], jobs: set[str]) -> None:
    """One for an open pull request with the label, and nobody keeps one without."""
    found = workflows.read("pull-request-stack")
    if event["github"]["event_name"] == "pull_request":
        assert event["github"]["event"]["action"] in found["on"]["pull_request"]["types"]
    else:
        assert event["github"]["event_name"] in found["on"]
    conditions = {title: job["if"] for title, job in found["jobs"].items() if "if" in job}
    assert {title for title, text in conditions.items() if Expression(text).holds(event)} == jobs
    assert found["jobs"]["comment"]["needs"] == "deploy"


def test_production_waits_for_its_environment() -> None:
    """Whose reviewers GitHub asks; dev comes first, and prod gets the image that dev runs."""
    jobs = workflows.read("deploy")["jobs"]
    assert (jobs["prod"]["needs"], jobs["prod"]["environment"]) == ("dev", "prod")
    assert jobs["prod"]["concurrency"]["cancel-in-progress"] is False
    assert workflows.read("preview")["jobs"]["preview"]["environment"] == "${{ matrix.stack }}-preview"


def test_productions_image_is_checked_before_it_is_deployed() -> None:
    """It must be made from the deployed commit, whatever dev's state says; the history is there to tell."""
    steps = workflows.read("deploy")["jobs"]["prod"]["steps"]
    commands = [one.get("run", "") for one in steps]
    (check,) = [place for place, one in enumerate(commands) if "check-image" in one]
    (deploy,) = [place for place, one in enumerate(commands) if "airflow-ecs promote" in one]
    assert check < deploy
    for job in ("dev", "prod"):
        (checkout,) = [
            one["with"] for one in workflows.steps("deploy", job) if "checkout@" in one.get("uses", "")
        ]
        assert checkout["fetch-depth"] == 0


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


@pytest.mark.long
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
