"""The settings of the cleaning of Airflow's database."""

from dataclasses import dataclass

from .setting import matching, setting

DEFAULT_SCHEDULE = "cron(17 4 * * ? *)"
MIN_DAYS = 7
"""Rows go by the start of a run: no run may still be at work then."""
MAX_DAYS = 3650


def _days(value: int) -> str | None:
    if value == 0 or MIN_DAYS <= value <= MAX_DAYS:
        return None
    return f"must be 0 or from {MIN_DAYS} to {MAX_DAYS}; got {value}"


@dataclass(frozen=True, kw_only=True)
class DatabaseCleanSettings:
    """When old rows of Airflow's database are removed, by `airflow db clean`."""

    after_days: int = setting(
        0,
        "Days after which runs, tasks, logs of events, XComs and the like are deleted from the database, for "
        "good, 7 to 3650; 0: never.",
        _days,
    )
    schedule: str = setting(
        DEFAULT_SCHEDULE,
        "When that is done, UTC, in EventBridge Scheduler's words: cron(minutes hours day-of-month month "
        "day-of-week year) or rate(number unit).",
        matching(
            r"cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minute|hour|day)s?\)",
            "cron(...) with six fields, or rate(number unit)",
        ),
    )

    def errors(self) -> list[str]:
        """Say what does not fit together."""
        if self.after_days or self.schedule == DEFAULT_SCHEDULE:
            return []
        return [
            "databaseCleanSchedule needs databaseCleanAfterDays, which is 0. Set it, or remove the schedule"
        ]
