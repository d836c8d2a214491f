"""The login to RabbitMQ, against a peer that says what RabbitMQ says; and what Celery is to do with it.

Not proved: that RabbitMQ says it; the drill `rabbitmq` logs in to a real one.
"""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from airflow_ecs_image import amqp
from airflow_ecs_image.amqp_transport import celery_config
from airflow_ecs_image.entrypoint import probes
from airflow_ecs_image.errors import NotReadyError, PermanentError

from .certificates import Authority

START = b"\x00\x09" + bytes(4) + struct.pack(">I", 5) + b"PLAIN" + struct.pack(">I", 5) + b"en_US"
TUNE = bytes(8)
REASON = b"ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."
CLOSE = struct.pack(">HB", 403, len(REASON)) + REASON + bytes(4)


def frame(method: tuple[int, int], arguments: bytes) -> bytes:
    """Make a method's frame."""
    payload = struct.pack(">HH", *method) + arguments
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"


@contextmanager
def broker(last: bytes, context: ssl.SSLContext | None = None) -> Generator[tuple[int, list[bytes]]]:
    """Begin a connection with each client, hear its login, and answer `last`: (port, logins)."""
    logins: list[bytes] = []

    def serve(server: socket.socket) -> None:
        plain, _ = server.accept()
        with plain:
            try:
                link = context.wrap_socket(plain, server_side=True) if context else plain
            except OSError:
                return
            assert link.recv(8) == amqp.PROTOCOL
            link.sendall(frame((10, 10), START))
            logins.append(link.recv(1000))
            link.sendall(last)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()[1], logins
        thread.join(10)


def test_a_login_that_is_taken() -> None:
    """With a user and a password that a URL quotes."""
    with broker(frame((10, 30), TUNE)) as (port, logins):
        amqp.check(f"amqp://air:p%40%2Fss@127.0.0.1:{port}//")
    (login,) = logins
    assert b"\x05PLAIN" in login
    assert b"\0air\0p@/ss" in login
    assert b"authentication_failure_close" in login


def test_a_refused_login_is_final() -> None:
    """With RabbitMQ's words, and without the password."""
    with (
        broker(frame((10, 50), CLOSE)) as (port, _),
        pytest.raises(PermanentError, match=r"refuses the login \(ACCESS_REFUSED") as error,
    ):
        amqp.check(f"amqp://air:planted@127.0.0.1:{port}//")
    assert "planted" not in str(error.value)


@pytest.mark.parametrize("answer", [b"", b"\x01\x00", b"HTTP/1.1 400 Bad Request", frame((10, 41), b"")])
def test_everything_else_is_waited_for(answer: bytes) -> None:
    """A broker that hangs up, or that something else answers for."""
    with broker(answer) as (port, _), pytest.raises(NotReadyError, match=f"broker 127.0.0.1:{port}: "):
        amqp.check(f"amqp://air:x@127.0.0.1:{port}//")


def test_a_closed_port_is_waited_for() -> None:
    """A broker that is restarting."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotReadyError, match="refused"):
        amqp.check(f"amqp://air:x@127.0.0.1:{port}//")


@pytest.fixture
def secure(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """What a broker at 127.0.0.1 shows its certificate with, and the file with its CA."""
    authority = Authority.make("Broker's")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("127.0.0.1", tmp_path))
    (ca := tmp_path / "ca.pem").write_text(authority.pem())
    return context, ca


def test_the_certificate_is_checked(secure: tuple[ssl.SSLContext, Path], tmp_path: Path) -> None:
    """Against the CA, and against the name; before the login."""
    context, ca = secure
    with broker(frame((10, 30), TUNE), context) as (port, logins):
        amqp.check(f"amqps://air:x@127.0.0.1:{port}//", str(ca))
    assert len(logins) == 1
    (other := tmp_path / "other.pem").write_text(Authority.make("Somebody's").pem())
    for host, file in (("127.0.0.1", other), ("localhost", ca)):
        with (
            broker(frame((10, 30), TUNE), context) as (port, logins),
            pytest.raises(PermanentError, match=f"certificate rejected by the CAs in {re.escape(str(file))}"),
        ):
            amqp.check(f"amqps://air:x@{host}:{port}//", str(file))
        assert not logins


def test_who_uses_rabbitmq_waits_for_it() -> None:
    """Workers; not what only reads the database."""
    given = {"AIRFLOW__CELERY__BROKER_URL": "amqps://air:x@127.0.0.1:1//"}
    ((name, probe),) = probes(given | {"AIRFLOW_ECS_SERVICE": "worker"})
    assert name == "the broker"
    with pytest.raises(NotReadyError):
        probe()
    assert not list(probes(given | {"AIRFLOW_ECS_SERVICE": "triggerer"}))


def test_celery_checks_the_certificate_and_uses_quorum_queues() -> None:
    """Also for queues that are nobody's; and gives messages an end where the environment has one."""
    chosen = celery_config({}, {"max_retries": 3})
    assert chosen["broker_use_ssl"] == {
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": amqp.CA_FILE,
        "server_hostname": None,
    }
    assert chosen["broker_transport_options"] == {"max_retries": 3, "confirm_publish": True}
    assert {chosen["task_default_queue_type"], chosen["task_create_missing_queue_type"]} == {"quorum"}
    assert chosen["task_annotations"] == {}
    ended = celery_config({"AIRFLOW_ECS_MESSAGE_SECONDS": "720"}, {})
    assert ended["task_annotations"] == {"execute_workload": {"expires": 720}}
