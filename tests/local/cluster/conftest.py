"""The cluster that the tests of this folder share."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.helpers import checkout
from tests.local.cluster.running import ACCOUNT, PROJECT, Cluster, call


@pytest.fixture(scope="package")
def cluster_was_there() -> bool:
    """Whether somebody has a cluster up in this clone, who may go on using it."""
    if PROJECT != checkout.ROOT:
        shutil.rmtree(PROJECT, ignore_errors=True)
        checkout.copy(PROJECT)
        checkout.ship(PROJECT)
        (PROJECT / ".venv").symlink_to(checkout.ROOT / ".venv")
    status = [sys.executable, "-m", "embedded_aws", "status", "--home", str(ACCOUNT)]
    return subprocess.run(status, cwd=PROJECT, check=False, stdout=subprocess.DEVNULL).returncode == 0


@pytest.fixture(scope="package")
def any_cluster(cluster_was_there: bool) -> Iterator[Cluster]:  # noqa: FBT001 (a fixture)
    """The cluster, not yet up; taken down in the end, where nobody had one."""
    yield Cluster()
    if not cluster_was_there:
        call("python3", "-m", "local", "down")


@pytest.fixture(scope="package")
def cluster(any_cluster: Cluster) -> Cluster:
    """The cluster with LocalExecutor."""
    any_cluster.up("LocalExecutor")
    return any_cluster


@pytest.fixture(scope="package")
def celery_cluster(any_cluster: Cluster) -> Cluster:
    """The same cluster, brought to CeleryExecutor."""
    any_cluster.up("CeleryExecutor")
    return any_cluster


@pytest.fixture(scope="package")
def single_task_cluster(any_cluster: Cluster) -> Cluster:
    """The same cluster, brought to one task for all services, as `dev` has it."""
    any_cluster.up("LocalExecutor", singleTask="true", apiServerMemoryMib="4096")
    return any_cluster
