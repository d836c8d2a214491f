"""`make up` and `make down` without what they start.

The account, the engine and `pulumi` are replaced here: that they work together is proved in `cluster/`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.rotation import ROTATIONS
from cli.workspace import VARIABLE
from components.model.settings.configuration import DECLARED
from embedded_aws import account, capabilities, engine
from local import cluster, services
from local.lock import Lock
from local.phases import Phases
from local.state import State
from tests.helpers import checkout

LEFT: dict[str, tuple[bool, list[str]]] = {
    "nothing": (False, []),
    "an account that saved nothing": (False, ["aws", "workspace", "pulumi", "passphrase"]),
    "an account that ended, and no state": (False, ["aws", "workspace"]),
    "an account that runs, and no state": (True, ["aws", "workspace"]),
    "a state that nobody can decrypt": (True, ["aws", "workspace", "pulumi"]),
    "an account that was stopped": (False, ["aws", "workspace", "pulumi", "passphrase", "aws/state"]),
    "all of it": (True, ["aws", "workspace", "pulumi", "passphrase"]),
}
"""Whether the account runs, and what is there."""
UP = ["start", "pulumi stack", "pulumi up", "services", "-m cli trigger smoke"]
RESUMED = {"an account that was stopped", "all of it"}


class Machine:
    """Answers for the account and the engine, and records what is run."""

    def __init__(self, state: State, *, running: bool) -> None:
        self.state, self.running, self.died = state, running, False
        self.lock = Lock.take(state.lock, "make up")
        self.pending: list[str] = []
        self.calls: list[str] = []
        self.environments: list[dict[str, str]] = []

    def status(self, home: Path) -> str:
        """Return the endpoint of an account that runs."""
        assert home == self.state.account
        return "http://127.0.0.1:1" if self.running else ""

    def start(self, home: Path) -> dict[str, str]:
        """Start the account."""
        self.calls.append("start")
        self.running = True
        return {"AWS_ENDPOINT_URL": self.status(home)}

    def stop(self, home: Path) -> bool:
        """Stop the account."""
        was, self.running = bool(self.status(home)), False
        self.calls += ["stop"] if was else []
        return was

    def run(
        self,
        command: list[str],
        _: Path,
        environment: Mapping[str, str],
        *,
        held: Sequence[int] = (),
        progress: object = None,
    ) -> None:
        """Run a command, which needs a backend and an account."""
        assert progress is None or command[0] == "pulumi"
        assert list(held) in ([], [self.lock.descriptor])
        assert self.running
        assert self.state.backend.is_dir()
        self.environments.append(dict(environment))
        words = command[:2] if command[0] == "pulumi" else command[1:5]
        self.calls.append(" ".join([*words, *(word for word in command if word == "--refresh")]))

    def has_died(self, home: Path) -> bool:
        """Whether it ended without being stopped."""
        assert home == self.state.account
        return self.died

    def services(self, environment: Mapping[str, str]) -> "Machine":
        """Answer for the account's services too."""
        assert environment["AWS_ENDPOINT_URL"]
        return self

    def progress(self) -> str:
        """Return what `pulumi up` waits for."""
        return ""

    def wait(self, *_: float) -> str:
        """Wait for the services."""
        self.calls.append("services")
        return ", ".join(self.pending)

    def outputs(self, _: State, environment: Mapping[str, str]) -> dict[str, Any]:
        """Return the outputs of the stack."""
        assert environment == self.environments[-1]
        return {"url": "http://x"}


@pytest.fixture
def machine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which an earlier run left something."""
    running, folders = LEFT[request.param]
    machine = Machine(State(tmp_path), running=running)
    for name in folders:
        if name in {"aws/state", "passphrase"}:
            (machine.state.root / name).write_text("old")
            continue
        (machine.state.root / name).mkdir(parents=True)
        (machine.state.root / name / "old").touch()
    for name in ("status", "start", "stop"):
        monkeypatch.setattr(account, name, getattr(machine, name))
    monkeypatch.setattr(account, "died", machine.has_died)
    monkeypatch.setattr(services, "Services", machine.services)
    monkeypatch.setattr(engine, "environment", lambda: {"PATH": "/engine"})
    checkout.ship(tmp_path)
    shutil.copy(checkout.ROOT / "Pulumi.yaml", tmp_path)
    monkeypatch.setattr(cluster, "_run", machine.run)
    monkeypatch.setattr(cluster, "_outputs", machine.outputs)
    return machine


@pytest.mark.parametrize("machine", LEFT, indirect=True)
def test_up_starts_from_whatever_is_left(machine: Machine, request: pytest.FixtureRequest) -> None:
    """With a backend for Pulumi and an account that runs, however the earlier run ended."""
    kept = request.node.callspec.params["machine"] in RESUMED
    restarted = machine.running and not kept
    phases = Phases({"look at this machine": 1.0})
    assert cluster.up(machine.state, {}, phases, machine.lock) == {"url": "http://x"}
    assert machine.calls == (["stop"] if restarted else []) + UP
    assert (machine.state.backend / "old").exists() == kept
    assert (machine.state.account / "old").exists() == kept
    names = [
        "look at this machine",
        "Pulumi engine",
        "embedded account",
        "pulumi up",
        "services",
        "smoke DAG",
    ]
    assert list(phases.seconds) == names


@pytest.mark.parametrize("machine", ["nothing"], indirect=True)
def test_clients_get_one_environment(machine: Machine) -> None:
    """That of engine, backend and account, which is also written for this user's shells only."""
    cluster.up(machine.state, {}, Phases({}), machine.lock)
    (environment, *others) = machine.environments
    assert all(other == environment for other in others)
    assert environment == machine.state.read_environment()
    assert environment["PATH"] == "/engine"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["PULUMI_BACKEND_URL"] == f"file://{machine.state.backend}"
    assert environment[VARIABLE] == str(machine.state.workspace)
    assert machine.state.environment_file.stat().st_mode & 0o777 == 0o600
    assert Path(environment["PULUMI_CONFIG_PASSPHRASE_FILE"]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("machine", ["nothing"], indirect=True)
def test_a_setting_replaces_the_shipped_one(machine: Machine) -> None:
    """In the workspace's stack file; the project's own stays as it is, and with it a salt of its user."""
    file = machine.state.root.parent / "Pulumi.local.yaml"
    file.write_text(f"encryptionsalt: v1:theirs\n{file.read_text()}")
    before = yaml.safe_load(file.read_text())["config"]
    chosen = {"architecture": "X86_64", "singleTask": "true", "tags": {"team": "data"}, "aws:maxRetries": "1"}
    cluster.up(machine.state, chosen, Phases({}), machine.lock)
    stack_file = yaml.safe_load((machine.state.workspace / "Pulumi.local.yaml").read_text())
    changed = {key if ":" in key else f"airflow-ecs:{key}": value for key, value in chosen.items()}
    assert stack_file == {"config": before | changed}


@pytest.mark.parametrize("machine", ["nothing"], indirect=True)
def test_the_next_up_keeps_what_a_rotation_has_written(machine: Machine) -> None:
    """Else it would delete the keys in use. What is chosen for this `up` counts more."""
    cluster.up(machine.state, {}, Phases({}), machine.lock)
    file = machine.state.workspace / "Pulumi.local.yaml"
    written = yaml.safe_load(file.read_text())
    names = {"airflow-ecs:fernetKeyNames": ["2"], "airflow-ecs:adminPasswordName": "3"}
    file.write_text(yaml.safe_dump({"config": {**written["config"], **names, "airflow-ecs:nat": "none"}}))
    cluster.up(machine.state, {"adminPasswordName": "4"}, Phases({}), machine.lock)
    after = yaml.safe_load(file.read_text())["config"]
    assert after == written["config"] | names | {"airflow-ecs:adminPasswordName": "4"}


def test_the_names_of_every_secret_are_kept() -> None:
    """And no other setting of the workspace."""
    assert {key for key in DECLARED if cluster.NAMES.search(key)} == {
        one.setting for one in ROTATIONS.values()
    }


@pytest.mark.parametrize("machine", ["nothing"], indirect=True)
def test_up_runs_no_smoke_dag_where_it_was_deleted(machine: Machine) -> None:
    """`dags/` is the user's."""
    (machine.state.root.parent / "dags" / "smoke.py").unlink()
    cluster.up(machine.state, {}, Phases({}), machine.lock)
    assert machine.calls == UP[:-1]


@pytest.mark.parametrize("setting", ["asleep", "schedulerStopped"])
@pytest.mark.parametrize("machine", ["nothing"], indirect=True)
def test_up_runs_no_smoke_dag_where_nothing_schedules_it(machine: Machine, setting: str) -> None:
    """It would wait."""
    cluster.up(machine.state, {setting: "true"}, Phases({}), machine.lock)
    assert machine.calls == UP[:-1]


@pytest.mark.parametrize("machine", ["nothing"], indirect=True)
def test_up_fails_while_a_service_is_unhealthy(machine: Machine) -> None:
    """With its name and the log to look at."""
    machine.pending = ["airflow-local-scheduler has 0 of 1 healthy tasks"]
    with pytest.raises(SystemExit, match=r"scheduler has 0 of 1 healthy tasks; .*aws/account.log"):
        cluster.up(machine.state, {}, Phases({}), machine.lock)


@pytest.mark.parametrize("machine", ["an account that was stopped"], indirect=True)
def test_up_compares_an_account_that_died_with_pulumis_state(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until an `up` has succeeded, since either may lack what was done last."""
    machine.died = True

    def refuse(*_: object, **__: object) -> None:
        sys.exit("killed")

    with monkeypatch.context() as patched:
        patched.setattr(cluster, "_run", refuse)
        with pytest.raises(SystemExit):
            cluster.up(machine.state, {}, Phases({}), machine.lock)
    machine.died, machine.calls = False, []
    cluster.up(machine.state, {}, Phases({}), machine.lock)
    cluster.up(machine.state, {}, Phases({}), machine.lock)
    assert [call for call in machine.calls if "up" in call.split()] == ["pulumi up --refresh", "pulumi up"]


@pytest.mark.parametrize("machine", ["all of it"], indirect=True)
def test_a_lock_that_a_killed_pulumi_left_is_removed(machine: Machine) -> None:
    """By Pulumi's own command: the process has ended, its id is another program's, or it wrote nothing."""
    locks = machine.state.backend / ".pulumi/locks/organization"
    locks.mkdir(parents=True)
    for number, content in enumerate(("", "[]", _lock(4194303), _lock(os.getpid()))):
        (locks / f"{number}.json").write_text(content)
    cluster.up(machine.state, {}, Phases({}), machine.lock)
    assert machine.calls[:4] == ["start", "pulumi stack", "pulumi cancel", "pulumi up"]


@pytest.mark.parametrize("machine", ["all of it"], indirect=True)
def test_the_lock_of_a_pulumi_that_runs_stays(machine: Machine, tmp_path: Path) -> None:
    """`pulumi up` then names who holds it: `.local/env` is there for a `pulumi` in one's shell, too."""
    locks = machine.state.backend / ".pulumi/locks/organization"
    locks.mkdir(parents=True)
    (locks / "1.json").touch()
    program = shutil.copy(shutil.which("sleep") or "", tmp_path / "pulumi")
    with subprocess.Popen([program, "60"]) as other:
        try:
            (locks / "2.json").write_text(_lock(other.pid))
            cluster.up(machine.state, {}, Phases({}), machine.lock)
        finally:
            other.kill()
    assert machine.calls[:3] == ["start", "pulumi stack", "pulumi up"]


def _lock(pid: int) -> str:
    """Return what `pulumi` writes into its lock."""
    return json.dumps({"pid": pid, "username": "me", "hostname": socket.gethostname(), "timestamp": "now"})


@pytest.mark.parametrize("machine", ["all of it"], indirect=True)
def test_stop_keeps_everything(machine: Machine) -> None:
    """But the processes."""
    cluster.stop(machine.state)
    cluster.stop(machine.state)
    assert machine.calls == ["stop"]
    assert (machine.state.backend / "old").exists()
    assert (machine.state.account / "old").exists()


@pytest.mark.parametrize("machine", ["nothing"], indirect=True)
@pytest.mark.parametrize("reason", [None, "tasks can use more memory than theirs here: why"])
def test_up_reports_what_the_machine_cannot_enforce(
    machine: Machine, reason: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, and only then."""
    monkeypatch.setattr(capabilities, "why_no_memory_limits", lambda: reason)
    cluster.up(machine.state, {}, Phases({}), machine.lock)
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if not line.startswith("==>")] == ([reason] if reason else [])


@pytest.mark.parametrize("machine", ["all of it"], indirect=True)
def test_down_ends_the_account_when_the_stack_resists(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed `pulumi destroy` is an error, after everything was ended and removed."""

    def refuse(*_: object, **__: object) -> None:
        machine.calls.append("destroy")
        sys.exit("`pulumi destroy` ended with 255")

    machine.state.write_environment({})
    monkeypatch.setattr(cluster, "_run", refuse)
    with pytest.raises(SystemExit, match="255"):
        cluster.down(machine.state, machine.lock)
    assert machine.calls == ["destroy", "stop"]
    assert not machine.state.root.exists()


@pytest.mark.parametrize("machine", ["an account that ended, and no state"], indirect=True)
def test_down_without_an_account_destroys_nothing(machine: Machine) -> None:
    """Its resources went with it."""
    machine.state.write_environment({})
    cluster.down(machine.state, machine.lock)
    assert machine.calls == []
    assert not machine.state.root.exists()


def test_the_command_starts_on_the_standard_library_alone() -> None:
    """It makes the environment that has everything else, and ends a cluster when that is gone."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(checkout.ROOT)!r}); "]
    command[-1] += "import local.__main__, local.preflight; print('local.cluster' in sys.modules)"
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
