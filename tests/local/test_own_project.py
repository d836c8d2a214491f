"""A project of a user's own on this machine, with real Airflow: up, a changed DAG, tests, down.

Its environment has the wheel and what that needs; that `make setup` can download it is not proved.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.airflow_api import AirflowApi
from tests.helpers.own_project import OwnProject, wheel_here
from tests.helpers.polling import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="own-project")]

DAG = """from airflow.sdk import dag, task

from shared import GREETING


@dag(schedule=None)
def mine():
    @task
    def greet():
        print(GREETING)

    greet()


mine()
"""
BROKEN = "import a_package_that_is_not_there\n"
SEEN_SECONDS = 30


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnProject]:
    """A new project with a cluster that is up; in the end it is taken down."""
    folder = tmp_path_factory.mktemp("own")
    made = OwnProject(folder / "acme")
    made.make(wheel_here(folder / "here", "1.0.0"))
    (made.folder / ".venv" / ".done").touch()  # as after `make setup`
    try:
        _make(made, "up")
        yield made
    finally:
        _make(made, "down")


def _make(project: OwnProject, target: str, code: int = 0) -> str:
    done = subprocess.run(
        ["make", target],
        cwd=project.folder,
        env=project.environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == code, done.stdout[-6000:]
    return done.stdout


def _variables(project: OwnProject) -> dict[str, str]:
    lines = (project.folder / ".local" / "env").read_text()
    return dict(re.findall(r"^export (\w+)='(.*)'$", lines, re.MULTILINE))


def test_a_changed_dag_is_seen_without_a_deployment(project: OwnProject) -> None:
    """With a module that DAGs share; the smoke DAG ran before."""
    (project.folder / "dags" / "mine.py").write_text(DAG)
    (project.folder / "dags" / "shared.py").write_text("GREETING = 'hello'\n")
    variables = _variables(project)
    done = project.run("dags", "push", "--stack", "local", **variables)
    assert done.returncode == 0, done.stderr
    url = project.run("url", "--stack", "local", **variables).stdout.strip()
    password = project.run("password", "--stack", "local", **variables).stdout.strip()
    api = AirflowApi(url, "admin", password)
    api.wait_for_dag("mine", SEEN_SECONDS)
    triggered = project.run("trigger", "mine", "--wait", "--unpause", "--stack", "local", **variables)
    assert triggered.returncode == 0, triggered.stderr
    runs = wait_for("runs of smoke", lambda: api.call("GET", "/dags/smoke/dagRuns")["dag_runs"])
    assert {run["state"] for run in runs} == {"success"}


def test_tests_run_in_the_image(project: OwnProject) -> None:
    """They find a DAG that cannot be imported, and the command ends as they do."""
    assert "2 passed" in _make(project, "test")
    broken = project.folder / "dags" / "broken.py"
    broken.write_text(f"from airflow.sdk import DAG\n\n{BROKEN}")
    try:
        printed = _make(project, "test", code=2)  # of make, for every failure
    finally:
        broken.unlink()
    assert "No module named 'a_package_that_is_not_there'" in printed
    assert "1 failed, 1 passed" in printed


def test_the_project_is_as_its_user_left_it(project: OwnProject, tmp_path: Path) -> None:
    """All that commands made is in `.local`."""
    fresh = OwnProject(tmp_path / "acme")
    fresh.make(next((project.folder / "wheels").iterdir()))
    added = {"dags/mine.py": DAG.encode(), "dags/shared.py": b"GREETING = 'hello'\n"}
    assert project.files() == fresh.files() | added
