"""What a cluster must know of Airflow's executor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..brokers.broker import Broker
from ..endpoints import Variables
from ..iam.grants import Statements
from ..secrets import Secret
from ..services import sizing
from ..services.service import Service

SCHEDULER_MIB: Final = 512
"""Memory of a scheduler before it runs a task, with as much again to spare."""


@dataclass(frozen=True, kw_only=True)
class AirflowExecutor:
    """Who runs Airflow's tasks.

    Attributes:
        name: Airflow's own name of it, and behind a colon the class where that is the image's; several, with
            commas between, where tasks choose.
        selected: whether the settings choose it.
        services: those that it needs besides Airflow's own.
        environment: variables that every service gets.
        scheduler_environment: variables that the scheduler gets.
        scheduler_variables: give those that name resources.
        secrets: what the scheduler needs to queue tasks.
        calls: whom the scheduler connects to for that.
        statements: what the scheduler may do at AWS for that.
        runs_in_scheduler: whether tasks are processes of the scheduler's container, and end with it.
        parallelism: how many tasks one scheduler has running at most; 0: as many as its memory carries.
        by_memory: whether what its memory carries is a limit too.
        broker: where queued tasks wait, or None.
    """

    name: str
    selected: bool = True
    services: tuple[Service, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    scheduler_environment: Mapping[str, str] = field(default_factory=dict[str, str])
    scheduler_variables: tuple[Variables, ...] = ()
    secrets: frozenset[Secret] = frozenset()
    calls: tuple[str, ...] = ()
    statements: tuple[Statements, ...] = ()
    runs_in_scheduler: bool = False
    parallelism: int = 0
    by_memory: bool = False
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

    def max_tasks(self, cpu_units: int, memory_mib: int) -> int:
        """Give [core] parallelism for a scheduler whose container has this CPU and memory."""
        slots = sizing.task_slots(cpu_units, memory_mib - SCHEDULER_MIB)
        if not self.parallelism:
            return slots
        return min(self.parallelism, slots) if self.by_memory else self.parallelism


def combined(executors: Sequence[AirflowExecutor]) -> AirflowExecutor:
    """Give several executors as Airflow takes them; the first is the default.

    Each of them gets the same [core] parallelism, so the smallest holds:
    https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/executor/index.html#using-multiple-executors-concurrently
    """
    if not executors:
        raise ValueError("the settings select no executor of the catalogue. Select one")
    return AirflowExecutor(
        name=",".join(executor.name for executor in executors),
        services=tuple(service for executor in executors for service in executor.services),
        environment={name: value for executor in executors for name, value in executor.environment.items()},
        scheduler_environment={
            name: value for executor in executors for name, value in executor.scheduler_environment.items()
        },
        scheduler_variables=tuple(one for executor in executors for one in executor.scheduler_variables),
        secrets=frozenset[Secret]().union(*(executor.secrets for executor in executors)),
        calls=tuple(name for executor in executors for name in executor.calls),
        statements=tuple(one for executor in executors for one in executor.statements),
        runs_in_scheduler=any(executor.runs_in_scheduler for executor in executors),
        parallelism=min((one.parallelism for one in executors if one.parallelism), default=0),
        by_memory=any(one.by_memory or not one.parallelism for one in executors),
        broker=next((executor.broker for executor in executors if executor.broker), None),
    )
