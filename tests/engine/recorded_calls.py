"""A proxy in front of the account that writes down which actions of IAM the requests need."""

import http.client
import re
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final
from urllib.parse import parse_qs, urlsplit

_SERVICE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/([a-z0-9-]+)/aws4_request")
_HOP: Final = {"connection", "keep-alive", "transfer-encoding"}
"""Headers that are of one connection."""
_S3: Final = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
"""What a part of a bucket is called in actions.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""
_DELETES: Final = {"BucketPolicy": "s3:DeleteBucketPolicy"}
_PATHS: Final = (
    ("scheduler", "GET", r"/schedules/[^/]+", "GetSchedule"),
    ("scheduler", "POST", r"/schedules/[^/]+", "CreateSchedule"),
    ("scheduler", "PUT", r"/schedules/[^/]+", "UpdateSchedule"),
    ("scheduler", "DELETE", r"/schedules/[^/]+", "DeleteSchedule"),
    ("route53", "GET", r"/2013-04-01/hostedzone/[^/]+", "GetHostedZone"),
    ("s3", "GET", r"/v20180820/tags/.+", "ListTagsForResource"),
    ("s3", "POST", r"/v20180820/tags/.+", "TagResource"),
    ("s3", "DELETE", r"/v20180820/tags/.+", "UntagResource"),
)
NO_RIGHT: Final = "sts:GetCallerIdentity"
"""Needs none: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""


def action(method: str, target: str, headers: dict[str, str], body: bytes) -> str:
    """Give the action that a request needs; the request itself where that is not known here."""
    found = _SERVICE.search(headers.get("authorization", ""))
    service = found[1] if found else "?"
    if operation := headers.get("x-amz-target", "").rpartition(".")[2]:
        return f"{service}:{operation}"
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        return f"{service}:{parse_qs(body.decode())['Action'][0]}"
    path = urlsplit(target).path
    for of, with_method, pattern, operation in _PATHS:
        if (of, with_method) == (service, method) and re.fullmatch(pattern, path):
            return f"{service}:{operation}"
    return _of_s3(method, target) if service == "s3" else f"{service} {method} {target}"


def _of_s3(method: str, target: str) -> str:
    parts = urlsplit(target)
    _, _, key = parts.path.lstrip("/").partition("/")
    asked = set(parse_qs(parts.query, keep_blank_values=True))
    verb = {"HEAD": "Get", "GET": "Get", "PUT": "Put", "DELETE": "Delete"}.get(method, method)
    if key:
        return f"s3:{verb}Object{'Tagging' if 'tagging' in asked else ''}"
    if part := next((_S3[one] for one in asked & set(_S3)), None):
        # Whoever may put most of them may delete them.
        return _DELETES.get(part, f"s3:Put{part}") if verb == "Delete" else f"s3:{verb}{part}"
    if method == "POST" and "delete" in asked:
        return "s3:DeleteObject"
    if "versions" in asked:
        return "s3:ListBucketVersions"
    whole = {"HEAD": "ListBucket", "GET": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
    return f"s3:{whole[method]}"


@contextmanager
def recorded(endpoint: str) -> Generator[tuple[str, set[str]]]:
    """Serve the account at another address; give that, and the actions as they are asked for."""
    asked: set[str] = set()
    account = urlsplit(endpoint).netloc

    class Proxy(BaseHTTPRequestHandler):
        """Hands every request on, and the answer back."""

        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = {name.lower(): value for name, value in self.headers.items()}
            asked.add(action(self.command, self.path, given, body))
            # With the host that the client signed.
            forwarded = {name: value for name, value in given.items() if name not in _HOP}
            connection = http.client.HTTPConnection(account, timeout=600)
            try:
                connection.request(self.command, self.path, body, forwarded)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {*_HOP, "content-length"}:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = handle_one  # noqa: N815, http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
