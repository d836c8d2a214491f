"""Answers a repeated request as it was answered the first time.

A client that lost an answer asks again, under the same invocation id; served twice, a request would make two
of what it asks for, or fail because there is one already. The provider does so now and then: built with Go
1.23, it leaves answers of more than 4 KiB under load.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MAX_ANSWERS = 1000
_MAX_BYTES = 2**20

Answer = tuple[str, list[tuple[str, str]], bytes]


class RetryCache:
    """A WSGI application that remembers what another one did for clients.

    Args:
        application: Serves a request the first time.
    """

    def __init__(self, application: Callable[[dict[str, Any], Any], Iterable[bytes]]) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve a request, or give the answer that its client did not get."""
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        if not invocation or environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self._application(environ, start_response)
        with self._lock:
            answer = self._answers.get(invocation)
        if answer is None:
            answer = self._serve(environ)
            if answer[0].startswith("2") and len(answer[2]) <= _MAX_BYTES:
                with self._lock:
                    self._answers[invocation] = answer
                    while len(self._answers) > _MAX_ANSWERS:
                        self._answers.popitem(last=False)
        status, headers, body = answer
        start_response(status, headers)
        return [body]

    def _serve(self, environ: dict[str, Any]) -> Answer:
        response: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            response[:] = [status, headers]

        parts = self._application(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        return response[0], response[1], body
