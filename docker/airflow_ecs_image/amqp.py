"""RabbitMQ as Celery's broker: its certificate and the login, before Celery retries both for ever.

As much of AMQP 0-9-1 as a login takes: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf
"""

import socket
import ssl
import struct
from io import BufferedRWPair
from urllib.parse import unquote, urlsplit

from airflow_ecs_image.errors import NotReadyError, PermanentError

CA_FILE = "/opt/airflow/certs/broker.pem"
PORT, TLS_PORT = 5672, 5671
TIMEOUT_SECONDS = 5.0
PROTOCOL = b"AMQP\x00\x00\x09\x01"
START, TUNE, CLOSE = (10, 10), (10, 30), (10, 50)
METHOD_FRAME, FRAME_END = 1, b"\xce"


def is_amqp(url: str) -> bool:
    """Whether `url` names a RabbitMQ, with or without TLS."""
    return url.startswith(("amqp://", "amqps://"))


def check(url: str, ca_file: str = CA_FILE) -> None:
    """Log in and leave.

    Raises:
        PermanentError: wrong CA, name, user or password.
        NotReadyError: everything else.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "amqps"
    host, port = parts.hostname or "", parts.port or (TLS_PORT if secure else PORT)
    where = f"broker {host}:{port}"
    try:
        plain = socket.create_connection((host, port), timeout=TIMEOUT_SECONDS)
        with plain, _secured(plain, host, ca_file) if secure else plain as link:
            refusal = _log_in(link, unquote(parts.username or ""), unquote(parts.password or ""))
    except ssl.SSLCertVerificationError as error:
        raise PermanentError(
            f"{where}: certificate rejected by the CAs in {ca_file}: {error.verify_message}. "
            "Build the image with the right CA (EXTRA_CA_CERTIFICATES).",
        ) from None
    except (OSError, struct.error) as error:
        raise NotReadyError(f"{where}: {error}") from None
    if refusal:
        raise PermanentError(f"{where}: it refuses the login ({refusal}). The secret and the broker differ.")


def _secured(plain: socket.socket, host: str, ca_file: str) -> ssl.SSLSocket:
    return ssl.create_default_context(cafile=ca_file).wrap_socket(plain, server_hostname=host)


def _log_in(link: socket.socket, user: str, password: str) -> str:
    """Say who we are; return RabbitMQ's reason to refuse it, or nothing."""
    stream = link.makefile("rwb")
    stream.write(PROTOCOL)
    stream.flush()
    if _method(stream)[0] != START:
        raise ConnectionError("it does not begin a connection")
    # Without this capability RabbitMQ would refuse by hanging up.
    capabilities = _field("authentication_failure_close", b"t\x01")
    properties = _field("capabilities", b"F" + _long(capabilities))
    answer = _long(properties) + _short(b"PLAIN") + _long(f"\0{user}\0{password}".encode()) + _short(b"en_US")
    payload = struct.pack(">HH", 10, 11) + answer
    stream.write(struct.pack(">BHI", METHOD_FRAME, 0, len(payload)) + payload + FRAME_END)
    stream.flush()
    method, arguments = _method(stream)
    if method == TUNE:
        return ""
    if method != CLOSE:
        raise ConnectionError(f"unexpected method {method}")
    length = arguments[2]
    return arguments[3 : 3 + length].decode(errors="replace")


def _method(stream: BufferedRWPair) -> tuple[tuple[int, int], bytes]:
    """Read a method's frame: what it is, and its arguments."""
    kind, _, size = struct.unpack(">BHI", stream.read(7))
    payload = stream.read(size + 1)
    if kind != METHOD_FRAME or payload[-1:] != FRAME_END:
        raise ConnectionError("it does not speak AMQP 0-9-1")
    first, second = struct.unpack(">HH", payload[:4])
    return (first, second), payload[4:-1]


def _short(text: bytes) -> bytes:
    return struct.pack(">B", len(text)) + text


def _long(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _field(name: str, value: bytes) -> bytes:
    return _short(name.encode()) + value
