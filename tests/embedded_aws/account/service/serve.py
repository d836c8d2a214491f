# pyright: basic
# http.server calls handlers by its own conventions.
# ruff: noqa: INP001 - the image takes one file
"""A service the account knows nothing of: tells version and address; an argument is Python to run instead."""

import http.server
import json
import os
import signal
import sys
import time
import urllib.request

if len(sys.argv) > 1:
    exec(sys.argv[1])  # noqa: S102 - what the test wants done inside
    sys.exit(0)
with urllib.request.urlopen(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + "/task") as answer:  # noqa: S310
    ADDRESS = json.load(answer)["Containers"][0]["Networks"][0]["IPv4Addresses"][0]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every path; /slow after two seconds."""

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path == "/slow":
            time.sleep(2)
        answer = {"version": os.environ["VERSION"], "address": ADDRESS, "headers": dict(self.headers)}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("serving at", ADDRESS, flush=True)  # noqa: T201
http.server.ThreadingHTTPServer((ADDRESS, 8080), Handler).serve_forever()
