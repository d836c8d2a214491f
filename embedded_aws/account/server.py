# pyright: basic
# moto has no types for its server.
"""The account's process: `python -m embedded_aws.account.server HOME LISTENER` (see `lifecycle.start`)."""

from __future__ import annotations

import functools
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Read by moto when it is imported: AWS's own policies exist, certificates are issued as if validated, and no
# web page is told that it may call (see `guard`).
os.environ |= {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ACM_VALIDATION_WAIT": "-1",
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from embedded_aws import capabilities, sandbox
from embedded_aws.account import ecr, moto_patches, saved_state
from embedded_aws.account.account import Account
from embedded_aws.account.amazon_mq import requests as mq_requests
from embedded_aws.account.application_auto_scaling import requests as scaling_requests
from embedded_aws.account.application_auto_scaling.scaling import Scaling
from embedded_aws.account.authorization import authorize
from embedded_aws.account.cloudwatch import metric_filters
from embedded_aws.account.cloudwatch import requests as cloudwatch_requests
from embedded_aws.account.cloudwatch.alarms import Alarms
from embedded_aws.account.cloudwatch.service_metrics import ServiceMetrics
from embedded_aws.account.delays import Delays
from embedded_aws.account.ecs import moto_handlers
from embedded_aws.account.ecs.memory import MemoryWatcher
from embedded_aws.account.ecs.metadata_endpoint import MetadataEndpoint
from embedded_aws.account.ecs.runner import Runner
from embedded_aws.account.ecs.scheduler import Scheduler
from embedded_aws.account.ecs.task_networking import TaskNetworking
from embedded_aws.account.elbv2 import moto_state
from embedded_aws.account.elbv2.load_balancers import LoadBalancers
from embedded_aws.account.eventbridge_scheduler.schedules import Schedules
from embedded_aws.account.guard import Guard
from embedded_aws.account.lifecycle import MARK
from embedded_aws.account.moto_patches import elasticache, rds, sts
from embedded_aws.account.moto_patches.elbv2 import load_balancers
from embedded_aws.account.retry_cache import RetryCache

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG = logging.getLogger(__name__)
OWN = "/_account/"
"""Begins the paths of what is no AWS API: its callers know a path that nobody can guess."""
_TASKS_SECONDS = 5.0
"""Given to tasks to end by themselves when the account stops."""


class RequestHandler(MotoRequestHandler):
    """Logs failed requests only, and answers in one piece.

    A provider built with Go 1.23 now and then leaves an answer whose head comes alone, and asks again.
    """

    wbufsize = 2**20

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave a served request out of the log."""
        if str(code).startswith("5"):
            super().log_request(code, size)


class Application:
    """moto's application, and the account's own paths beside it."""

    def __init__(self, account: Account, agent: MetadataEndpoint) -> None:
        self._account, self._agent = account, agent
        self._moto = RetryCache(DomainDispatcherApplication(create_backend_app))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(OWN):
            return self._moto(environ, start_response)
        if path.startswith(ecr.PATH):
            return self._layer(path, start_response)
        if path == "/_account/health":
            status, answer = 200, {"home": str(self._account.home)}
        else:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status, answer = self._agent.answer(environ["REQUEST_METHOD"], path, body)
        text = json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(text)))]
        start_response(f"{status} {'OK' if status < 400 else 'ERROR'}", headers)  # noqa: PLR2004 - HTTP
        return [text]

    def _layer(self, path: str, start_response: Any) -> Iterable[bytes]:
        """Give a layer of an image to who got its address from ECR."""
        content = self._account.blobs.at(path)
        status = "403 Forbidden" if content is None else "200 OK"
        start_response(status, [("Content-Length", str(len(content or b"")))])
        return [content or b""]


def _announce(home: Path, endpoint: str) -> None:
    """Say where the account answers, to who may be reading at this very moment: never half a file."""
    unfinished = home / f"{MARK}.part"
    unfinished.write_text(json.dumps({"endpoint": endpoint}))
    unfinished.replace(home / MARK)


def _memory_limits(account: Account) -> str:
    if account.control_groups:
        return f"the kernel keeps them, in {account.control_groups.folder}"
    return capabilities.why_no_memory_limits() or (
        "processes are measured every second: this user can make no control groups (version 2) with memory"
    )


def _resume(account: Account, servers: dict[str, Any], runner: Runner) -> None:
    """Go on where an earlier process of the account ended."""
    if (state := saved_state.read(account.home)) is None:
        return
    account.addresses.reserve(balancer.dns_name for balancer in moto_state.balancers())
    for name, kind in servers.items():
        kind.resume(state.get(name, ()))
    runner.resume()
    LOG.info("resumed what %s had", account.home)


def _save(account: Account, servers: dict[str, Any]) -> None:
    with account.lock:
        parts = {name: kind.saved() for name, kind in servers.items()}
        saved_state.write(account.home, account.port, parts)


def _asked_to_end() -> threading.Event:
    """Give what is set by SIGTERM or Ctrl-C."""
    asked = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: asked.set())
    return asked


def main(home: Path, listener: socket.socket) -> None:
    """Serve the account on an open socket until SIGTERM, then end every process of it."""
    host, port = listener.getsockname()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sandbox.require()
    ended = _asked_to_end()
    account = Account(home, port)
    balancers = LoadBalancers(account)
    networking = TaskNetworking(account, balancers)
    runner = Runner(account, networking)
    scheduler = Scheduler(account, moto_handlers.services, runner.launch_for, networking)
    schedules = Schedules(account)
    scaling, delays = Scaling(account), Delays.of_environment()
    alarms = Alarms(delays, scaling.scale)
    memory_watcher = MemoryWatcher(runner.running)
    moto_handlers.install(runner)
    moto_patches.install()
    cloudwatch_requests.install(alarms)
    metric_filters.install(alarms)
    scaling_requests.install(scaling)
    sts.install(account.keys)
    ecr.install(account.blobs)
    load_balancers.install(account, balancers)
    databases, caches = rds.install(account), elasticache.install(account)
    servers = {"databases": databases, "caches": caches, "brokers": mq_requests.install(account)}
    sources = [databases.samples, caches.samples, balancers.usage, moto_handlers.usage(runner)]
    service_metrics = ServiceMetrics(alarms, sources, delays)
    _resume(account, servers, runner)
    save = functools.partial(_save, account, servers)
    saver = saved_state.Saver(Application(account, MetadataEndpoint(runner)), save)
    server = make_server(
        host,
        port,
        Guard(saver, account.keys, authorize, unsigned=OWN),
        threaded=True,
        request_handler=RequestHandler,
        fd=listener.fileno(),
    )
    threading.Thread(target=server.serve_forever, name="api", daemon=True).start()
    watching = (scaling, service_metrics, alarms, memory_watcher)
    for one in (account.event_bus, balancers, scheduler, schedules, *watching):
        one.start()
    LOG.info("memory limits: %s", _memory_limits(account))
    saver.start()
    _announce(home, account.endpoint)
    LOG.info("serving %s", account.endpoint)
    ended.wait()
    LOG.info("stopping")
    saver.end()
    for one in (alarms, service_metrics, scaling, schedules, scheduler):
        one.end()
    runner.end(_TASKS_SECONDS)
    for one in (account.event_bus, memory_watcher, balancers):
        one.end()
    for kind in servers.values():
        kind.end()
    if account.control_groups:
        account.control_groups.end()
    server.shutdown()
    saved_state.save_at_the_end(save)
    (home / MARK).unlink()
    LOG.info("stopped")


if __name__ == "__main__":
    main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
