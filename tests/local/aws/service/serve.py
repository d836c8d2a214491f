"""A service that the account knows nothing of: answers with its version and address."""

import http.server
import json
import os
import signal
import sys
import time
import urllib.request

if len(sys.argv) > 1:  # a one-off task: the rest is Python
    exec(sys.argv[1])  # noqa: S102
    sys.exit(0)
with urllib.request.urlopen(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + "/task") as answer:
    address = json.load(answer)["Containers"][0]["Networks"][0]["IPv4Addresses"][0]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("serving", os.environ["VERSION"], "at", address, flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            time.sleep(2)
        body = json.dumps(
            {"version": os.environ["VERSION"], "address": address, "headers": dict(self.headers)}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((address, 8080), Handler).serve_forever()
