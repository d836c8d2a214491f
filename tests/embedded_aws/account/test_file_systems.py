# pyright: basic
# boto3's answers have no types.
"""A task's EFS volume is a folder of the account, and no way to any other folder of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.account import environment

from .conftest import client

if TYPE_CHECKING:
    from .conftest import Stage

WRITES = "open('/opt/other/planted', 'w').write('x'); print(os.listdir('/opt/other'))"
NOT_RESOLVED = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
    "Failed to resolve"
)
NO_FOLDER = "failed, reason given by server: No such file or directory"


@pytest.fixture
def system(stage: Stage) -> str:
    """A file system that tasks of the stage's VPC can mount."""
    efs = client(environment(stage.home), "efs")
    made = efs.create_file_system(CreationToken=stage.name("token"))["FileSystemId"]
    efs.create_mount_target(FileSystemId=made, SubnetId=stage.subnets[0])
    return made


def run(stage: Stage, configuration: dict[str, Any], code: str = WRITES) -> dict[str, Any]:
    """Run a task that mounts a file system."""
    volumes = [{"name": "shared", "efsVolumeConfiguration": configuration}]
    points = [{"sourceVolume": "shared", "containerPath": "/opt/other"}]
    return stage.run(code, volumes=volumes, mountPoints=points)


def files(stage: Stage) -> set[str]:
    """What lies around the account's folder, but for what it writes all the time."""
    around = stage.home.parent
    return {str(path.relative_to(around)) for path in around.rglob("planted")}


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="`rootDirectory` mounts a folder of the file system.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html",
)
def test_what_one_task_writes_the_next_one_reads(stage: Stage, system: str) -> None:
    """The whole file system, and a folder that is in it."""
    first = run(
        stage, {"fileSystemId": system}, "os.mkdir('/opt/other/deep'); open('/opt/other/deep/a', 'w')"
    )
    assert first["containers"][0]["exitCode"] == 0
    second = run(stage, {"fileSystemId": system, "rootDirectory": "/deep"})
    assert stage.output(second) == ["['a', 'planted']"] or stage.output(second) == ["['planted', 'a']"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A folder that the file system does not have is not mounted, and the task does not start.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html",
)
@pytest.mark.parametrize("root", ["../../..", "/../../../", "a/../../../..", "/none", "/a,target=/opt"])
def test_a_folder_outside_is_refused(stage: Stage, system: str, root: str) -> None:
    """As a file server refuses what it does not have, and nothing is written."""
    before = files(stage)
    task = run(stage, {"fileSystemId": system, "rootDirectory": root})
    assert (task["stopCode"], NO_FOLDER in task["stoppedReason"]) == ("TaskFailedToStart", True)
    assert files(stage) == before


def test_a_link_leads_nowhere(stage: Stage, system: str) -> None:
    """A task makes one, the next one asks for what is behind it."""
    link = f"os.symlink({str(stage.home.parent)!r}, '/opt/other/out')"
    assert run(stage, {"fileSystemId": system}, link)["containers"][0]["exitCode"] == 0
    before = files(stage)
    for root in ("/out", f"/out/{stage.home.name}"):
        task = run(stage, {"fileSystemId": system, "rootDirectory": root})
        assert NO_FOLDER in task["stoppedReason"]
    assert files(stage) == before


@pytest.mark.parametrize("name", ["fs-0123456789abcdef0", "../..", "..", "/", "a/b", ""])
def test_a_file_system_that_nobody_made_is_refused(stage: Stage, name: str) -> None:
    """Before any container runs."""
    before = files(stage)
    task = run(stage, {"fileSystemId": name})
    assert (task["stopCode"], NOT_RESOLVED in task["stoppedReason"]) == ("TaskFailedToStart", True)
    assert files(stage) == before


def test_one_without_a_mount_target_in_the_vpc_is_refused(stage: Stage) -> None:
    """Its name does not resolve there."""
    efs = client(environment(stage.home), "efs")
    made = efs.create_file_system(CreationToken=stage.name("token"))["FileSystemId"]
    assert NOT_RESOLVED in run(stage, {"fileSystemId": made})["stoppedReason"]


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="Names of families, containers and volumes are letters, numbers, underscores and hyphens.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html",
    error="ClientException",
)
@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"volumes": [{"name": "x/../../../planted"}]}, "Volume.name"),
        ({"name": "x/../../../planted"}, "Container.name"),
    ],
)
def test_names_that_are_paths_are_refused(stage: Stage, more: dict[str, Any], what: str) -> None:
    """Folders of a task are called after its volumes and containers."""
    with pytest.raises(ClientError, match=f"ClientException.*{what} contains invalid characters"):
        stage.definition("pass", **more)


def test_a_mount_point_is_a_plain_path(stage: Stage) -> None:
    """Otherwise a folder would be made outside of the container."""
    points = [{"sourceVolume": "v", "containerPath": "/opt/../../planted"}]
    task = stage.run("pass", volumes=[{"name": "v"}], mountPoints=points)
    assert "CannotStartContainerError: invalid mount path" in task["stoppedReason"]


def test_a_task_reads_none_of_this_machines_secrets(stage: Stage) -> None:
    """Whoever runs the account: what only root or its owner may read is absent, the account's key too."""
    machine = ["/etc/shadow", "/etc/gshadow", "/etc/ssl/private", "/etc/ssh", "/var/lib", "/var/log"]
    paths = [*machine, str(stage.home / "credentials"), str(stage.home)]
    code = f"print([path for path in {paths!r} if os.path.exists(path)])"
    assert stage.output(stage.run(code)) == ["[]"]
