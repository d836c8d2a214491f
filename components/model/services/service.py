"""All that is known of one Airflow process in a cluster.

https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/overview.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .. import image_contract as image
from ..endpoints import Variables
from ..iam.grants import Statements
from ..iam.iam_documents import Document
from ..secrets import Secret
from ..settings.task_settings import TaskSettings
from .scaling import Scaling

DATABASE: Final = "database"
"""The name of the metadata database in traffic rules."""
DATABASE_PORT: Final = 5432


@dataclass(frozen=True, kw_only=True)
class Target:
    """How the load balancer reaches a service.

    Attributes:
        name: for the target group, whose name AWS keeps short.
        health_path: what answers 200 while the service's event loop runs, without asking the database or
            the broker: the load balancer would take away all targets at once in an outage of those.
        path: what is routed to it, with all below; empty: whatever no other service has.
        priority: of the rule for its path, 1 to 50000, like no other.
    """

    name: str
    health_path: str
    path: str = ""
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class Service:
    """One kind of Airflow process: an ECS service, a container of another one's tasks, or a one-off task.

    Attributes:
        name: Airflow's own name of it.
        command: what its container runs; the image's entrypoint execs it.
        runs_as: the service as which the image starts and checks it; empty: its own name.
        health_command: a health check other than the image's, in ECS's form; exits 0 while it does its work.
        size: CPU, memory and kind of capacity of a task of it.
        ephemeral_storage_gib: of a task of it; 0: what Fargate gives.
        architecture: the processor of its tasks; empty: that of the cluster.
        enabled: whether the cluster has it.
        count: how many tasks of it run now; where they are scaled, at least; started on demand, at most.
        asleep: whether none runs because the cluster sleeps.
        scaling: between which numbers AWS scales its tasks; None: their number is fixed.
        one_off: whether it ends by itself, and so has no health check.
        schedule: when a one-off task is started, in EventBridge's syntax; empty: on no schedule.
        started_by: the service that starts a one-off task whenever it wants one; empty: none. With neither of
            both, each deployment starts it.
        host: the service in whose tasks it runs; empty: it has dedicated tasks.
        memory_share: what it gets of the memory of a task that it shares, relative to the others.
        memory_mib: the limit of its container, MiB; the workload works it out.
        secrets: what it may read.
        environment: variables that it gets, known before any resource exists.
        extra_environment: variables that the settings add for it alone.
        endpoint_variables: give the variables that name resources.
        statements: what it may do at AWS, besides what the flags below bring.
        extra_statements: IAM statements that the settings add for it alone.
        volumes: folders that it may write to, besides the image's own.
        start_seconds: how long it may take to become healthy, on the smallest size, under load.
        port: where it serves HTTP, or None.
        private_name: its name in the cluster's namespace; empty: none.
        target: how the load balancer reaches it, or None where users do not.
        calls: whom it connects to: names of services, of the database, of the broker.
        queues: Celery's queues that it takes tasks from.
        runs_executor: whether Airflow's executor is part of it.
        keeps_tasks: whether an Airflow task ends with its container.
        runs_tasks: whether users' code of a DAG's tasks or triggers runs in it.
        runs_triggers: whether triggers are all of it that runs in it.
        parses_dags: whether it loads DAG files in order to parse them.
        secrets_prefix: where in Secrets Manager it looks up connections and variables; empty: nowhere.
    """

    name: str
    command: tuple[str, ...]
    size: TaskSettings
    ephemeral_storage_gib: int = 0
    architecture: str = ""
    enabled: bool = True
    runs_as: str = ""
    health_command: tuple[str, ...] = ()
    count: int = 0
    asleep: bool = False
    scaling: Scaling | None = None
    one_off: bool = False
    schedule: str = ""
    started_by: str = ""
    host: str = ""
    memory_share: int = 1
    memory_mib: int = 0
    secrets: frozenset[Secret] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    extra_environment: Mapping[str, str] = field(default_factory=dict[str, str])
    endpoint_variables: tuple[Variables, ...] = ()
    statements: tuple[Statements, ...] = ()
    extra_statements: tuple[Document, ...] = ()
    volumes: tuple[str, ...] = ()
    start_seconds: int = 120
    port: int | None = None
    private_name: str = ""
    target: Target | None = None
    calls: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    runs_executor: bool = False
    keeps_tasks: bool = False
    runs_tasks: bool = False
    runs_triggers: bool = False
    parses_dags: bool = False
    secrets_prefix: str = ""

    @property
    def image_service(self) -> str:
        """The name by which the image knows it."""
        return self.runs_as or self.name

    @property
    def maximum_count(self) -> int:
        """How many tasks of it run at most."""
        return self.scaling.bounds[1] if self.scaling else self.count

    @property
    def scaled(self) -> bool:
        """Whether somebody other than Pulumi changes the number of its tasks."""
        return self.scaling is not None or self.size.scaled_externally

    @property
    def setting_names(self) -> tuple[str, ...]:
        """The names by which settings give it something: those for `worker` are for every worker group."""
        return tuple(dict.fromkeys((self.image_service, self.name)))

    @property
    def health_check(self) -> tuple[str, ...]:
        """The container's health check, in ECS's form."""
        return self.health_command or ("CMD", image.HEALTHCHECK, self.image_service)

    @property
    def loads_dags(self) -> bool:
        """Whether it needs the DAGs' files; Airflow imports triggers from plugins and packages."""
        return self.parses_dags or (self.runs_tasks and not self.runs_triggers)
