"""A request that comes again because its answer was lost."""

from typing import Any

from embedded_aws.account.retry_cache import RetryCache


def ask(application: RetryCache, invocation: str, method: str = "POST") -> tuple[str, bytes]:
    """Send a request; return status and body."""
    response: list[str] = []

    def start_response(status: str, _: object) -> None:
        response.append(status)

    environ = {"REQUEST_METHOD": method, "HTTP_AMZ_SDK_INVOCATION_ID": invocation}
    body = b"".join(application(environ, start_response))
    return response[0], body


def counting(*statuses: str) -> RetryCache:
    """Make an application that answers with the number of the request."""
    asked: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(environ)
        start_response(statuses[min(len(asked), len(statuses)) - 1], [])
        return [str(len(asked)).encode()]

    return RetryCache(application)


def test_a_repeated_request_is_served_once() -> None:
    """The client gets the answer that it lost; another request is another one."""
    application = counting("200 OK")
    assert [ask(application, one) for one in ("a", "a", "b")] == [
        ("200 OK", b"1"),
        ("200 OK", b"1"),
        ("200 OK", b"2"),
    ]


def test_what_failed_is_tried_again() -> None:
    """A client repeats it so that it succeeds."""
    application = counting("503 BUSY", "200 OK")
    assert [ask(application, "a"), ask(application, "a")] == [("503 BUSY", b"1"), ("200 OK", b"2")]


def test_what_is_only_read_is_read_again() -> None:
    """Nothing is made twice by it."""
    application = counting("200 OK")
    assert [ask(application, "a", "GET"), ask(application, "a", "GET")] == [
        ("200 OK", b"1"),
        ("200 OK", b"2"),
    ]
