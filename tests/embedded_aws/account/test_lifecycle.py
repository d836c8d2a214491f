# pyright: basic
# boto3's answers have no types.
"""The account starts once, answers its environment, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from embedded_aws import images, programs
from embedded_aws.account import (
    AccountError,
    died,
    environment,
    lifecycle,
    resumable,
    saved_state,
    start,
    status,
    stop,
)
from embedded_aws.account.addresses import Addresses, NoAddressLeftError
from embedded_aws.account.hosts_file import HostsFile
from tests.helpers.processes import descendants

from .conftest import HERE, Stage, attach_internet, client, free_port, make_execution_role, wait
from .test_services import Balanced

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def busy(tmp_path: Path, stage: Stage) -> Iterator[Stage]:
    """Start a second account with a database, a cache, and a service behind a load balancer."""
    image = images.build(
        context=HERE / "service", dockerfile=HERE / "service" / "Dockerfile", build_args={}, log=print
    )
    reference = images.push(image, "registry.example/foreign:1")
    home = tmp_path / "deeper" / ("than-a-socket-can-be-named-" * 5) / "account"
    found = start(home, free_port())
    clients: dict[str, Any] = {name: client(found, name) for name in stage.clients}
    vpc = clients["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    attach_internet(clients["ec2"], vpc)
    subnet = clients["ec2"].create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    clients["ecs"].create_cluster(clusterName="stage")
    clients["logs"].create_log_group(logGroupName="/stage")
    make_execution_role(clients["iam"])
    second = Stage(
        home=home, environment=found, clients=clients, image=reference, subnets=[subnet, subnet], vpc=vpc
    )
    clients["rds"].create_db_instance(
        DBInstanceIdentifier="db", Engine="postgres", EngineVersion="17.5", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername="chief", MasterUserPassword="longenough",
    )  # fmt: skip
    clients["elasticache"].create_replication_group(ReplicationGroupId="rg", ReplicationGroupDescription="d")
    name = second.serve(second.definition(), **Balanced(second).of_service)
    second.until_complete(name)
    rds = clients["rds"]
    wait(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
    yield second
    stop(second.home)


def listening(addresses: tuple[int, int]) -> set[str]:
    """Return what listens in the block 127.high.low.* and on its account's port."""
    high, low = addresses
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        host, port = line.split()[1].split(":")
        parts = tuple(reversed(bytes.fromhex(host)))
        if line.split()[3] == "0A" and (parts[:3] == (127, high, low) or int(port, 16) == high * 256 + low):
            found.add(f"{'.'.join(map(str, parts))}:{int(port, 16)}")
    return found


def block_of(stage: Stage) -> tuple[int, int]:
    """Return the bytes of an account's port."""
    return divmod(int(environment(stage.home)["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]), 256)


@dataclass
class Contents:
    """What a test keeps in an account: a row, a snapshot, an object, a message in Redis, and a service."""

    stage: Stage
    service: str

    def write(self) -> None:
        """Fill it."""
        self._psql("CREATE TABLE history AS SELECT 42 AS answer")
        self.stage.rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="kept")
        wait(lambda: self._snapshots() == [("kept", "available", True)])
        self._redis("SET", "queue", "waiting")
        self.stage.s3.create_bucket(Bucket="contents")
        self.stage.s3.put_object(Bucket="contents", Key="log", Body=b"line")
        self.stage.kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")

    def read(self) -> dict[str, Any]:
        """Return what is there, when database, cache and service run."""
        rds, cache = self.stage.rds, self.stage.elasticache
        wait(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
        wait(lambda: cache.describe_replication_groups()["ReplicationGroups"][0]["Status"] == "available")
        service = self.stage.until_complete(self.service)
        wait(lambda: self.stage.service(self.service)["runningCount"] == 1)
        balancer = self.stage.elbv2.describe_load_balancers()["LoadBalancers"][0]["DNSName"]
        wait(lambda: requests.get(f"http://{balancer}:8000", timeout=5).status_code == HTTPStatus.OK)
        return {
            "database": self._psql("SELECT answer FROM history"),
            "snapshots": self._snapshots(),
            "object": self.stage.s3.get_object(Bucket="contents", Key="log")["Body"].read(),
            "keys": self.stage.kms.list_keys()["Keys"],
            "deployment": service["deployments"][0]["id"],
            "authority": (self.stage.home / "ca.pem").read_text(),
        }

    def queue(self) -> str:
        """Return what Redis has."""
        return self._redis("GET", "queue")

    def _snapshots(self) -> list[tuple[str, str, bool]]:
        files = self.stage.home / "rds-snapshots" / "us-east-1-kept" / "PG_VERSION"
        found = self.stage.rds.describe_db_snapshots()["DBSnapshots"]
        return [(one["DBSnapshotIdentifier"], one["Status"], files.exists()) for one in found]

    def _psql(self, statement: str) -> str:
        endpoint = self.stage.rds.describe_db_instances()["DBInstances"][0]["Endpoint"]["Address"]
        address = ["-h", self.stage.address(endpoint), "-U", "chief", "-d", "postgres"]
        environment = {"PATH": programs.search_path(), "PGPASSWORD": "longenough"}
        command = ["psql", *address, "-qtAc", statement]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def _redis(self, *words: str) -> str:
        group = self.stage.elasticache.describe_replication_groups()["ReplicationGroups"][0]
        endpoint = group["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
        command = ["redis-cli", "-h", self.stage.address(endpoint), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_nothing_is_left_running_and_everything_comes_back(busy: Stage, how: str) -> None:
    """After a stop, and after the account itself is killed: no process, no port; then the same account.

    Killed, the account loses what Redis had in memory, as ElastiCache does when it replaces a node.
    """
    contents = Contents(busy, busy.made[0])
    contents.write()
    before = contents.read()
    written = time.time()
    busy.s3.put_object(Bucket="contents", Key="last", Body=b"")
    block = block_of(busy)
    pid = int((busy.home / "account.pid").read_text())
    # API, database, cache, service, load balancer
    wait(lambda: len(listening(block)) >= 5, what=lambda: listening(block))
    processes = descendants(pid)
    assert len(processes) > 8
    assert not [place for place in listening(block) if not place.startswith("127.")]
    began = time.monotonic()
    if how == "stop":
        assert stop(busy.home)
        assert time.monotonic() - began < 60
    else:
        wait(lambda: saved_since(busy.home, written))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    wait(lambda: not [p for p in processes if Path(f"/proc/{p}").exists()])
    assert listening(block) == set()
    assert status(busy.home) == ""
    assert died(busy.home) == (how == "kill")
    assert resumable(busy.home)
    assert start(busy.home) == busy.environment
    assert contents.read() == before
    assert contents.queue() == ("waiting\n" if how == "stop" else "\n")
    assert not died(busy.home)


def saved_since(home: Path, moment: float) -> bool:
    """Whether an account has saved its state since then."""
    state = home / "state"
    return state.exists() and state.stat().st_mtime > moment


def test_second_start_finds_the_first(stage: Stage) -> None:
    """Whatever port it asks for."""
    pid = (stage.home / "account.pid").read_text()
    assert start(stage.home, free_port()) == environment(stage.home)
    assert (stage.home / "account.pid").read_text() == pid


def test_command_line(stage: Stage, tmp_path: Path) -> None:
    """start, stop and status, with their exit codes."""

    def run(command: str, home: Path) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "embedded_aws", command, "--home", str(home)]
        return subprocess.run(words, capture_output=True, text=True, check=False, cwd=HERE.parents[2])

    endpoint = environment(stage.home)["AWS_ENDPOINT_URL"]
    assert run("status", stage.home).stdout == f"{endpoint}\n"
    assert f"export AWS_ENDPOINT_URL={endpoint}\n" in run("start", stage.home).stdout
    assert run("status", tmp_path / "none").returncode == 1
    assert run("stop", tmp_path / "none").returncode == 0


@pytest.mark.parametrize("link", [False, True])
def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, link: bool
) -> None:
    """Before anything in it is believed, such as where an account answers, and with nothing changed in it.

    Also where only the symbolic link to it is another user's, who could choose among this user's folders.
    """
    home, folder = tmp_path / "account", tmp_path / "folder"
    folder.mkdir(mode=0o755)
    home.symlink_to(folder)
    (folder / "account.json").write_text('{"endpoint": "http://127.0.0.1:1"}')
    others = os.geteuid() + 1
    if link:
        monkeypatch.setattr(Path, "lstat", lambda _: SimpleNamespace(st_uid=others))
    else:
        monkeypatch.setattr(os, "geteuid", lambda: others)
    with pytest.raises(AccountError, match=r"belongs to the user with id \d+, not to .*: use another"):
        start(home)
    assert [one.name for one in folder.iterdir()] == ["account.json"]
    assert folder.stat().st_mode & 0o777 == 0o755


def test_taken_port_is_an_error(tmp_path: Path) -> None:
    """Before anything is started."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(AccountError, match="in use"):
            start(tmp_path / "account", other.getsockname()[1])


def test_accounts_that_start_at_once_take_a_port_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two clones on one machine, or two test runs; where no port is left, one is told."""
    monkeypatch.setattr(lifecycle, "PORTS", [free_port(), free_port()])
    homes = [tmp_path / "one", tmp_path / "other"]
    try:
        with ThreadPoolExecutor() as pool:
            endpoints = {one["AWS_ENDPOINT_URL"] for one in pool.map(start, homes)}
        assert endpoints == {f"http://127.0.0.1:{port}" for port in lifecycle.PORTS}
        with pytest.raises(AccountError, match="give another with --port"):
            start(tmp_path / "third")
    finally:
        for home in homes:
            stop(home)


class Stranger(BaseHTTPRequestHandler):
    """A program that got the port of an account that ended."""

    def do_GET(self) -> None:
        """Answer with what no account does."""
        self.send_response(HTTPStatus.OK)
        self.end_headers()
        self.wfile.write(b"<html>")


@pytest.mark.parametrize(
    "pid",
    ["", "1", str(os.getpid()), "4194303"],
    ids=["none", "of another user", "of this test", "of nobody"],
)
def test_what_an_account_left_is_no_account(tmp_path: Path, pid: str) -> None:
    """After a restart of the machine others may have its port and process id, and files may be empty."""
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "account.pid").write_text(pid)
        mark = tmp_path / "account.json"
        for endpoint in (f"http://127.0.0.1:{server.server_port}", f"http://127.0.0.1:{free_port()}"):
            mark.write_text(json.dumps({"endpoint": endpoint}))
            assert status(tmp_path) == ""
            assert died(tmp_path)
        mark.write_text("")
        assert status(tmp_path) == ""
        assert not stop(tmp_path)
        server.shutdown()


def test_a_taken_port_of_a_saved_account_is_an_error(tmp_path: Path) -> None:
    """Its clients know it under that port."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        saved_state.write(tmp_path, other.getsockname()[1], {})
        with pytest.raises(AccountError, match=r"which the account in .* has, cannot be used .*: end the"):
            start(tmp_path)
    assert resumable(tmp_path)


def test_an_account_whose_starter_was_killed_is_found(tmp_path: Path) -> None:
    """It was still starting: nobody starts a second one in its folder."""
    command = [sys.executable, "-m", "embedded_aws", "start", "--home", str(tmp_path)]
    with subprocess.Popen(command, cwd=HERE.parents[2], stdout=subprocess.DEVNULL) as starter:
        try:
            wait((tmp_path / "account.pid").exists)
            starter.kill()
            starter.wait()
            pid = (tmp_path / "account.pid").read_text()
            start(tmp_path)
            assert (tmp_path / "account.pid").read_text() == pid
        finally:
            stop(tmp_path)


def test_a_proxy_is_passed_by(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a network has one, loopback is not behind it; what was excepted before still is."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "mirror.example")
    assert status(stage.home) != ""
    assert environment(stage.home)["no_proxy"] == "mirror.example,127.0.0.1,127.0.0.0/8"


def test_unknown_account_is_an_error(tmp_path: Path) -> None:
    """There is no environment of an account that does not run."""
    with pytest.raises(AccountError, match="no account runs"):
        environment(tmp_path)


def test_addresses_are_taken_once_and_given_back() -> None:
    """The block follows from the port; the address longest unused comes next."""
    addresses = Addresses(0x1234)
    taken = [addresses.take() for _ in range(253)]
    assert taken[0] == "127.18.52.2"
    assert len(set(taken)) == 253
    with pytest.raises(NoAddressLeftError):
        addresses.take()
    addresses.release(taken[7])
    assert addresses.take() == taken[7]


def test_hosts_file_changes_in_place(tmp_path: Path) -> None:
    """A container holds the file's inode, not its name."""
    names = HostsFile(tmp_path / "hosts")
    with names.path.open() as reader:
        names.publish("a", [("127.0.0.2", "a.local"), ("127.0.0.3", "a.local")])
        names.publish("b", [("127.0.0.4", "b.local")])
        names.publish("a", [("127.0.0.3", "a.local")])
        assert reader.read() == "127.0.0.1\tlocalhost\n127.0.0.3\ta.local\n127.0.0.4\tb.local\n"
        names.publish("a", [])
        names.publish("b", [])
    assert names.path.read_text() == "127.0.0.1\tlocalhost\n"
