# pyright: basic
# moto has no types for its backends.
"""A cache that is started again, as by `make stop` in the middle of a rotation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.exceptions as redis_errors
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded_aws.account.addresses import Addresses
from embedded_aws.account.certificate_authority import CertificateAuthority
from embedded_aws.account.elasticache import Saved, Server

from .conftest import free_port, wait

if TYPE_CHECKING:
    from pathlib import Path

FIRST, SECOND = "f" * 16, "s" * 16


def test_both_tokens_are_accepted_after_a_stop(tmp_path: Path) -> None:
    """And no other one: what is saved is what the server accepted."""
    authority = CertificateAuthority(tmp_path)
    published = SimpleNamespace(publish=lambda *_: None)
    account: Any = SimpleNamespace(home=tmp_path, authority=authority, hosts_file=published)
    group: Any = SimpleNamespace(
        replication_group_id="rg",
        arn="arn:aws:x",
        node_groups=[],
        port=6379,
        transit_encryption_enabled=True,
        cache_node_type="cache.t4g.micro",
        status="",
    )
    saved = Saved(token=FIRST, parameters={}, address=Addresses(free_port()).take())
    for strategy in ("ROTATE", ""):
        server = Server(account, group, saved)
        server.create()
        wait(lambda: group.status == "available")
        try:
            if strategy:
                server.change_token(SECOND, strategy)
            for token in (FIRST, SECOND):
                assert client(server, authority, token).ping()
            with pytest.raises(redis_errors.AuthenticationError):
                client(server, authority, "o" * 16).ping()
            saved = server.saved
        finally:
            server.end()
            group.status = ""
    assert (saved.token, saved.former) == (SECOND, FIRST)


def client(server: Server, authority: CertificateAuthority, token: str) -> redis.Redis:
    """Return a client with a token."""
    return redis.Redis(
        host=server.address,
        port=6379,
        password=token,
        ssl=True,
        ssl_ca_certs=str(authority.path),
        retry=Retry(NoBackoff(), 0),
    )
