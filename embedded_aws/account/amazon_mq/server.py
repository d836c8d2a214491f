# pyright: basic
# Debian's RabbitMQ has no types.
"""The RabbitMQ server of one broker: TLS only, at the broker's own address, with the name that its URL has.

Its version is that of Debian's package, whatever was asked for, and one server stands for a cluster. Its node
has its own port mapper (epmd), on loopback, which ends with it.
https://www.rabbitmq.com/docs/configure, https://www.rabbitmq.com/docs/networking
"""

from __future__ import annotations

import logging
import shutil
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Final

from embedded_aws import programs
from embedded_aws.account import processes
from embedded_aws.account.amazon_mq.broker import AMQPS_PORT
from embedded_aws.account.cloudwatch_logs import LogStream

if TYPE_CHECKING:
    import subprocess

    from embedded_aws.account.account import Account
    from embedded_aws.account.amazon_mq.broker import Broker

LOG = logging.getLogger(__name__)
(PROGRAM,) = programs.BROKER
MANAGEMENT_PORT: Final = 15671
"""Amazon MQ serves the management API on 443 as well, which takes rights that this server has not.

https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-basic-elements-broker.html"""
_START_SECONDS = 120
_STOP_SECONDS = 30
_ENDLESS: Final = "2147483647000"
"""Of `consumer_timeout`, 68 years: Amazon MQ's 0 is none, which RabbitMQ's own file cannot say."""
_HELLO: Final = b"AMQP\x00\x00\x09\x01"
_METHOD: Final = b"\x01"
"""Begins the answer of a server that is ready.

https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 4.2.2"""


class Server:
    """The server of one broker; `address` is given where it had one before."""

    def __init__(self, account: Account, broker: Broker, address: str | None = None) -> None:
        self._account, self._broker = account, broker
        self.folder = account.home / "mq" / broker.id
        self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.address = address or account.addresses.take()
        account.hosts_file.publish(broker.arn, [(self.address, broker.host)])
        self._certificate, self._key = account.authority.issue([broker.host, self.address])
        self._log = self.folder / "rabbitmq.log"
        self._process: subprocess.Popen[bytes] | None = None

    def serve(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RuntimeError: the server ended, or does not answer; the last lines of its log.
        """
        program = programs.find(PROGRAM) or PROGRAM
        configuration = self.folder / "rabbitmq.conf"
        configuration.touch(mode=0o600)
        configuration.write_text("".join(f"{key} = {value}\n" for key, value in self._settings().items()))
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        if self._log.exists():
            self._log.replace(self.folder / "rabbitmq.before.log")
        variables = [f"{name}={value}" for name, value in self._variables().items()]
        self._process = processes.spawn_server(
            "mq",
            ["env", *variables, program],
            folder=self.folder,
            readable=[self._certificate.parent, self._account.authority.path],
            log=self._log,
        )
        self._await(self._process)
        threading.Thread(
            target=self._publish_log, args=(self._process,), name=f"mq-log-{self._broker.id}", daemon=True
        ).start()

    def end(self) -> None:
        """End the server; its queues and users are there when it starts again."""
        if self._process is not None:
            processes.end(self._process, _STOP_SECONDS)
            self._process = None

    def forget(self) -> None:
        """End the server and remove its folder, address and name."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._account.hosts_file.publish(self._broker.arn, [])
        self._account.addresses.release(self.address)

    def _settings(self) -> dict[str, str]:
        """Return RabbitMQ's settings; the user of a first start is in its database afterwards."""
        certificates = {
            "cacertfile": str(self._account.authority.path),
            "certfile": str(self._certificate),
            "keyfile": str(self._key),
        }
        user = self._broker.user
        wanted = self._broker.configuration.revision.settings
        timeout = wanted.get("consumer_timeout", "1800000")
        return {
            "listeners.tcp": "none",
            "listeners.ssl.default": f"{self.address}:{AMQPS_PORT}",
            **{f"ssl_options.{key}": value for key, value in certificates.items()},
            "ssl_options.verify": "verify_none",
            "ssl_options.fail_if_no_peer_cert": "false",
            "management.ssl.ip": self.address,
            "management.ssl.port": str(MANAGEMENT_PORT),
            **{f"management.ssl.{key}": value for key, value in certificates.items()},
            **({"default_user": user["Username"], "default_pass": user["Password"]} if user else {}),
            "consumer_timeout": _ENDLESS if timeout == "0" else timeout,
            "heartbeat": wanted.get("heartbeat", "60"),
            "log.file": "false",
            "log.console": "true",
            "log.console.use_colors": "off",
        }

    def _variables(self) -> dict[str, str]:
        """Return the variables of RabbitMQ's scripts; without them it would use this machine's folders."""
        folder = self.folder
        interface = self.address.replace(".", ",")
        return {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": "rabbit@localhost",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            # RabbitMQ refuses to start where this port is taken at any address.
            "RABBITMQ_DIST_PORT": str(_free_port()),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "ERL_CRASH_DUMP_SECONDS": "0",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(_free_port()),
            # Few threads, which sleep when they have nothing to do.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"-kernel inet_dist_use_interface {{{interface}}} "
                "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
            ),
        }

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = self._log.read_text(errors="replace")[-1500:]
                raise RuntimeError(f"{PROGRAM} does not answer on {self.address}:\n{tail}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        context = ssl.create_default_context(cafile=str(self._account.authority.path))
        try:
            plain = socket.create_connection((self.address, AMQPS_PORT), timeout=2)
            with plain, context.wrap_socket(plain, server_hostname=self._broker.host) as link:
                link.sendall(_HELLO)
                return link.recv(1) == _METHOD
        except OSError:
            return False

    def _publish_log(self, process: subprocess.Popen[bytes]) -> None:
        """Bring what the server writes to CloudWatch Logs for as long as it runs, if the broker wants it."""
        broker = self._broker
        if not broker.general_log:
            return
        options = {"awslogs-group": broker.log_group, "awslogs-create-group": "true"}
        stream = LogStream(broker.account_id, broker.region, options, broker.id)
        with self._log.open("rb") as file:
            ended = False
            while not ended:
                ended = process.poll() is not None
                stream.write(file.read())
                time.sleep(0 if ended else 1)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]
