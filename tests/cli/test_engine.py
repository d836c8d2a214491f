"""The engine's operations as the command runs them: what they write, how they fail.

A script answers for `pulumi`; `tests/engine/test_deploy.py` runs the real one.
"""

from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from pulumi import automation as auto

from cli import stack_file
from cli.diagnostics import essence
from tests.cli import pulumi
from tests.cli.command import airflow_ecs

URN = "urn:pulumi:dev::airflow-ecs::pulumi-python:dynamic:Resource::scheduler-rollout"
ROLLOUT = """\
Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/pulumi/dynamic/__main__.py", line 84, in wrapper
    return fn(self, request, context)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/project/components/services/rollout.py", line 61, in create
    raise RolloutFailedError(report)
components.services.rollout.RolloutFailedError: service airflow-dev-scheduler was rolled back: exit code 1
  last lines of its log:
  ModuleNotFoundError: No module named 'x'
"""
MISTAKE = """\
Traceback (most recent call last):
  File "/project/components/services/rollout.py", line 61, in create
    props["region"]
KeyError: 'region'
"""
SETTINGS = "config:\n  airflow-ecs:singleTask: true\n"
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
OUTPUTS: dict[str, Any] = {
    "url": "http://127.0.0.1:9",
    "secret_arns": {"x": ARN},
}
READING = {
    "preview": ["preview"],
    "preview --refresh": ["preview", "--refresh", "--expect-no-changes"],
    "cost": ["cost", "--json"],
    "diagram": ["diagram"],
    "deploy": ["deploy"],
    "destroy": ["destroy", "--confirm", "dev"],
    "password": ["password"],
    "trigger": ["trigger", "smoke"],
    "status": ["status"],
    "logs": ["logs"],
    "run": ["run", "dags"],
    "url": ["url"],
    "dags history": ["dags", "history"],
    "check-image": ["check-image", "x"],
}
"""Every verb that has to do with Pulumi."""


class Project:
    """A folder with a project, and a `pulumi` on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.bin = folder / "bin"
        self.folder.mkdir()
        (self.folder / "Pulumi.yaml").write_text("name: airflow-ecs\nruntime: python\n")
        self.file.write_text(SETTINGS)
        self.knows()

    @property
    def file(self) -> Path:
        """The stack's file."""
        return self.folder / "Pulumi.dev.yaml"

    def knows(self, **answers: Any) -> None:
        """Say what `pulumi` answers."""
        answers.setdefault("outputs", OUTPUTS)
        pulumi.install(self.bin, **answers)

    def run(self, *words: str) -> CompletedProcess[str]:
        """Run a command in the project."""
        return airflow_ecs(*words, "--stack", "dev", "--workspace", str(self.folder))

    def files(self) -> dict[str, str]:
        """Read what is there."""
        return {file.name: file.read_text() for file in self.folder.iterdir()}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose stack has settings, and no salt."""
    found = Project(tmp_path)
    monkeypatch.setenv("PATH", str(found.bin), prepend=":")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    return found


def _error(message: str) -> dict[str, Any]:
    return {
        "sequence": 1,
        "timestamp": 0,
        "diagnosticEvent": {"message": message, "severity": "error", "urn": URN, "color": "never"},
    }


@pytest.mark.parametrize("has_file", [True, False], ids=["with a file", "without"])
@pytest.mark.parametrize("words", READING.values(), ids=READING)
def test_no_verb_writes_into_the_project(project: Project, words: list[str], has_file: bool) -> None:  # noqa: FBT001
    """Though Pulumi saves a salt into the file that it reads, or into a new one."""
    if not has_file:
        project.file.unlink()
    before = project.files()
    project.run(*words)
    assert project.files() == before
    called = pulumi.calls(project.bin)
    assert called
    assert not [one for one in called if "select" in one], "the user's next `pulumi up` goes where it went"


def test_pulumi_itself_would_write(project: Project) -> None:
    """Else the test above would prove nothing."""
    auto.select_stack("dev", work_dir=str(project.folder)).preview()
    assert "encryptionsalt" in project.file.read_text()


def test_a_file_elsewhere_is_read_too(project: Project) -> None:
    """`stackConfigDir` of Pulumi.yaml, and a name with the organization and the project."""
    (project.folder / "Pulumi.yaml").write_text("name: x\nstackConfigDir: stacks\n")
    (project.folder / "stacks").mkdir()
    (project.folder / "stacks" / "Pulumi.dev.yml").write_text(SETTINGS)
    given: list[str] = []
    with stack_file.private_copy(project.folder, "acme/airflow/dev") as copy:
        assert copy
        given.append(Path(copy).read_text())
    assert given == [SETTINGS]
    assert not Path(copy).exists()


@pytest.mark.parametrize(
    "words", [["deploy"], ["preview"], ["cost"], ["diagram"]], ids=lambda words: words[0]
)
def test_a_stack_that_does_not_exist_is_one_line(project: Project, words: list[str]) -> None:
    """With the command that makes it, and exit code 2."""
    done = airflow_ecs(*words, "--stack", "nobody", "--workspace", str(project.folder))
    assert (done.returncode, done.stderr) == (
        2,
        "there is no stack nobody: make it with `pulumi stack init nobody`\n",
    )


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("No valid credential sources found", "Select credentials of its account with AWS_PROFILE"),
        (
            "api error ExpiredToken: The security token included in the request is expired",
            "log in to AWS again",
        ),
        ("Invalid AWS Region: eu-west-9", "Check the stack's region"),
    ],
)
@pytest.mark.parametrize("verb", ["preview", "deploy", "cost", "diagram"])
def test_wrong_credentials_are_one_line(project: Project, verb: str, error: str, advice: str) -> None:
    """As Pulumi's AWS provider reports them; exit code 2."""
    project.knows(events=[_error(error)], errors={"preview": "error: preview failed"})
    done = project.run(verb)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{verb} of dev: {error}. ")
    assert advice in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (
            "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
            "pulumi login",
        ),
        ("error: get stack secrets manager: incorrect passphrase", "PULUMI_CONFIG_PASSPHRASE"),
        ("error: read state: operation error S3: api error ExpiredToken: expired", "log in to AWS again"),
    ],
)
def test_a_state_that_cannot_be_read_is_one_line(project: Project, error: str, advice: str) -> None:
    """With what to do, and exit code 2."""
    project.knows(errors={"stack": error, "stack output": error})
    for words in (["password"], ["cost"]):
        done = project.run(*words)
        assert done.returncode == 2
        assert done.stderr.startswith("stack dev cannot be read: ")
        assert "error:" not in done.stderr
        assert advice in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_stack_that_was_never_deployed_is_one_line(project: Project) -> None:
    """It has no password."""
    project.knows(outputs={})
    done = project.run("password")
    assert (done.returncode, done.stderr) == (
        2,
        "stack dev has no outputs yet: run `pulumi up --stack dev` first\n",
    )


def test_missing_credentials_for_the_password_are_one_line(project: Project) -> None:
    """With the account."""
    project.knows(outputs={**OUTPUTS, "secret_arns": {"admin-password": ARN}})
    done = project.run("password")
    assert done.returncode == 2
    assert "Unable to locate credentials. Select credentials of account 123456789012" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_failed_up_ends_with_the_line_that_matters(project: Project) -> None:
    """That of the service, without the traceback of the dynamic provider, and not "update failed"."""
    project.knows(events_of_up=[_error(ROLLOUT)], errors={"up": "error: update failed"})
    done = project.run("deploy")
    assert done.returncode == 1
    message = essence(ROLLOUT).splitlines()
    assert done.stderr.splitlines() == [
        f"error: {message[0]}",
        *message[1:],
        f"deploy of dev failed: {message[0]}",
    ]


def test_an_up_without_credentials_ends_with_what_to_do(project: Project) -> None:
    """As when they expire in the middle of it; exit code 2."""
    expired = "operation error ECS: CreateService, api error ExpiredTokenException: expired"
    project.knows(events_of_up=[_error(expired)], errors={"up": "error: update failed"})
    done = project.run("deploy")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        f"deploy of dev failed: {expired}. The credentials have expired"
    )


def test_an_error_comes_down_to_its_message() -> None:
    """All lines of it; of a mistake in the program also where it is."""
    assert essence(ROLLOUT).splitlines() == [
        "service airflow-dev-scheduler was rolled back: exit code 1",
        "  last lines of its log:",
        "  ModuleNotFoundError: No module named 'x'",
    ]
    assert essence(MISTAKE) == "KeyError: 'region' (/project/components/services/rollout.py, line 61)"
    assert essence(f"{MISTAKE}\nDuring handling of it, another exception occurred:\n\n{ROLLOUT}") == essence(
        ROLLOUT
    )
    assert essence("  Traceback is a word\n") == "Traceback is a word"
    assert essence("https://user:planted@host: no answer") == "https://***@host: no answer"
    assert essence("Traceback (most recent call last):") == "Traceback (most recent call last):"
