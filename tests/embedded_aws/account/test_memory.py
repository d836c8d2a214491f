# pyright: basic
# boto3's answers have no types.
"""A container that uses more memory than its task definition allows is killed, with AWS's words.

By the kernel where this user may make control groups, else by the account, which measures every second.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from embedded_aws import capabilities, docker_daemon
from embedded_aws.account.ecs import control_groups, memory
from embedded_aws.account.ecs.control_groups import ControlGroups
from embedded_aws.account.ecs.memory import MIB, OUT_OF_MEMORY, ProcessTable, Usage, exceeding
from embedded_aws.account.ecs.model import Container, Task

from .conftest import staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Stage

HOLD = "held = b'x' * ({} * 2**20); import time; time.sleep({})"
TASK_MIB = 512
"""Of the stage's task definitions."""


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        ({}, []),
        ({"a": (100, 100), "b": (100, None)}, []),
        ({"a": (101, 100), "b": (100, 100), "c": (1, None)}, ["a"]),
        ({"a": (101, 100), "b": (101, 100)}, ["a", "b"]),
        ({"a": (120, 300), "b": (130, None), "c": (51, None)}, ["b"]),
        ({"a": (101, 100), "b": (250, None)}, ["a"]),
    ],
)
def test_who_exceeds_a_limit(usages: dict[str, tuple[int, int | None]], expected: list[str]) -> None:
    """Those over their own, else the biggest of a task over its memory, which is 300 here."""
    assert exceeding({name: Usage(*figures) for name, figures in usages.items()}, 300) == expected


@pytest.fixture
def child() -> Iterator[int]:
    """A process that shares 64 MiB with this one."""
    held = b"x" * (64 * MIB)
    go_on, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(end)
        os.read(go_on, 1)
        os._exit(len(held) and 0)
    yield pid
    os.close(end)
    os.close(go_on)
    os.waitpid(pid, 0)


def test_shared_memory_is_divided(child: int) -> None:
    """A fork of a big process is not big itself; the cheap measure is never less than the exact one."""
    processes, tree = ProcessTable(), [os.getpid()]
    shared = processes.resident_bytes(tree) - processes.proportional_bytes(tree)
    assert shared > 60 * MIB
    assert processes.resident_bytes([child]) < processes.resident_bytes(tree)


def test_unreadable_shares_count_in_full(child: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of another user's process; one that is hidden or has ended counts nothing."""
    real = memory._figures

    def figures(name: str) -> dict[bytes, int]:
        if name.endswith("smaps_rollup") or name == "1/status":
            raise PermissionError
        return real(name)

    monkeypatch.setattr(memory, "_figures", figures)
    processes = ProcessTable()
    assert processes.proportional_bytes([child]) == processes.resident_bytes([child]) > 60 * MIB
    assert processes.proportional_bytes([2**30]) == 0
    assert 1 not in processes._status


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="A container that tries to exceed its memory is killed.",
)
def test_a_container_over_its_limit_is_killed(stage: Stage) -> None:
    """What its child processes use counts."""
    task = stage.run(f"if os.fork() == 0: {HOLD.format(200, 60)}\nos.wait()", memory=128)
    (container,) = task["containers"]
    assert (container["exitCode"], container["reason"]) == (137, OUT_OF_MEMORY)
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )


def test_a_container_within_its_limit_lives(stage: Stage) -> None:
    """Forks of a big process are within it too."""
    task = stage.run(f"{HOLD.format(150, 0)}\nfor _ in range(3): os.fork()\ntime.sleep(4)", memory=256)
    (container,) = task["containers"]
    assert (container["exitCode"], container.get("reason")) == (0, None)


def test_a_health_check_counts(stage: Stage) -> None:
    """It runs in the container."""
    check = {"command": ["CMD", "python3", "-c", HOLD.format(200, 60)], "interval": 5, "timeout": 60}
    (container,) = stage.run(HOLD.format(1, 60), healthCheck=check, memory=128)["containers"]
    assert (container["exitCode"], container["reason"]) == (137, OUT_OF_MEMORY)


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="A task's memory is the limit of all of its containers together.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html",
)
def test_the_biggest_container_of_a_task_over_its_memory_is_killed(stage: Stage) -> None:
    """The others are stopped as after any essential container, here with SIGKILL after two seconds."""
    big = {"name": "big", "image": stage.image, "readonlyRootFilesystem": True}
    big["command"] = [HOLD.format(TASK_MIB - 100, 60)]
    task = stage.run(HOLD.format(150, 60), others=[big], stopTimeout=2)
    ended = {one["name"]: (one["exitCode"], one.get("reason")) for one in task["containers"]}
    assert ended == {"web": (137, None), "big": (137, OUT_OF_MEMORY)}
    assert task["stoppedReason"] == "Essential container in task exited"


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="An override of a container's memory is its limit.",
)
def test_an_override_is_the_limit(stage: Stage) -> None:
    """Of RunTask, for a container."""
    definition = stage.definition(HOLD.format(150, 60), memory=256)
    overrides = {"containerOverrides": [{"name": "web", "memory": 64}]}
    task = stage.until_stopped(stage.start(definition, overrides=overrides)["taskArn"])
    assert task["containers"][0]["reason"] == OUT_OF_MEMORY


@pytest.fixture(scope="module")
def daemon_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An account whose containers a Docker daemon runs."""
    if reason := capabilities.why_no_daemon():
        pytest.skip(reason)
    with docker_daemon.Daemon.start() as daemon:
        image = docker_daemon.base_image(daemon.client)
        with (
            patch.dict(os.environ, {docker_daemon.HOST: daemon.client.host}),
            staged(tmp_path_factory.mktemp("account"), image) as stage,
        ):
            yield stage
            assert daemon.client.output("ps", "--all", "--quiet") == ""
            assert daemon.client.output("volume", "ls", "--quiet") == ""


@pytest.mark.long
@pytest.mark.parametrize(
    ("mib", "memory", "expected"),
    [(200, 128, (137, OUT_OF_MEMORY)), (TASK_MIB, None, (137, OUT_OF_MEMORY)), (100, 256, (0, None))],
)
def test_a_docker_daemon_keeps_the_limits(
    daemon_stage: Stage, mib: int, memory: int | None, expected: tuple[int, str | None]
) -> None:
    """A container without one has its task's; afterwards the daemon keeps neither containers nor volumes."""
    given = {} if memory is None else {"memory": memory}
    point = {"sourceVolume": "data", "containerPath": "/mnt"}
    (container,) = daemon_stage.run(
        HOLD.format(mib, 0),
        entryPoint=["python3", "-c"],
        volumes=[{"name": "data"}],
        mountPoints=[point],
        **given,
    )["containers"]
    assert (container["exitCode"], container.get("reason")) == expected


@pytest.mark.long
def test_containers_of_a_docker_daemon_share_their_tasks_memory(daemon_stage: Stage) -> None:
    """Docker itself knows no limit for several containers together."""
    big = {"name": "big", "image": daemon_stage.image, "entryPoint": ["python3", "-c"]}
    big["command"] = [HOLD.format(TASK_MIB - 100, 60)]
    task = daemon_stage.run(HOLD.format(150, 60), entryPoint=["python3", "-c"], others=[big], stopTimeout=2)
    ended = {one["name"]: (one["exitCode"], one.get("reason")) for one in task["containers"]}
    assert ended == {"web": (137, None), "big": (137, OUT_OF_MEMORY)}


def a_task(container_mib: int | None = 128) -> Task:
    """A task that is not started."""
    given = {} if container_mib is None else {"memory": container_mib}
    definition: Any = type("Definition", (), {"memory": "512"})()
    container = Container(definition={"name": "web", **given}, arn="", id="0-0")
    return Task(
        cluster_arn="", definition=definition, region="", account_id="", containers=[container], group="",
        subnet="", security_groups=[], launch_type=None, capacity_provider=None, platform_version="",
        overrides={}, id="0",
    )  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like that of control groups, with the memory controller for those below `user`."""
    for group, controllers in (("", "cpu"), ("user", "cpu memory"), ("user/app", "")):
        (tmp_path / group).mkdir(exist_ok=True)
        (tmp_path / group / "cgroup.subtree_control").write_text(f"{controllers}\n")
    monkeypatch.setattr(control_groups, "_remove", lambda group: shutil.rmtree(group, ignore_errors=True))
    return tmp_path


def test_control_groups_are_made_where_they_have_a_memory_controller(root: Path) -> None:
    """In a plain folder: the names and values that the kernel gets, not what it does."""
    groups, task = ControlGroups.make(root, "/user/app"), a_task()
    assert groups is not None
    assert groups.folder.parent == root / "user"
    assert groups.command(task, task.containers[0], ["true"])[-2:] == [
        str(groups.folder / "0/0-0/cgroup.procs"),
        "true",
    ]
    assert (groups.folder / "0/memory.max").read_text() == str(512 * MIB)
    assert (groups.folder / "0/0-0/memory.max").read_text() == str(128 * MIB)
    assert (groups.folder / "0/0-0/memory.oom.group").read_text() == "1"
    events = groups.folder / "0/0-0/memory.events"
    for count, expected in ((0, False), (2, True)):
        events.write_text(f"low 0\nhigh 0\nmax 7\noom 3\noom_kill {count}\noom_group_kill 0\n")
        assert groups.ran_out_of_memory(task, task.containers[0]) == expected
    groups.end()
    assert not groups.folder.exists()


def test_no_control_groups_without_a_memory_controller(root: Path) -> None:
    """As in version 1, and where nothing is delegated."""
    (root / "user/cgroup.subtree_control").write_text("cpu\n")
    assert ControlGroups.make(root, "/user/app") is None
    assert sorted(path.name for path in root.rglob("*") if path.is_dir()) == ["app", "user"]


def test_a_machine_that_cannot_measure_is_reported(tmp_path: Path) -> None:
    """In one line."""
    assert capabilities.why_no_memory_limits() is None
    assert "does not show" in str(capabilities.why_no_memory_limits(tmp_path / "status"))
