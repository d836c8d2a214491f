# pyright: basic
# boto3's answers have no types.
"""Reading the events of a log group across its streams.

Not proved: how soon after it was written CloudWatch Logs lets an event be read.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import Stage

PAGE = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html"


def written(stage: Stage) -> str:
    """Write events into two streams in turn, and return their group."""
    group = stage.name("group")
    stage.logs.create_log_group(logGroupName=group)
    now = int(1000 * time.time()) - 10
    for stream, times in {"a/x": (1, 3), "b/x": (2, 4)}.items():
        stage.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now + one, "message": str(one)} for one in times]
        stage.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    return group


def messages(stage: Stage, group: str, **given: object) -> list[str]:
    """Read the messages of a group, page by page."""
    pages = stage.logs.get_paginator("filter_log_events").paginate(logGroupName=group, **given)
    return [event["message"] for page in pages for event in page["events"]]


@pytest.mark.conformance(
    operation="logs:FilterLogEvents",
    says="Events of several streams are in order of time, over all pages.",
    source=PAGE,
)
def test_events_are_in_order_of_time(stage: Stage) -> None:
    """Whatever stream they are in."""
    group = written(stage)
    assert messages(stage, group) == ["1", "2", "3", "4"]
    assert messages(stage, group, PaginationConfig={"PageSize": 1}) == ["1", "2", "3", "4"]


@pytest.mark.conformance(
    operation="logs:FilterLogEvents",
    says="A prefix of stream names limits the answer to those streams; names and a prefix are refused.",
    source=PAGE,
)
def test_a_prefix_names_streams(stage: Stage) -> None:
    """None of them is an empty answer."""
    group = written(stage)
    assert messages(stage, group, logStreamNamePrefix="b/") == ["2", "4"]
    assert messages(stage, group, logStreamNamePrefix="c/") == []
    with pytest.raises(ClientError, match="InvalidParameterException"):
        messages(stage, group, logStreamNamePrefix="b/", logStreamNames=["b/x"])
