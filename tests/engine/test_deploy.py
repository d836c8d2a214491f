"""`airflow-ecs deploy` and `destroy` on the real engine: outputs, locks, signals, refusals.

The program only waits, so that an update can be met while it runs; `test_stacks` deploys the real one.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation as auto

from embedded_aws import engine
from tests.engine import commands
from tests.engine.bench import Bench
from tests.helpers.polling import wait_for

pytestmark = [pytest.mark.engine, pytest.mark.long]

PROGRAM = Path(__file__).parent / "waiting"
LOCKED, CANCELLED = 75, 130


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Prepare an engine; nothing here needs an account."""
    home = tmp_path_factory.mktemp("deploy")
    (home / "state").mkdir()
    (home / "workspaces").mkdir()
    environment = {
        **engine.environment(),
        "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "engine-tests",
    }
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        yield Bench(home, environment, {})


def waiting(bench: Bench, name: str, seconds: float) -> auto.Stack:
    """Select a stack of the program that waits; its first resource says that it begins."""
    settings = {"waiting:seconds": f'"{seconds}"', "waiting:begun": str(begun(bench, name))}
    return bench.stack(name, settings, project=PROGRAM)


def begun(bench: Bench, name: str) -> Path:
    """Give the file that the first resource of a stack touches."""
    return bench.home / f"{name}-begun"


def resources(bench: Bench, name: str) -> set[str]:
    """Name what a stack's state holds."""
    latest = json.loads(bench.state_file(name, "waiting"))["checkpoint"]["latest"]
    return {one["urn"].rsplit("::", 1)[1] for one in latest.get("resources", [])} & {"first", "second"}


def wait_for_lock(bench: Bench, name: str) -> None:
    """Wait until an update of a stack runs."""
    locks = bench.home / "state" / ".pulumi" / "locks"
    wait_for("an update runs", lambda: list(locks.rglob(f"{name}/*.json")))


def test_deploy_prints_progress_and_outputs_as_json(bench: Bench) -> None:
    """Progress on stderr, a line for each resource; stdout is JSON and holds no secret."""
    done = commands.run(waiting(bench, "plain", 0), "deploy")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"password": "[secret]", "seconds": 0}
    assert "created pulumi-python:dynamic:Resource first (" in done.stderr
    assert "planted-password" not in done.stdout + done.stderr


def test_no_command_writes_into_the_project(bench: Bench) -> None:
    """Though Pulumi itself adds the salt of the stack's secrets to a file without one."""
    stack = waiting(bench, "salted", 0)
    assert commands.run(stack, "deploy").returncode == 0
    folder = Path(stack.workspace.work_dir)
    file = folder / "Pulumi.salted.yaml"
    file.write_text("".join(line for line in file.open() if not line.startswith("encryptionsalt")))
    before = {one: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    for words in (["preview"], ["deploy"], ["password"], ["destroy", "--confirm", "salted"]):
        done = commands.run(stack, *words)
        assert done.returncode == (2 if words == ["password"] else 0), done.stderr
        assert {one: one.read_bytes() for one in folder.iterdir() if one.is_file()} == before, words


def test_a_deploy_meets_another(bench: Bench) -> None:
    """One line says who holds the stack and what to do; with patience it waits instead."""
    stack = waiting(bench, "busy", 8)
    first = commands.start(stack, "deploy")
    wait_for_lock(bench, "busy")
    refused = commands.run(stack, "deploy")
    assert refused.returncode == LOCKED
    assert "another update holds the stack (created by" in refused.stderr
    assert "pulumi cancel" in refused.stderr
    assert "Traceback" not in refused.stderr
    patient = commands.run(stack, "deploy", "--wait-seconds", "600")
    assert patient.returncode == 0, patient.stderr
    assert first.wait() == 0


def test_a_signal_ends_a_deploy_and_keeps_what_is_done(bench: Bench) -> None:
    """As GitHub cancels a job: SIGINT, SIGTERM later. The running step is finished, the next never begins.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
    """
    stack = waiting(bench, "ended", 8)
    running = commands.start(stack, "deploy")
    wait_for("its first resource begins", begun(bench, "ended").exists)
    os.kill(running.pid, signal.SIGINT)
    time.sleep(1)
    os.kill(running.pid, signal.SIGTERM)
    _, stderr = running.communicate(timeout=600)
    assert running.returncode == CANCELLED, stderr
    assert "deploy of ended was cancelled (SIGINT); what was done is kept. Run it again" in stderr
    assert resources(bench, "ended") == {"first"}
    again = commands.run(waiting(bench, "ended", 0), "deploy")
    assert again.returncode == 0, again.stderr
    assert resources(bench, "ended") == {"first", "second"}


def test_destroy_wants_the_stacks_name_twice(bench: Bench) -> None:
    """A slip of the shell's history deletes nothing."""
    stack = waiting(bench, "plain", 0)
    for name in ("", "plane"):
        refused = commands.run(stack, "destroy", "--confirm", name)
        assert refused.returncode == 2
        assert f"--confirm must be plain; got {name}" in refused.stderr
    assert resources(bench, "plain") == {"first", "second"}
    done = commands.run(stack, "destroy", "--confirm", "plain")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "stack plain is empty\n"
    assert resources(bench, "plain") == set()


def test_a_stack_that_is_not_there_is_one_line(bench: Bench) -> None:
    """With the command that makes it."""
    stack = waiting(bench, "plain", 0)
    for action in ("preview", "deploy"):
        done = commands.run(stack, action, "--stack", "nobody")
        assert done.returncode == 2
        assert done.stderr == "there is no stack nobody: make it with `pulumi stack init nobody`\n"
