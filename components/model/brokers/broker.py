"""What a cluster must know of a message broker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..alarm import Alarm
from ..iam.grants import Statements
from ..secrets import Secret
from ..settings.settings import Settings
from .access import NOTHING, Access, nothing
from .result_table import ResultTable

BROKER: Final = "broker"
"""Its name in traffic rules."""


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where queued tasks wait for a worker.

    One that the cluster creates has a dedicated class, for which components/data/brokers.py has a
    component.

    Attributes:
        exists: whether it is existing infrastructure, which the cluster does not create.
        port: where services connect to it; None where it is not in the network.
        secrets: what services need to connect, such as its URL; empty where IAM authorizes them.
        environment: variables that every service gets.
        statements: what services that connect to it may do at AWS.
        sends: what schedulers get besides.
        receives: gives what workers get besides that take tasks from some queues.
        result_table: where Celery's results are, if the broker does not keep them.
        send_seconds: what sending a message may take; the scheduler's loop waits for it.
        takes_back: whether workers can be asked to discard a message, of a task that was queued again.
        alarms: what is watched of it where the cluster creates it.
    """

    exists: bool = False
    port: int | None = None
    secrets: frozenset[Secret] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    statements: tuple[Statements, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    sends: Access = NOTHING
    receives: Callable[[Sequence[str]], Access] = nothing
    result_table: ResultTable | None = None
    send_seconds: int = 1
    takes_back: bool = True

    @property
    def of_schedulers(self) -> Access:
        """What schedulers get."""
        results = self.result_table.reads if self.result_table else NOTHING
        return Access(statements=self.statements) + self.sends + results

    def of_workers(self, queues: Sequence[str]) -> Access:
        """Give what workers get that take tasks from these queues."""
        results = self.result_table.writes if self.result_table else NOTHING
        return Access(statements=self.statements) + self.receives(queues) + results

    @property
    def of_flower(self) -> Access:
        """What Flower gets."""
        results = self.result_table.names if self.result_table else NOTHING
        return Access(statements=self.statements) + results


def visibility_timeout_seconds(settings: Settings) -> int:
    """Give how long a broker waits for a task: an hour after the longest one must have ended.

    A shorter time makes Celery run long tasks twice:
    https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html#visibility-timeout
    """
    return (settings.max_task_duration_hours + 1) * 3600
