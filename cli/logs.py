"""The log lines of a stack's services, in order of time."""

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cli.cluster import Cluster
from cli.errors import UsageError

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
POLL_SECONDS: Final = 1.0
CALLS_PER_SECOND: Final = 4
"""An account may call FilterLogEvents five times a second in each region, for all who read there together.

https://repost.aws/knowledge-center/cloudwatch-logs-throttling
"""
Lines = Iterator["Line"]
LATE_MILLISECONDS: Final = 30_000
"""So much older than the newest line may one be that CloudWatch Logs only now has."""


@dataclass(frozen=True, order=True, kw_only=True)
class Line:
    """A line that a container wrote.

    Attributes:
        time: in milliseconds since 1970, UTC.
        service: the container, by the service that runs in it.
        task: the id of its ECS task.
        id: of CloudWatch Logs, like no other.
    """

    time: int
    service: str
    task: str
    message: str
    id: str

    @property
    def moment(self) -> str:
        """Its time as people read it."""
        seconds, milliseconds = divmod(self.time, 1000)
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z"


def seconds(since: str) -> int:
    """Read a duration such as `10m`.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"([0-9]+)([smhd])", since)
    if not found:
        raise UsageError(f"--since must be a number and s, m, h or d, such as 10m; got {since}")
    return int(found[1]) * UNITS[found[2]]


def lines(cluster: Cluster, service: str, start: int) -> Lines:
    """Read the lines since a time, oldest first.

    Args:
        cluster: whose.
        service: of one service; empty: of all.
        start: milliseconds since 1970.

    Raises:
        UsageError: there is no such service.
    """
    groups = dict.fromkeys(cluster.log_groups.values(), "")
    if service:
        if service not in cluster.log_groups:
            known = ", ".join(sorted(cluster.log_groups))
            raise UsageError(f"stack {cluster.stack} has no service {service}: it has {known}")
        # Services that share a task share its log group; streams are `<service>/<service>/<task id>`.
        groups = {cluster.log_groups[service]: f"{service}/"}
    found = [_lines(cluster.log_events(group, prefix, start)) for group, prefix in sorted(groups.items())]
    yield from heapq.merge(*found, key=lambda line: line.time)


def _lines(events: Iterable[Mapping[str, Any]]) -> Lines:
    for event in events:
        service, _, rest = event["logStreamName"].partition("/")
        yield Line(
            time=event["timestamp"],
            service=service,
            task=rest.rpartition("/")[2],
            message=event["message"].rstrip("\n"),
            id=event["eventId"],
        )


def pause_seconds(cluster: Cluster, service: str) -> float:
    """Give the time between two looks: as short as the number of log groups, each a call, lets it be."""
    groups = 1 if service else len({*cluster.log_groups.values()})
    return max(POLL_SECONDS, groups / CALLS_PER_SECOND)


def follow(read: Callable[[int], Iterable[Line]], start: int, pause: Callable[[], None]) -> Lines:
    """Read lines since a time, and then each new one, without end.

    Args:
        read: gives the lines since a time.
        start: milliseconds since 1970.
        pause: waits until the next look.
    """
    shown: dict[str, int] = {}
    since = start
    while True:
        for line in read(since):
            if line.id not in shown:
                shown[line.id] = line.time
                yield line
        since = max([since, *(moment - LATE_MILLISECONDS for moment in shown.values())])
        shown = {one: moment for one, moment in shown.items() if moment >= since}
        pause()


def text(line: Line, width: int) -> str:
    """Write a line for people, after its time and its service, which takes so many columns."""
    return f"{line.moment} {line.service:<{width}} {line.message}"


def value(line: Line) -> dict[str, str]:
    """Give a line as plain values."""
    return {"time": line.moment, "service": line.service, "task": line.task, "message": line.message}
