# pyright: basic
# moto has no types for its backends.
"""The servers of all brokers, and the states that a broker goes through."""

from __future__ import annotations

import logging
import shutil
import threading
from typing import TYPE_CHECKING, Any

from moto.mq.models import mq_backends

from embedded_aws.account.amazon_mq.broker import CREATING, DELETING, FAILED, REBOOTING, RUNNING
from embedded_aws.account.amazon_mq.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from embedded_aws.account.account import Account
    from embedded_aws.account.amazon_mq.broker import Broker

LOG = logging.getLogger(__name__)


class Brokers:
    """The servers of all brokers."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._servers: dict[str, Server] = {}
        self._brokers: dict[str, Broker] = {}

    def create(self, broker: Broker) -> None:
        """Start a new broker's server."""
        self._add(broker, Server(self._account, broker))
        self._enter(broker, CREATING, self._first_start(broker), FAILED)

    def reboot(self, broker: Broker) -> None:
        """Start a broker's server anew, with what was pending."""
        server = self._servers[broker.id]

        def work() -> None:
            server.end()
            broker.apply_pending()
            server.serve()

        self._enter(broker, REBOOTING, work, REBOOTING)

    def delete(self, broker: Broker) -> None:
        """End a broker's server; the broker can be described until that is done."""
        broker.state = DELETING
        server = self._servers.pop(broker.id)
        del self._brokers[broker.id]

        def work() -> None:
            server.forget()
            del mq_backends[broker.account_id][broker.region].brokers[broker.id]

        threading.Thread(target=work, name=f"mq-{broker.id}", daemon=True).start()

    def saved(self) -> list[tuple[Broker, str]]:
        """Return what outlives the servers: brokers and their addresses."""
        return [(self._brokers[name], server.address) for name, server in list(self._servers.items())]

    def resume(self, saved: Iterable[tuple[Broker, str]]) -> None:
        """Start the servers of an earlier process of the account; a folder that no broker has is removed."""
        for broker, address in saved:
            self._account.addresses.reserve([address])
            self._add(broker, Server(self._account, broker, address))
        for folder in self._account.home.glob("mq/*"):
            if folder.name not in self._servers:
                shutil.rmtree(folder)
        _drop_deleted()
        for broker in self._brokers.values():
            if broker.state == CREATING:
                self._enter(broker, CREATING, self._first_start(broker), FAILED)
            elif broker.state != FAILED:
                self._enter(broker, REBOOTING, self._servers[broker.id].serve, REBOOTING)

    def end(self) -> None:
        """End all servers."""
        enders = [threading.Thread(target=server.end) for server in self._servers.values()]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()

    def _add(self, broker: Broker, server: Server) -> None:
        self._servers[broker.id], self._brokers[broker.id] = server, broker

    def _first_start(self, broker: Broker) -> Callable[[], None]:
        server = self._servers[broker.id]

        def work() -> None:
            server.serve()
            broker.user = None

        return work

    def _enter(self, broker: Broker, state: str, work: Callable[[], None], failure: str) -> None:
        """Do `work` in a thread; the broker has `state` meanwhile, then RUNNING or `failure`."""
        broker.state = state

        def run() -> None:
            try:
                work()
                broker.state = RUNNING
            except Exception:
                LOG.exception("broker %s", broker.name)
                broker.state = failure

        threading.Thread(target=run, name=f"mq-{broker.id}", daemon=True).start()


def _drop_deleted() -> None:
    """Forget the brokers that were being deleted when the account ended."""
    backends: Any = mq_backends
    for _, _, backend in backends.iter_backends():
        for name in [one.id for one in backend.brokers.values() if one.state == DELETING]:
            del backend.brokers[name]
