"""`airflow-ecs test` without an image: what it builds and runs. A drill runs tests in a real one."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from cli import dag_tests
from cli.errors import UsageError
from tests.cli.command import airflow_ecs

DOCKER = f"""#!{sys.executable}
import json, os, sys
if sys.argv[1] == "version":
    sys.exit()
with open(os.environ["SEEN"], "a") as seen:
    there = sorted(os.listdir(sys.argv[-1])) if sys.argv[1] == "build" else []
    print(json.dumps([sys.argv[1:], there]), file=seen)
print("docker", sys.argv[1])
sys.exit(int(os.environ.get("CODE_" + sys.argv[1], "0")))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and a Docker that notes what it is to do."""
    for name in ("project/dags", "project/tests", "bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "project" / "Pulumi.yaml").touch()
    docker = tmp_path / "bin" / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def _seen(project: Path) -> list[tuple[list[str], list[str]]]:
    return [json.loads(line) for line in (project.parent / "seen").read_text().splitlines()]


def test_the_projects_image_runs_its_tests(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With DAGs and tests mounted: a changed one builds nothing. What the build prints is no answer."""
    assert dag_tests.run(project, ["-k", "smoke"], ["HTTP_PROXY=http://proxy"]) == 0
    (build, context), (run, _) = _seen(project)
    assert build[:3] == ["build", "--tag", dag_tests.TAG]
    assert [word for before, word in pairwise(build) if before == "--build-arg"] == [
        "DAG_SOURCE=bundle",
        "HTTP_PROXY=http://proxy",
    ]
    assert context == ["dags", "docker", "plugins"]
    assert run[:3] == ["run", "--rm", "--read-only"]
    mounts = {word for before, word in pairwise(run) if before == "--volume"}
    assert {f"{project}/dags:/project/dags:ro", f"{project}/tests:/project/tests:ro"} < mounts
    assert run[run.index(dag_tests.TAG) :] == [dag_tests.TAG, "-c", dag_tests.PYTEST, "tests", "-k", "smoke"]
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("docker run\n", "docker build\n")


def test_the_command_ends_as_the_tests_do(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And as the build does, where that fails: then nothing is run."""
    monkeypatch.setenv("CODE_run", "5")
    assert airflow_ecs("test", "--", "-x").returncode == 5
    assert _seen(project)[-1][0][-2:] == ["tests", "-x"]
    monkeypatch.setenv("CODE_build", "3")
    assert airflow_ecs("test").returncode == 3
    assert [words[0] for words, _ in _seen(project)] == ["build", "run", "build"]


@pytest.mark.parametrize("folder", ["dags", "tests"])
def test_a_project_without_them_is_refused(project: Path, folder: str) -> None:
    """In one line."""
    (project / folder).rmdir()
    done = airflow_ecs("test")
    assert (done.returncode, done.stderr) == (
        2,
        f"test: {project} has no {folder}/: name the project's folder with --project\n",
    )
    assert not (project.parent / "seen").exists()


def test_pytest_goes_with_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    """It runs with an interpreter that has no packages; what else is installed here stays away from DAGs."""
    dag_tests.copy_runner(tmp_path)
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert 1 + 1 == 2\n")
    script = dag_tests.PYTEST.replace(dag_tests.PACKAGES, str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, "-q", str(tmp_path / "test_it.py")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr
    assert not {"boto3", "pulumi", "yaml", "airflow_ecs"} & {path.name for path in tmp_path.iterdir()}


def test_without_pytest_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only deploys needs none."""
    monkeypatch.setattr(dag_tests, "RUNNER", "no-such-package")
    with pytest.raises(
        UsageError, match=r"no-such-package is not installed: it is part of airflow-ecs\[test\]"
    ):
        dag_tests.copy_runner(tmp_path)
