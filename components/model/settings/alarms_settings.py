"""The settings of alarms: who is notified, and from when."""

from dataclasses import dataclass

from .errors import Errors, at, name_of
from .rules import EMAIL, between, each, matching
from .setting import Section, setting

MAX_EMAILS = 10


@dataclass(frozen=True, kw_only=True)
class AlarmsSettings(Section):
    """Alarms exist where somebody is notified of them."""

    emails: tuple[str, ...] = setting(
        (),
        "E-mail addresses that alarms notify through an SNS topic of the stack; each confirms its "
        "subscription once, by a link that AWS sends.",
        each(EMAIL, "e-mail addresses", maximum=MAX_EMAILS),
    )
    topic_arn: str = setting(
        "",
        "ARN of an existing SNS topic that alarms notify instead, such as one of an on-call service or of "
        "Amazon Q Developer in chat applications (Slack). CloudWatch must be allowed to publish to it.",
        matching(r"(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256})?", "the ARN of an SNS topic"),
    )
    failed_tasks: int = setting(
        10,
        "Airflow tasks that must have failed for good within 15 minutes for an alarm, 1 to 10000; 0: none.",
        between(0, 10000),
    )
    dashboard: bool = setting(
        default=False,
        doc="A CloudWatch dashboard of what the alarms watch, also without anybody to notify. 3 USD a month, "
        "beyond an account's first three.",
    )

    @property
    def notify(self) -> bool:
        """Whether there is anybody to notify."""
        return bool(self.emails or self.topic_arn)

    @property
    def watch(self) -> bool:
        """Whether anybody looks at metrics."""
        return self.notify or self.dashboard

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        if self.emails and self.topic_arn:
            yield at("emails", f"has no effect with {name_of('topic_arn')}: subscribe them to that topic")
