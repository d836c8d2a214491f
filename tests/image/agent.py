"""What ECS gives a task: its metadata, its task protection, and the part of its API that a worker asks."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCKED = {"Arn": "a", "Reason": "DEPLOYMENT_BLOCKED", "Detail": None}


@dataclass
class Service:
    """One service of ECS, as far as it bears on protection: it has no more protected tasks than it is to run.

    Attributes:
        deployments: what DescribeServices says; empty: the API is out of reach.
    """

    desired: int = 1
    protected: set[str] = field(default_factory=set[str])
    deployments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def protect(self, task: str, *, enabled: bool) -> dict[str, Any] | None:
        """Protect a task or stop protecting it; the refusal, if it is one."""
        if enabled and len(self.protected | {task}) > self.desired:
            return BLOCKED
        (self.protected.add if enabled else self.protected.discard)(task)
        return None


class Agent:
    """Answers for one task; `protections` records each state that the task asked for.

    Attributes:
        failure: refuses every state with this, where it is set.
        away: it takes requests and closes the connection without an answer.
        meanwhile: what happens while it answers, one a request.
        service: whose task it is.
        deployment: which of its deployments the task is of.
    """

    def __init__(self, address: str) -> None:
        self.protections: list[dict[str, Any]] = []
        self.failure: dict[str, Any] | None = None
        self.away = False
        self.meanwhile: list[Callable[[], object]] = []
        self.service = Service()
        self.deployment = "ecs-svc/1"
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                networks = [{"NetworkMode": "awsvpc", "IPv4Addresses": [address]}]
                here = "arn:aws:ecs:eu-west-1:123456789012"
                metadata = {"TaskARN": f"{here}:task/air/x", "Cluster": f"{here}:cluster/air"}
                self._answer({**metadata, "Containers": [{"Networks": networks}]})

            def do_PUT(self) -> None:
                wanted = self._given()
                agent.protections.append({"path": self.path, **wanted})
                if agent.away:
                    return
                if agent.meanwhile:
                    agent.meanwhile.pop(0)()
                refusal = agent.failure or agent.service.protect(address, enabled=wanted["ProtectionEnabled"])
                self._answer({"failure": refusal} if refusal else {"protection": wanted})

            def do_POST(self) -> None:
                """ECS's own API."""
                self._given()
                task = {"group": "service:worker", "startedBy": agent.deployment}
                answers = {
                    "DescribeTasks": {"tasks": [task]},
                    "DescribeServices": {"services": [{"deployments": agent.service.deployments}]},
                }
                answer = answers[self.headers["X-Amz-Target"].rpartition(".")[2]]
                if agent.service.deployments:
                    self._answer(answer)
                else:
                    self._answer({"__type": "AccessDeniedException", "message": "no"}, 400)

            def _given(self) -> Any:
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, value: object, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the listener."""
        self._server.shutdown()
        self._server.server_close()
