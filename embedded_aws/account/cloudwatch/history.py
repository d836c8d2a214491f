"""The history of alarms, which outlives them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_ITEMS = 10_000
_MAX_SUMMARY = 255


@dataclass(frozen=True)
class HistoryItem:
    """One item, by the API's names."""

    alarm_name: str
    at: datetime
    kind: str
    summary: str
    data: str

    def describe(self) -> dict[str, Any]:
        """Return it as the API does."""
        return {
            "AlarmName": self.alarm_name,
            "AlarmType": "MetricAlarm",
            "Timestamp": self.at,
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


class History:
    """The histories of all alarms of one region, oldest item first."""

    def __init__(self) -> None:
        self._items: deque[HistoryItem] = deque(maxlen=_MAX_ITEMS)
        self._lock = threading.Lock()

    def add(self, alarm: str, kind: str, summary: str, data: Mapping[str, Any]) -> None:
        """Add what happened: a `ConfigurationUpdate`, a `StateUpdate` or an `Action`."""
        text = json.dumps({"version": "1.0", **data}, default=str)
        with self._lock:
            self._items.append(HistoryItem(alarm, datetime.now(UTC), kind, summary[:_MAX_SUMMARY], text))

    def find(self, alarm: str | None, kind: str | None, *, newest_first: bool) -> list[HistoryItem]:
        """Return the items of one alarm or of all, of one kind or of all."""
        with self._lock:
            found = [
                item for item in self._items if alarm in (None, item.alarm_name) and kind in (None, item.kind)
            ]
        return found[::-1] if newest_first else found
