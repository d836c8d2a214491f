"""What a cluster must know of Airflow's executor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..brokers.broker import Broker
from ..endpoints import Variables
from ..iam.grants import Statements
from ..secrets import Secret
from ..services import sizing
from ..services.service import Service
from ..settings.executors import Executor, named
from ..settings.settings import Settings

SCHEDULER_MIB: Final = 512
"""Memory of a scheduler before it runs a task, with as much again to spare."""
DEFAULT_PARALLELISM: Final = 32
"""Airflow's own default, https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#parallelism"""


@dataclass(frozen=True, kw_only=True)
class AirflowExecutor:
    """Who runs Airflow's tasks.

    Attributes:
        name: the executor's class, by Airflow's name or the path in the image; several, with commas and
            aliases, where tasks choose.
        kind: which of the settings' executors it is; None: it is used whatever they name, and comes first.
        services: those that it needs besides Airflow's own.
        environment: variables that every service gets.
        scheduler_environment: variables that the scheduler gets.
        scheduler_variables: give those that name resources.
        secrets: what the scheduler needs to queue tasks.
        calls: whom the scheduler connects to for that.
        statements: what the scheduler may do at AWS for that.
        runs_in_scheduler: whether tasks are processes of the scheduler's container, and end with it.
        others: whether tasks may choose another executor than one that runs them in the scheduler.
        parallelism: how many tasks one scheduler has running at most; 0: no number of its own.
        broker: where queued tasks wait, or None.
    """

    name: str
    kind: Executor | None = None
    services: tuple[Service, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    scheduler_environment: Mapping[str, str] = field(default_factory=dict[str, str])
    scheduler_variables: tuple[Variables, ...] = ()
    secrets: frozenset[Secret] = frozenset()
    calls: tuple[str, ...] = ()
    statements: tuple[Statements, ...] = ()
    runs_in_scheduler: bool = False
    others: bool = True
    parallelism: int = 0
    broker: Broker | None = None

    def within(self, scheduler: Service) -> Service:
        """Add to the scheduler what it needs for this executor."""
        return replace(
            scheduler,
            environment={**scheduler.environment, **self.scheduler_environment},
            endpoint_variables=(*scheduler.endpoint_variables, *self.scheduler_variables),
            secrets=scheduler.secrets | self.secrets,
            calls=(*scheduler.calls, *self.calls),
            statements=(*scheduler.statements, *self.statements),
            keeps_tasks=scheduler.keeps_tasks or self.runs_in_scheduler,
            runs_tasks=scheduler.runs_tasks or self.runs_in_scheduler,
        )

    def slots(self, cpu_units: int, memory_mib: int) -> dict[str, str]:
        """Give the variables that limit the tasks of a scheduler whose container has this CPU and memory.

        [core] parallelism holds for all executors together; with others, those in the scheduler have their
        own limit, which the image's LocalExecutor knows.
        """
        carried = sizing.task_slots(cpu_units, memory_mib - SCHEDULER_MIB)
        if self.runs_in_scheduler and not self.others:
            return {"AIRFLOW__CORE__PARALLELISM": str(self.parallelism or carried)}
        total = self.parallelism or DEFAULT_PARALLELISM
        own = {"AIRFLOW_ECS_LOCAL_PARALLELISM": str(min(total, carried))} if self.runs_in_scheduler else {}
        return {"AIRFLOW__CORE__PARALLELISM": str(total), **own}


def combined(settings: Settings, catalogue: Iterable[AirflowExecutor]) -> AirflowExecutor:
    """Give the executors that the settings name as Airflow takes them; the first is the default.

    Each of them gets the same [core] parallelism, so the smallest number holds:
    https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/executor/index.html#using-multiple-executors-concurrently
    """
    available = [*catalogue]
    kinds = {one.kind: one for one in available}
    always = [(one.name, one) for one in available if one.kind is None]
    chosen = [
        (f"{one.name}:{kinds[one.executor].name}", kinds[one.executor])
        for one in named(settings.executor)
        if one.executor in kinds
    ]
    used = [executor for _, executor in (*always, *chosen)]
    if not used:
        raise ValueError("the settings select no executor of the catalogue. Select one")
    return AirflowExecutor(
        name=",".join(name for name, _ in (*always, *chosen)),
        services=tuple(service for executor in used for service in executor.services),
        environment={name: value for executor in used for name, value in executor.environment.items()},
        scheduler_environment=_largest([executor.scheduler_environment for executor in used]),
        scheduler_variables=tuple(one for executor in used for one in executor.scheduler_variables),
        secrets=frozenset[Secret]().union(*(executor.secrets for executor in used)),
        calls=tuple(name for executor in used for name in executor.calls),
        statements=tuple(one for executor in used for one in executor.statements),
        runs_in_scheduler=any(executor.runs_in_scheduler for executor in used),
        others=not all(executor.runs_in_scheduler for executor in used),
        parallelism=min((one.parallelism for one in used if one.parallelism), default=0),
        broker=next((executor.broker for executor in used if executor.broker), None),
    )


def _largest(environments: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Merge variables; of a number that two executors give, each needs at least its own."""
    merged: dict[str, str] = {}
    for name, value in (pair for one in environments for pair in one.items()):
        before = merged.get(name, "")
        merged[name] = str(max(int(before), int(value))) if before.isdecimal() else value
    return merged
