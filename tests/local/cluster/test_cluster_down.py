"""`make down` leaves the machine as it was."""

from pathlib import Path

import pytest

from tests.helpers import processes
from tests.local.cluster.running import ACCOUNT, STATE, Cluster, call

pytestmark = pytest.mark.cluster


def born(pid: int) -> str:
    """When a process started: with its id it stands for one process only; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_nothing_is_left(cluster: Cluster, cluster_was_there: bool) -> None:  # noqa: FBT001 (a fixture)
    """No process, no listening port, no file of state."""
    if cluster_was_there:
        pytest.skip("this clone had a cluster before the tests: it is left running, so `down` is not tested")
    port = int(cluster.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
    own = f"127.{port >> 8}.{port & 255}."
    account = int((ACCOUNT / "account.pid").read_text())
    running = {pid: born(pid) for pid in {account, *processes.descendants(account)}}
    assert len(running) > 10

    def mine() -> set[tuple[str, int]]:
        return {(host, at) for host, at in processes.listening() if host.startswith(own) or at == port}

    assert len(mine()) >= 3
    call("python3", "-m", "local", "down")
    assert {pid for pid, start in running.items() if born(pid) == start} == set()
    assert processes.mentioning(str(STATE)) == {}
    assert mine() == set()
    assert not STATE.exists()
