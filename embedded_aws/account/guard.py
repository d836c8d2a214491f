"""Who may talk to the account: from this machine, no web page, and only with one of its access keys.

What a role's key may do, the role's policies say; every other key may do everything.

Any user of this machine reaches loopback, and so does any page open in a browser here: directly, or under a
name of its own that leads to 127.0.0.1 (DNS rebinding). Pages announce themselves by `Origin` or by their
name in `Host`; everybody else has to sign.

https://fetch.spec.whatwg.org/#origin-header
"""

from __future__ import annotations

import io
import ipaddress
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from embedded_aws.account.error_responses import (
    ErrorResponse,
    access_denied,
    error_response,
    not_implemented,
    objects_not_deleted,
)
from embedded_aws.account.signatures import SignatureError, read, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from embedded_aws.account.authorization import Refusal
    from embedded_aws.account.keys import Keys

    Evaluate = Callable[[dict[str, Any], bytes, str, str], Refusal | None]
    Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

LOG = logging.getLogger(__name__)
_CLOSED = "/moto-api"
"""moto's own way to read, empty and replace everything."""
_DISCARDED_BYTES = 2**20


class Guard:
    """A WSGI application in front of another.

    Args:
        application: serves what is let through.
        keys: who may ask.
        evaluate: decides a request that a session of a role has signed.
        unsigned: begins the paths that need no signature.
    """

    def __init__(
        self, application: Wsgi, keys: Keys, evaluate: Evaluate, unsigned: str | None = None
    ) -> None:
        self._application, self._keys, self._evaluate, self._unsigned = application, keys, evaluate, unsigned

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve or refuse one request."""
        response = _of_a_page(environ) or self._refused(environ)
        if response is None:
            return self._application(environ, start_response)
        _discard(environ)
        headers = [*response.headers.items(), ("Content-Length", str(len(response.body)))]
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def _refused(self, environ: dict[str, Any]) -> ErrorResponse | None:
        path = environ.get("PATH_INFO", "")
        if path.startswith(_CLOSED):
            return _plain(HTTPStatus.NOT_FOUND, "the account has no such path")
        if self._unsigned is not None and path.startswith(self._unsigned):
            return None
        try:
            # Before the body is read: who has no key cannot make the account hold what he sends.
            key = self._keys.find(read(environ).key_id)
            if key is None:
                body = b""
            else:
                body = _body(environ)
                environ["wsgi.input"] = io.BytesIO(body)
            verify(environ, body, self._keys.find)
        except SignatureError as error:
            return error_response(environ, error.reason)
        if key is None or not key.role_arn:
            return None
        refusal = self._evaluate(environ, body, key.role_arn, key.session)
        return None if refusal is None else _response(environ, refusal)


def _response(environ: dict[str, Any], refusal: Refusal) -> ErrorResponse:
    LOG.info("refused: %s", refusal.message)
    if refusal.unmodelled:
        return not_implemented(environ, refusal.message)
    if refusal.objects:
        return objects_not_deleted(refusal.objects)
    return access_denied(environ, refusal.message)


def _of_a_page(environ: dict[str, Any]) -> ErrorResponse | None:
    """Refuse what comes from a web page: no client of AWS sends an Origin, or calls the account otherwise."""
    if "HTTP_ORIGIN" in environ:
        return _plain(HTTPStatus.FORBIDDEN, "the account answers no web page")
    host = environ.get("HTTP_HOST", "")
    if not _is_this_machine(host):
        return _plain(HTTPStatus.MISDIRECTED_REQUEST, "the account answers to 127.0.0.1 and localhost only")
    return None


def _is_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _body(environ: dict[str, Any]) -> bytes:
    if environ.get("wsgi.input_terminated"):
        return environ["wsgi.input"].read()
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _discard(environ: dict[str, Any]) -> None:
    """Read what is left of a small request: a client that still sends would not see the answer."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not isinstance(environ["wsgi.input"], io.BytesIO) and length.isdecimal():
        environ["wsgi.input"].read(min(int(length), _DISCARDED_BYTES))


def _plain(status: HTTPStatus, text: str) -> ErrorResponse:
    return ErrorResponse(status, {"Content-Type": "text/plain"}, f"{text}\n".encode())
