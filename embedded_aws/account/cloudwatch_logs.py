# pyright: basic
# moto has no types for its backends.
"""Container output in CloudWatch Logs, as the awslogs driver writes it.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends

_MAX_EVENT_BYTES = 256 * 1024


class LogError(Exception):
    """The log configuration names no existing log group."""


def stream_name(options: dict[str, str], container: str, task_id: str) -> str:
    """Return the name of a container's stream."""
    return "/".join(filter(None, (options.get("awslogs-stream-prefix"), container, task_id)))


class LogStream:
    """One stream; bytes go in, whole lines come out as events."""

    def __init__(self, account_id: str, region: str, options: dict[str, str], name: str) -> None:
        self._group, self._name = options["awslogs-group"], name
        self._backend = logs_backends[account_id][region]
        self._rest = b""
        if options.get("awslogs-create-group") == "true" and self._group not in self._backend.groups:
            self._backend.create_log_group(self._group, {})
        if self._group not in self._backend.groups:
            raise LogError(
                "failed to validate logger args: create stream has been retried 1 times: failed to create "
                "CloudWatch log stream: ResourceNotFoundException: The specified log group does not exist. "
                f"({self._group})"
            )
        self._backend.ensure_log_stream(self._group, self._name)

    def write(self, data: bytes) -> None:
        """Add output; a line without its end waits for more."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _MAX_EVENT_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        self._put(lines)

    def close(self) -> None:
        """Write what waits."""
        if self._rest:
            self._put([self._rest])

    def _put(self, lines: list[bytes]) -> None:
        stamp = int(time.time() * 1000)
        events: list[dict[str, Any]] = [
            {"timestamp": stamp, "message": line.decode(errors="replace").rstrip("\r")}
            for line in lines
            if line.strip()
        ]
        if not events:
            return
        try:
            self._backend.put_log_events(self._group, self._name, events)
        except JsonRESTError as error:  # the group was deleted under a running task: AWS drops its output too
            if "does not exist" not in str(error):
                raise
