"""What a machine lacks is installed by root, and named in one line to anybody else."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from embedded_aws import programs, sandbox
from local import make, preflight
from local.state import State


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of an ordinary user with apt-get, whose servers are not on PATH; the folder they are in."""
    for folder in ("bin", "sbin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bin" / "apt-get").touch(0o755)
    for program in programs.ACCOUNT:
        (tmp_path / "sbin" / program).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs, "_SYSTEM_FOLDERS", [str(tmp_path / "sbin")])
    monkeypatch.setattr(programs, "_POSTGRESQL", tmp_path / "postgresql")
    monkeypatch.setattr(programs, "_RABBITMQ", tmp_path / "rabbitmq")
    monkeypatch.setattr(preflight, "ENVIRONMENT", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(sandbox, "require", lambda: "bwrap")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path / "sbin"


@pytest.mark.usefixtures("machine")
def test_servers_off_path_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Debian keeps haproxy in /usr/sbin, which is not on an ordinary user's PATH."""
    preflight.run()
    assert capsys.readouterr().out == ""


def test_an_ordinary_user_reads_what_to_run(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All packages in one command, with that of Python's environments, where Debian left it out."""
    (machine / "haproxy").unlink()
    (machine / "redis-server").unlink()
    found = importlib.util.find_spec

    def find_spec(name: str) -> object:
        return None if name == "ensurepip" else found(name)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(SystemExit) as stopped:
        preflight.run()
    names = "haproxy python3-venv redis-server"
    command = f"sudo apt-get install -y --no-install-recommends {names}"
    assert str(stopped.value) == f"missing: {names}. Install with: {command}"


@pytest.mark.usefixtures("machine")
def test_only_a_cluster_with_rabbitmq_needs_rabbitmq() -> None:
    """The account starts without it."""
    preflight.run()
    with pytest.raises(SystemExit, match=r"^missing: rabbitmq-server\. Install with: sudo apt-get"):
        preflight.run(rabbitmq=True)


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ([], False),
        (["executor=CeleryExecutor", "broker=redis"], False),
        (["broker=redis", "broker=rabbitmq"], True),
        (["airflow-ecs:broker='rabbitmq'"], True),
    ],
)
def test_settings_choose_rabbitmq(given: list[str], chosen: object, tmp_path: Path) -> None:
    """The last one counts, and where there is none the stack's file."""
    state = State(tmp_path)
    (tmp_path / "Pulumi.local.yaml").write_text("config:\n  airflow-ecs:brokerNodeType: cache.t4g.small\n")
    assert make.chooses_rabbitmq(state, given) is chosen
    (tmp_path / "Pulumi.local.yaml").write_text("config:\n  airflow-ecs:broker: rabbitmq\n")
    assert make.chooses_rabbitmq(state, given) is (chosen or not given)


@pytest.mark.usefixtures("machine")
def test_an_environment_that_exists_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was made another way."""

    def find_nothing(_: str) -> None:
        return None

    preflight.ENVIRONMENT.parent.mkdir(parents=True)
    preflight.ENVIRONMENT.touch()
    monkeypatch.setattr(importlib.util, "find_spec", find_nothing)
    preflight.run()


def test_other_systems_get_debians_names(machine: Path) -> None:
    """There is no command that would be right on all of them."""
    (machine / "haproxy").unlink()
    (machine.parent / "bin" / "apt-get").unlink()
    with pytest.raises(SystemExit, match=r"^missing: haproxy \(Debian's names\)\. Install them with"):
        preflight.run()


def test_root_gets_them_installed(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By apt-get, which starts no servers meanwhile."""
    (machine / "haproxy").unlink()
    policy = tmp_path / "policy-rc.d"
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        assert policy.read_text() == "#!/bin/sh\nexit 101\n"
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(preflight, "POLICY", policy)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", run)
    preflight.run()
    assert [command[2] for command in commands] == ["update", "install"]
    assert commands[1][-1] == "haproxy"
    assert not policy.exists()
    assert "installing Debian packages: haproxy" in capsys.readouterr().out


@pytest.mark.usefixtures("machine")
def test_a_kernel_without_user_namespaces_is_found_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is installed or downloaded, with what to do."""

    def refuse() -> str:
        raise sandbox.SandboxError("bwrap cannot make a container: sysctl -w ...")

    monkeypatch.setattr(sandbox, "require", refuse)
    with pytest.raises(SystemExit, match="sysctl -w"):
        preflight.run()
