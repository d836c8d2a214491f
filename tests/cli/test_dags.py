"""`airflow-ecs dags`, with moto's S3 and a script in the place of `pulumi`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.base.dag_versions import DagVersions
from components.model.dag_sources.dag_archive import archive_of
from tests.cli import pulumi
from tests.cli.command import airflow_ecs
from tests.helpers.dag_buckets import current_version, make_dag_bucket
from tests.helpers.moto_account import empty_account

BUCKET = "airflow-dev-dags"
OUTPUTS = {
    "url": "http://x",
    "dags_bucket": BUCKET,
    "secret_arns": {"fernet-key": "arn:aws:secretsmanager:us-east-1:1:secret:x"},
}
AIRFLOW = """\
#!/bin/sh
echo noise
echo 'ERRORS ANSWER'
"""


class Author:
    """Somebody with a checkout and the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dags = folder / "dags"
        self.versions = DagVersions(make_dag_bucket(BUCKET), BUCKET, "arn:aws:iam::1:user/other")

    def write(self, text: str) -> str:
        """Change the DAGs; the name of their version."""
        self.dags.mkdir(exist_ok=True)
        (self.dags / "a.py").write_text(text)
        return archive_of(self.folder).version

    def run(self, *words: str) -> str:
        """Run a command that succeeds; what it printed."""
        done = airflow_ecs("dags", *words, "--stack", "dev", "--workspace", str(self.folder))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str, code: int = 2) -> str:
        """Run a command that fails; why."""
        done = airflow_ecs("dags", *words, "--stack", "dev", "--workspace", str(self.folder))
        assert done.returncode == code, done.stdout
        return done.stderr

    def deployed(self, **outputs: str | None) -> None:
        """Give the stack other outputs."""
        pulumi.install(self.folder / "bin", outputs=OUTPUTS | outputs)

    @property
    def current(self) -> str:
        """The version that the pointer names."""
        return current_version(self.versions)


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Author]:
    """An author of a stack with an empty bucket."""
    for name in ("AWS_PROFILE", "AIRFLOW_ECS_AIRFLOW_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.setenv("PATH", str(pulumi.install(tmp_path / "bin", outputs=OUTPUTS)), prepend=":")
    with empty_account() as account:
        for name, value in account.environment("us-east-1").items():
            monkeypatch.setenv(name, value)
        yield Author(tmp_path)


def test_a_push_is_current_and_in_the_history(author: Author) -> None:
    """With who and why; the same files again are nothing new."""
    first = author.write("x = 1")
    author.run("push", "--message", "for a start")
    second = author.write("x = 2")
    assert author.run("push") == f"version {second[:12]} of 1 files is the current one\n"
    assert author.current == second
    assert author.run("push") == f"version {second[:12]} is the current one already\n"
    newest, oldest = author.run("history").splitlines()
    assert newest.startswith(f"* {second[:12]}  20")
    assert oldest.startswith(f"  {first[:12]}  20")
    assert oldest.endswith("  for a start")
    assert "arn:aws:" in oldest
    listed = json.loads(author.run("history", "--json"))
    assert [(one["version"], one["message"], one["current"]) for one in listed] == [
        (second, "", True),
        (first, "for a start", False),
    ]


def test_a_rollback_goes_back_and_forth_or_to_a_named_version(author: Author) -> None:
    """What it goes back from stays in the history."""
    first, second, third = (author.write(text) for text in ("one = 1", "two = 2", "three = 3"))
    for text in ("one = 1", "two = 2", "three = 3"):
        author.write(text)
        author.run("push")
    assert author.run("rollback") == f"version {second[:12]} is the current one\n"
    assert author.run("rollback") == f"version {third[:12]} is the current one\n"
    author.run("rollback", first[:8])
    assert author.current == first
    assert author.run("rollback", first) == f"version {first[:12]} is the current one already\n"
    for wrong in ("0" * 12, first[:3]):
        assert "must be the first digits, 6 at least, of one version" in author.refused("rollback", wrong)
    assert f"rollback from {third[:12]}" in author.run("history").splitlines()[0]


def test_a_pull_gives_the_files_of_a_version(author: Author) -> None:
    """Into a folder of its own, never over what is there."""
    first = author.write("x = 1")
    author.run("push")
    author.write("x = 2")
    author.run("push")
    author.run("pull", str(author.folder / "current"))
    author.run("pull", str(author.folder / "before"), "--version", first[:12])
    assert [(author.folder / name / "a.py").read_text() for name in ("before", "current")] == [
        "x = 1",
        "x = 2",
    ]
    assert "must be empty, or not exist" in author.refused("pull", str(author.dags))


def test_what_is_not_there_is_one_line(author: Author) -> None:
    """No version yet, no DAGs, a stack with its DAGs in the image, a bucket that is gone."""
    assert author.run("history") == ""
    assert author.refused("rollback").startswith("there is no version to go back to")
    assert author.refused("pull", "x").startswith("there is no such version")
    assert author.refused("push", "--project", str(author.folder / "bin")).startswith("there is no folder")
    author.deployed(dags_bucket="elsewhere")
    error = author.refused("history")
    assert error.startswith("the DAGs of stack dev cannot be reached: ")
    assert error.count("\n") == 1
    author.deployed(dags_bucket=None)
    assert author.refused("history").startswith("stack dev has its DAGs in the image: set dagSource bundle")


def test_a_syntax_error_is_never_pushed(author: Author) -> None:
    """With file and line, wherever the command runs."""
    author.write("x = 1\ndef (:")
    assert author.refused("push", "--no-import", code=1).splitlines() == [
        "dags/a.py:2: invalid syntax",
        "nothing was pushed",
    ]
    assert author.current == ""


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ({}, ""),
        ({"a.py": "Traceback\nModuleNotFoundError: No module named 'x'"}, "dags/a.py: ModuleNotFound"),
    ],
)
def test_dags_are_imported_where_there_is_an_airflow(
    author: Author, monkeypatch: pytest.MonkeyPatch, answer: dict[str, str], refusal: str
) -> None:
    """With a stand-in for Airflow's interpreter."""
    author.write("x = 1")
    python = author.folder / "python"
    python.write_text(
        AIRFLOW.replace("ANSWER", json.dumps(answer).replace("'", "'\"'\"'").replace("\\", "\\\\"))
    )
    python.chmod(0o755)
    monkeypatch.setenv("AIRFLOW_ECS_AIRFLOW_PYTHON", str(python))
    if refusal:
        assert refusal in author.refused("push", code=1)
        author.run("push", "--no-import")
    else:
        author.run("push")


def test_an_interpreter_without_airflow_is_an_error(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with the variable that names it."""
    author.write("x = 1")
    monkeypatch.setenv("AIRFLOW_ECS_AIRFLOW_PYTHON", sys.executable)
    error = author.refused("push")
    assert error.count("\n") == 1
    assert "(AIRFLOW_ECS_AIRFLOW_PYTHON): ModuleNotFoundError: No module named 'airflow'" in error
