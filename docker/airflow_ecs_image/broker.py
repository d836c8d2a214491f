"""Celery's broker: reach it, and in Redis see who waits on a queue."""

import json
import socket
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote, urlsplit

from airflow_ecs_image.errors import NotReadyError, PermanentError

TIMEOUT_SECONDS = 5.0
REDIS_PORT = 6379
PORTS = {"amqp": 5672, "amqps": 5671, "http": 80, "https": 443}
QUEUES = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__PREDEFINED_QUEUES"


def is_redis(url: str) -> bool:
    """Whether `url` names a Redis, with or without TLS; RabbitMQ and SQS are left to Celery's own retries."""
    return url.startswith(("redis://", "rediss://"))


def reach(url: str, environ: Mapping[str, str]) -> None:
    """Connect to the broker and say nothing; of SQS to where the queues' URLs point.

    Raises:
        NotReadyError: nobody answers.
    """
    if url.startswith("sqs://"):
        queues = json.loads(environ.get(QUEUES, "{}")).values()
        regional = f"https://sqs.{environ.get('AWS_DEFAULT_REGION')}.amazonaws.com"
        url = next((queue["url"] for queue in queues), regional)
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "", port), timeout=TIMEOUT_SECONDS).close()
    except OSError as error:
        raise NotReadyError(f"broker {parts.hostname}:{port}: {error}") from None


def client_name(own_address: str) -> str:
    """The name of a worker's connections to Redis, by which its health check finds them."""
    return f"airflow-worker-{own_address}"


@contextmanager
def connected(url: str) -> Generator["Redis"]:
    """A logged-in connection to the Redis behind Celery's broker URL.

    Raises:
        PermanentError: wrong CA, name or AUTH token.
        NotReadyError: everything else.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or REDIS_PORT
    ca_file = parse_qs(parts.query).get("ssl_ca_certs", [None])[0]
    where = f"broker {host}:{port}"
    try:
        plain = socket.create_connection((host, port), timeout=TIMEOUT_SECONDS)
        with plain, _secured(plain, host, ca_file) if parts.scheme == "rediss" else plain as link:
            redis = Redis(link)
            if parts.password:
                user = [unquote(parts.username)] if parts.username else []
                redis.call("AUTH", *user, unquote(parts.password))
            redis.call("PING")
            yield redis
    except ssl.SSLCertVerificationError as error:
        raise PermanentError(
            f"{where}: certificate rejected by the CAs in {ca_file or 'the system'}: {error.verify_message}. "
            "Build the image with the right CA (EXTRA_CA_CERTIFICATES), or correct ssl_ca_certs in the URL.",
        ) from None
    except FileNotFoundError:
        raise PermanentError(
            f"{where}: the CA file {ca_file} is not in the image. Correct ssl_ca_certs.",
        ) from None
    except OSError as error:
        raise NotReadyError(f"{where}: {error}") from None
    except RedisError as error:
        if str(error).startswith(("WRONGPASS", "NOAUTH", "NOPERM", "ERR AUTH", "ERR invalid password")):
            raise PermanentError(
                f"{where}: it refuses the AUTH token ({error}). The secret and the broker differ.",
            ) from None
        raise NotReadyError(f"{where}: {error}") from None


class RedisError(RuntimeError):
    """An error reply of Redis."""


class Redis:
    """As much of Redis' protocol as two short questions need (importing a client costs ten times their CPU).

    Errors: RedisError for an error reply, OSError for a broken connection.
    https://redis.io/docs/latest/develop/reference/protocol-spec/
    """

    def __init__(self, link: socket.socket) -> None:
        self._stream = link.makefile("rwb")

    def call(self, *words: str) -> str:
        """Send one command; the reply as text (commands here answer with a simple or a bulk string)."""
        encoded = [word.encode() for word in words]
        self._stream.write(b"*%d\r\n" % len(encoded))
        for word in encoded:
            self._stream.write(b"$%d\r\n%b\r\n" % (len(word), word))
        self._stream.flush()
        line = self._stream.readline().rstrip(b"\r\n").decode()
        kind, rest = line[:1], line[1:]
        if kind == "-":
            raise RedisError(rest)
        if kind == "+":
            return rest
        if kind == "$":
            return self._stream.read(int(rest) + 2)[:-2].decode()
        raise ConnectionError(f"unexpected reply {line[:80]!r}")

    def clients(self, name: str) -> list[dict[str, str]]:
        """The connections with this client name, with the fields of `CLIENT LIST` (`cmd`, `idle`, ...)."""
        found: list[dict[str, str]] = []
        for line in self.call("CLIENT", "LIST").splitlines():
            pairs = (field.partition("=") for field in line.split())
            client = {key: value for key, _, value in pairs}
            if client.get("name") == name:
                found.append(client)
        return found


def _secured(plain: socket.socket, host: str, ca_file: str | None) -> ssl.SSLSocket:
    return ssl.create_default_context(cafile=ca_file).wrap_socket(plain, server_hostname=host)
