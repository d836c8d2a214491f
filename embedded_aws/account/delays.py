"""How long AWS takes to act by itself, from one dated table with its sources.

The variable `EMBEDDED_AWS_DELAYS` sets others, for tests that do not wait: `alarm=0.2 repeated_scaling=1`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

_ALARMS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html"
READ: Final = "2026-11-30"
"""When the sources were last read."""
_VARIABLE = "EMBEDDED_AWS_DELAYS"


@dataclass(frozen=True)
class Delay:
    """One delay.

    Attributes:
        seconds: how long it is.
        what: what happens after it.
        source: the page that has it.
    """

    seconds: float
    what: str
    source: str


DELAYS: Final = {
    "high_resolution_alarm": Delay(
        10, "An alarm with a period of 10, 20 or 30 seconds is evaluated again.", _ALARMS
    ),
    "alarm": Delay(60, "An alarm with a period of a minute or more is evaluated again.", _ALARMS),
    "alarm_of_days": Delay(
        3600, "An alarm whose evaluation periods are more than a day together is evaluated again.", _ALARMS
    ),
    "service_metrics": Delay(
        60,
        "Services publish their metrics again.",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html",
    ),
    "repeated_scaling": Delay(
        60,
        "An alarm that stays in its state invokes its scaling policies again.",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html",
    ),
}


class DelayError(Exception):
    """The variable names a delay that there is not, or gives no time."""


class Delays:
    """The delays of one account, in seconds, by the names of the table.

    Raises:
        DelayError: `given` is not a list of `name=seconds`.
    """

    def __init__(self, given: str = "") -> None:
        self._seconds = {name: delay.seconds for name, delay in DELAYS.items()}
        for part in given.split():
            name, _, text = part.partition("=")
            try:
                seconds = float(text)
            except ValueError:
                seconds = 0.0
            if name not in DELAYS or not 0 < seconds < float("inf"):
                raise DelayError(
                    f"{_VARIABLE}: {part!r} is not NAME=SECONDS with a time above zero and a name of "
                    f"{', '.join(DELAYS)}"
                )
            self._seconds[name] = seconds

    @classmethod
    def of_environment(cls) -> Delays:
        """Read the variable."""
        return cls(os.environ.get(_VARIABLE, ""))

    def __getitem__(self, name: str) -> float:
        """Return a delay in seconds."""
        return self._seconds[name]

    @property
    def shortest(self) -> float:
        """The shortest of them."""
        return min(self._seconds.values())
