# pyright: basic
# moto has no types for its backends.
"""ElastiCache replication groups as real Redis servers, with TLS from the account's authority and AUTH.

One server stands for all nodes of a group: its endpoints and replicas are names of the same address.
Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/WhatIs.html
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.elasticache.exceptions import InvalidParameterCombinationException, InvalidParameterValueException

from embedded_aws.account import processes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moto.elasticache.models import ReplicationGroup

    from embedded_aws.account.account import Account

LOG = logging.getLogger(__name__)
_START_SECONDS = 60
_TOKEN_LENGTHS = range(16, 129)
_FORBIDDEN = frozenset('@"/')
_SETTINGS = frozenset(
    {"maxmemory-policy", "notify-keyspace-events", "timeout", "maxmemory-samples", "databases"}
)
"""Parameters handed on to the server; others mean ElastiCache's own machinery."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What outlives a server: its token, parameters, address, and a former token that it still accepts."""

    token: str | None
    parameters: dict[str, str]
    address: str
    former: str | None = None


class Server:
    """The Redis server of one replication group."""

    def __init__(self, account: Account, group: ReplicationGroup, saved: Saved) -> None:
        self._account, self.group = account, group
        self._token, self._former = saved.token, saved.former
        self._parameters = saved.parameters
        self._folder = account.home / "elasticache" / group.replication_group_id
        self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.address = saved.address
        self.publish()
        # Replicas that come later are of the same domain.
        names = [*_names(group), *(f"*.{name.partition('.')[2]}" for name in _names(group))]
        self._certificate, self._key = account.authority.issue([*names, self.address])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def saved(self) -> Saved:
        """What it needs to serve again."""
        kept = {"parameters": self._parameters, "address": self.address}
        return Saved(token=self._token, former=self._former, **kept)

    def create(self) -> None:
        """Start the server; the group is `creating` until it answers."""
        self.group.status = "creating"

        def run() -> None:
            try:
                self._serve()
                self.group.status = "available"
            except Exception:
                LOG.exception("replication group %s", self.group.replication_group_id)
                self.group.status = "create-failed"

        threading.Thread(target=run, name=f"cache-{self.group.replication_group_id}", daemon=True).start()

    def publish(self) -> None:
        """Publish the names of all nodes."""
        names = _names(self.group)
        self._account.hosts_file.publish(self.group.arn, [(self.address, name) for name in names])

    def change_token(self, token: str, strategy: str) -> None:
        """Change the AUTH token: ROTATE accepts the one before too, SET the last rotated only, DELETE none.

        https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html#auth-modifyng-token

        Raises:
            InvalidParameterValueException: SET is for another token than the last rotated.
        """
        if strategy == "SET" and token != self._token:
            raise InvalidParameterValueException(
                "The AuthToken parameter must be the same value as the last AUTH token rotated."
            )
        former = self._token if strategy == "ROTATE" and token != self._token else None
        accepted = [f">{one}" for one in (former, token) if one]
        change = ["nopass"] if strategy == "DELETE" else ["resetpass", *accepted]
        self._ask("ACL", "SETUSER", "default", *change)
        self._token, self._former = (None, None) if strategy == "DELETE" else (token, former)

    def end(self) -> None:
        """End the server; it finds its data when it is started again."""
        if self._process is not None:
            self._ask("SAVE", check=False)
            processes.end(self._process, 5)

    def forget(self) -> None:
        """End the server and remove its folder, address and names."""
        self.end()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._account.hosts_file.publish(self.group.arn, [])
        self._account.addresses.release(self.address)

    def _serve(self) -> None:
        port = str(self.group.port)
        tls = self.group.transit_encryption_enabled
        settings = {
            "bind": self.address,
            "protected-mode": "no",
            "port": "0" if tls else port,
            "dir": str(self._folder),
            "save": '""',
            **(
                {
                    "tls-port": port,
                    "tls-cert-file": str(self._certificate),
                    "tls-key-file": str(self._key),
                    "tls-auth-clients": "no",
                }
                if tls
                else {}
            ),
            **({"requirepass": f'"{self._token}"'} if self._token else {}),
            **self._parameters,
        }
        configuration = self._folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        self._process = processes.spawn_server(
            "cache",
            ["redis-server", str(configuration)],
            folder=self._folder,
            readable=[self._certificate.parent],
            log=self._folder / "redis.log",
        )
        deadline = time.monotonic() + _START_SECONDS
        while self._ask("PING", check=False) != "PONG":
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = (self._folder / "redis.log").read_text(errors="replace")[-1500:]
                raise RuntimeError(f"redis-server does not answer on {self.address}:\n{tail}")
            time.sleep(0.05)
        if self._former:
            self._ask("ACL", "SETUSER", "default", f">{self._former}")

    def _ask(self, *words: str, check: bool = True) -> str:
        """Run one Redis command, from standard input so that no process list shows a token."""
        tls = (
            ["--tls", "--cacert", str(self._account.authority.path)]
            if self.group.transit_encryption_enabled
            else []
        )
        done = subprocess.run(
            ["redis-cli", "-h", self.address, "-p", str(self.group.port), *tls],
            input=" ".join(f'"{word}"' for word in words) + "\n",
            text=True,
            env={"PATH": "/usr/bin:/bin", **({"REDISCLI_AUTH": self._token} if self._token else {})},
            capture_output=True,
            check=False,
        )
        answer = done.stdout.strip()
        if check and answer != "OK":
            raise RuntimeError(f"redis-server refused {words[0]}: {answer or done.stderr.strip()}")
        return answer


class Caches:
    """The servers of all replication groups."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._servers: dict[str, Server] = {}

    def create(self, group: ReplicationGroup, token: str | None, parameters: dict[str, str]) -> None:
        """Start a group's server.

        Raises:
            InvalidParameterValueException: ElastiCache refuses the token.
        """
        check_token(token, tls=group.transit_encryption_enabled)
        kept = {name: value for name, value in parameters.items() if name in _SETTINGS}
        saved = Saved(token=token, parameters=kept, address=self._account.addresses.take())
        self._servers[group.arn] = server = Server(self._account, group, saved)
        server.create()

    def saved(self) -> list[tuple[ReplicationGroup, Saved]]:
        """Return what outlives the servers."""
        return [(server.group, server.saved) for server in list(self._servers.values())]

    def resume(self, saved: Iterable[tuple[ReplicationGroup, Saved]]) -> None:
        """Start the servers of an earlier process of the account."""
        for group, state in saved:
            self._account.addresses.reserve([state.address])
            self._servers[group.arn] = Server(self._account, group, state)
        names = {server.group.replication_group_id for server in self._servers.values()}
        for folder in self._account.home.glob("elasticache/*"):
            if folder.name not in names:
                shutil.rmtree(folder)
        for server in self._servers.values():
            server.create()

    def change_token(self, group: ReplicationGroup, token: str, strategy: str) -> None:
        """Change a group's AUTH token."""
        if strategy != "DELETE":
            check_token(token, tls=group.transit_encryption_enabled)
        self._servers[group.arn].change_token(token, strategy)

    def publish(self, group: ReplicationGroup) -> None:
        """Publish the names of a group's nodes after their number has changed."""
        self._servers[group.arn].publish()

    def forget(self, group: ReplicationGroup) -> None:
        """End a deleted group's server."""
        server = self._servers.pop(group.arn, None)
        if server is not None:
            threading.Thread(target=server.forget, daemon=True).start()

    def end(self) -> None:
        """End all servers."""
        for server in self._servers.values():
            server.end()


def check_token(token: str | None, *, tls: bool) -> None:
    """Refuse the AUTH tokens that ElastiCache refuses."""
    if token is None:
        return
    if not tls:
        raise InvalidParameterCombinationException(
            "To enable the AUTH token, in-transit encryption must be enabled (TransitEncryptionEnabled)."
        )
    if (
        len(token) not in _TOKEN_LENGTHS
        or not token.isascii()
        or not token.isprintable()
        or set(token) & _FORBIDDEN
    ):
        raise InvalidParameterValueException(
            "Invalid AuthToken provided: 16 to 128 printable ASCII characters without '@', '\"' and '/'."
        )


def _names(group: Any) -> list[str]:
    names = []
    for node_group in group.node_groups:
        names += [
            node_group[key]
            for key in ("primary_endpoint_address", "reader_endpoint_address")
            if key in node_group
        ]
        names += [
            member["read_endpoint"]["address"]
            for member in node_group["node_group_members"]
            if "read_endpoint" in member
        ]
    if hasattr(group, "configuration_endpoint"):
        names.append(group.configuration_endpoint["address"])
    return names
