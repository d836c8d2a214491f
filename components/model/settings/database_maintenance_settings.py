"""The settings of the cleaning of Airflow's database."""

from dataclasses import dataclass

from .errors import Errors, at, invalid, name_of
from .rules import matching
from .setting import Section, setting

DEFAULT_SCHEDULE = "cron(17 4 * * ? *)"
MIN_DAYS = 7
"""Rows go by the start of a run: no run may still be at work then."""
MAX_DAYS = 3650


def _days(value: int) -> Errors:
    if value != 0 and not MIN_DAYS <= value <= MAX_DAYS:
        yield invalid(f"must be 0 or from {MIN_DAYS} to {MAX_DAYS}; got {value}")


@dataclass(frozen=True, kw_only=True)
class DatabaseMaintenanceSettings(Section):
    """When old rows of Airflow's database are removed, by `airflow db clean`."""

    after_days: int = setting(
        0,
        "Days after which runs, tasks, logs of events, XComs and the like are deleted from the database, for "
        "good, 7 to 3650; 0: never.",
        _days,
    )
    schedule: str = setting(
        DEFAULT_SCHEDULE,
        "When that is done, UTC, in EventBridge Scheduler's syntax: cron(minutes hours day-of-month month "
        "day-of-week year) or rate(number unit).",
        matching(
            r"cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minute|hour|day)s?\)",
            "cron(...) with six fields, or rate(number unit)",
        ),
    )

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        if not self.after_days and self.schedule != DEFAULT_SCHEDULE:
            days = name_of("after_days")
            yield at("schedule", f"needs {days}, which is 0. Set it, or remove the schedule")
