"""The endpoints that ECS gives a task: its metadata and its task protection."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Agent:
    """Answers for one task; `protections` records each state that the task asked for."""

    def __init__(self, address: str) -> None:
        self.protections: list[dict[str, Any]] = []
        self.failure: dict[str, str] | None = None
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                networks = [{"NetworkMode": "awsvpc", "IPv4Addresses": [address]}]
                self._answer({"TaskARN": "arn:aws:ecs:task", "Containers": [{"Networks": networks}]})

            def do_PUT(self) -> None:
                length = int(self.headers["Content-Length"])
                wanted = json.loads(self.rfile.read(length))
                agent.protections.append({"path": self.path, **wanted})
                self._answer({"failure": agent.failure} if agent.failure else {"protection": wanted})

            def _answer(self, value: object) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
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
