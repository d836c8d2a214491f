"""As much of Redis' protocol as the image speaks."""

import socket
import threading
from collections.abc import Iterator

import pytest

from airflow_ecs_image.broker import Redis, RedisError, connected
from airflow_ecs_image.errors import NotReadyError

CLIENTS = "id=3 addr=1.2.3.4:5 name=w cmd=brpop idle=1 flags=b\nid=4 name=other cmd=get idle=0 flags=N\n"


@pytest.fixture
def link() -> Iterator[tuple[Redis, socket.socket]]:
    """A client and the server's end."""
    here, there = socket.socketpair()
    with here, there:
        yield Redis(here), there


def test_a_command_is_an_array_of_bulk_strings(link: tuple[Redis, socket.socket]) -> None:
    """Lengths count bytes, so a password may hold anything."""
    client, server = link
    server.sendall(b"+OK\r\n")
    assert client.call("AUTH", "pä ss") == "OK"
    assert server.recv(100) == "*2\r\n$4\r\nAUTH\r\n$6\r\npä ss\r\n".encode()


def test_clients_are_found_by_name(link: tuple[Redis, socket.socket]) -> None:
    """Among all of the broker's connections."""
    client, server = link
    server.sendall(f"${len(CLIENTS)}\r\n{CLIENTS}\r\n".encode())
    assert [(found["cmd"], found["idle"]) for found in client.clients("w")] == [("brpop", "1")]


def test_an_error_reply_is_raised(link: tuple[Redis, socket.socket]) -> None:
    """With Redis' own words."""
    client, server = link
    server.sendall(b"-NOAUTH Authentication required.\r\n")
    with pytest.raises(RedisError, match="NOAUTH"):
        client.call("PING")


def accept_and_close(server: socket.socket) -> None:
    """Hang up on one client."""
    server.accept()[0].close()


def test_a_closed_connection_is_waited_for() -> None:
    """A broker that is restarting."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept_and_close, args=(server,), daemon=True).start()
        with (
            pytest.raises(NotReadyError, match=r"unexpected reply|reset"),
            connected(
                f"redis://127.0.0.1:{server.getsockname()[1]}/0",
            ),
        ):
            pytest.fail("connected")
