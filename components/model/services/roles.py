"""What each Airflow role runs, which secrets it may read and whom it may talk to.

One place answers for all roles; https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/overview.html
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .. import image_contract as image
from ..settings.role_names import API_SERVER, COMPANIONS, EXECUTION_API, MAINTENANCE, MIGRATION
from ..settings.settings import Executor, RoleSettings, Settings
from . import entrance

API_PORT: Final = 8080
EXECUTION_API_PORT: Final = 8081
FLOWER_PORT: Final = 5555
DATABASE_PORT: Final = 5432
BROKER_PORT: Final = 6379
QUEUE: Final = "default"
FLOWER_PREFIX: Final = "/flower"
WORKER_FLAGS: Final = ("--skip-serve-logs", "--without-gossip", "--without-mingle")
"""No log server, since logs go to S3; no chatter between workers, which nobody reads."""

MIGRATION_SIZE: Final = RoleSettings(cpu_units=1024, memory_mib=2048)
MAINTENANCE_SIZE: Final = RoleSettings(cpu_units=256, memory_mib=1024)


class Secret(StrEnum):
    """The secrets of a cluster; a role gets only those it needs."""

    DATABASE_URL = "database-url"
    BROKER_URL = "broker-url"
    FERNET_KEY = "fernet-key"
    API_SECRET_KEY = "api-secret-key"
    JWT_SECRET = "jwt-secret"
    ADMIN_PASSWORD = "admin-password"
    FLOWER_LOGIN = "flower-login"
    SSO_CLIENT_SECRET = "sso-client-secret"


VARIABLES: Final = {
    Secret.DATABASE_URL: ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",),
    Secret.BROKER_URL: ("AIRFLOW__CELERY__BROKER_URL",),
    Secret.FERNET_KEY: ("AIRFLOW__CORE__FERNET_KEY",),
    Secret.API_SECRET_KEY: ("AIRFLOW__API__SECRET_KEY",),
    Secret.JWT_SECRET: ("AIRFLOW__API_AUTH__JWT_SECRET",),
    Secret.ADMIN_PASSWORD: ("AIRFLOW_ECS_ADMIN_PASSWORD",),
    Secret.FLOWER_LOGIN: ("AIRFLOW__CELERY__FLOWER_BASIC_AUTH",),
    Secret.SSO_CLIENT_SECRET: ("AIRFLOW_ECS_SSO_CLIENT_SECRET",),
}
"""The environment variables that carry each secret to the image, whose entrypoint takes them out."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """One kind of Airflow process.

    Attributes:
        name: Airflow's own name of it.
        command: what its container runs; the image's entrypoint execs it.
        secrets: what it may read.
        start_seconds: how long it may take to become healthy, on the smallest size, under load.
        port: where it serves HTTP, or None.
        callers: who may call it there.
        keeps_tasks: whether an Airflow task ends with its container.
        runs_tasks: whether users' code of a DAG's tasks or triggers runs in it.
        secrets_prefix: where in Secrets Manager it looks up connections and variables; empty: nowhere.
        deployment_maximum_percent: how many tasks of it, old and new, may run during a deployment.
    """

    name: str
    command: tuple[str, ...]
    secrets: frozenset[Secret]
    start_seconds: int = 120
    port: int | None = None
    callers: tuple[str, ...] = ()
    keeps_tasks: bool = False
    runs_tasks: bool = False
    secrets_prefix: str = ""
    deployment_maximum_percent: int = 200

    @property
    def health_command(self) -> tuple[str, ...]:
        """The container's health check, which exits 0 while the role does its work."""
        return ("CMD", image.HEALTHCHECK, self.name)


def roles(settings: Settings) -> list[Role]:
    """List the long-running roles of a cluster, in the order in which they are best started.

    Connections and variables are looked up by the execution API for the tasks, and by the two that serve the
    same API within themselves: to DAG files while they are parsed, and to triggers. So no task can read the
    secrets but by name, through the execution API.
    """
    prefix = settings.secrets_backend.prefix
    celery = {Secret.BROKER_URL} if settings.has_workers else set[Secret]()
    found = [
        _api_server(settings),
        _execution_api(prefix),
        Role(
            name="scheduler",
            command=("airflow", "scheduler", "--skip-serve-logs"),
            secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY, Secret.JWT_SECRET} | celery),
            keeps_tasks=settings.executor is Executor.LOCAL,
            runs_tasks=settings.executor is Executor.LOCAL,
        ),
        Role(
            name="dag-processor",
            command=("airflow", "dag-processor"),
            secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY}),
            secrets_prefix=prefix,
        ),
        Role(
            name="triggerer",
            command=("airflow", "triggerer", "--skip-serve-logs"),
            secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY}),
            runs_tasks=True,
            secrets_prefix=prefix,
        ),
    ]
    if settings.has_workers:
        found.append(_worker(celery))
    if settings.flower.count:
        found.append(_flower())
    return found


def home(settings: Settings, role: str) -> str:
    """Name the role in whose task a role runs: its own, or the API server's."""
    shares = role == EXECUTION_API or (settings.single_task and role in COMPANIONS)
    return API_SERVER if shares else role


def tasks(settings: Settings) -> list[tuple[Role, ...]]:
    """List what runs together in a task; the first of each names it."""
    found: dict[str, list[Role]] = {}
    for role in roles(settings):
        found.setdefault(home(settings, role.name), []).append(role)
    return [tuple(together) for together in found.values()]


def keep_alive_seconds(settings: Settings) -> int:
    """Give how long the API server keeps an idle connection: the load balancer must be the first to close it.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    """
    return max(120, settings.load_balancer.idle_timeout_seconds + 5)


def _api_server(settings: Settings) -> Role:
    sso = {Secret.SSO_CLIENT_SECRET} if settings.sso.issuer_url else set[Secret]()
    return Role(
        name=API_SERVER,
        # Not the execution API: no rule of a load balancer could keep it from users, see `_execution_api`.
        # The flag, for Airflow 3.3 reads [api] worker_timeout nowhere; it is uvicorn's keep-alive too.
        command=(
            *("airflow", "api-server", "--apps", "core", "--proxy-headers"),
            *("--worker-timeout", str(keep_alive_seconds(settings))),
        ),
        secrets=frozenset(
            {Secret.DATABASE_URL, Secret.FERNET_KEY, Secret.API_SECRET_KEY, Secret.JWT_SECRET} | sso
        ),
        start_seconds=180,
        port=API_PORT,
        callers=(entrance.LOAD_BALANCER,),
    )


def _execution_api(prefix: str) -> Role:
    """Give the server that tasks report to, at a port of its own.

    A load balancer compares paths as they are sent, an ASGI server as they are decoded, so that only security
    groups keep users away: https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
    """
    return Role(
        name=EXECUTION_API,
        command=("airflow", "api-server", "--apps", "execution"),
        secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY, Secret.JWT_SECRET}),
        start_seconds=180,
        port=EXECUTION_API_PORT,
        callers=("scheduler", "worker"),
        secrets_prefix=prefix,
    )


def _worker(celery: set[Secret]) -> Role:
    return Role(
        name="worker",
        command=("airflow", "celery", "worker", "--queues", QUEUE, *WORKER_FLAGS),
        secrets=frozenset(celery),
        keeps_tasks=True,
        runs_tasks=True,
        # Old workers that protect themselves count too: with 200 a second deployment would find no room.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
        deployment_maximum_percent=400,
    )


def _flower() -> Role:
    return Role(
        name="flower",
        command=("airflow", "celery", "flower"),
        secrets=frozenset({Secret.BROKER_URL, Secret.FLOWER_LOGIN}),
        port=FLOWER_PORT,
        callers=(entrance.LOAD_BALANCER,),
    )


def migration(settings: Settings) -> Role:
    """Give the one-off role that migrates the database and makes the first user."""
    # What a connection keeps secret is encrypted where it is written.
    objects = {Secret.FERNET_KEY} if settings.airflow_objects.file else set[Secret]()
    return Role(
        name=MIGRATION,
        command=image.MIGRATE_COMMAND,
        secrets=frozenset({Secret.DATABASE_URL, Secret.ADMIN_PASSWORD} | objects),
    )


def maintenance(settings: Settings) -> Role | None:
    """Give the one-off role that cleans the database, if that is asked for."""
    if not settings.database_clean.after_days:
        return None
    return Role(name=MAINTENANCE, command=image.CLEAN_COMMAND, secrets=frozenset({Secret.DATABASE_URL}))


def one_off_roles(settings: Settings) -> list[Role]:
    """List the roles that end by themselves."""
    cleaning = maintenance(settings)
    return [migration(settings), *([cleaning] if cleaning else [])]


def execution_api_url(namespace: str) -> str:
    """Build the address at which tasks reach the execution API, inside the network."""
    return f"http://{EXECUTION_API}.{namespace}:{EXECUTION_API_PORT}/execution/"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Traffic that the network lets through: from one member's security group to a port of another's."""

    source: str
    target: str
    port: int


def flows(settings: Settings) -> list[Flow]:
    """List the traffic between a cluster's members; a database that is there already is none of them."""
    members = [*roles(settings), *one_off_roles(settings)]
    balancer = settings.load_balancer
    names = {entrance.LOAD_BALANCER, *(role.name for role in members)}
    found = [
        Flow(source=caller, target=role.name, port=role.port)
        for role in members
        for caller in role.callers
        if role.port and caller in names
    ]
    if balancer.network:
        found += [
            Flow(source=entrance.NETWORK_LOAD_BALANCER, target=entrance.LOAD_BALANCER, port=port)
            for port in entrance.ports(balancer)
        ]
    for role in members:
        if Secret.DATABASE_URL in role.secrets and not settings.database.exists:
            found.append(Flow(source=role.name, target="database", port=DATABASE_PORT))
        if Secret.BROKER_URL in role.secrets:
            found.append(Flow(source=role.name, target="broker", port=BROKER_PORT))
    at_home = [
        replace(flow, source=home(settings, flow.source), target=home(settings, flow.target))
        for flow in found
    ]
    return list(dict.fromkeys(at_home))


def guests(settings: Settings) -> list[Flow]:
    """List the traffic that a cluster lets in from security groups of others; their ids are the sources."""
    balancer, database = settings.load_balancer, settings.database
    found = [
        Flow(source=group, target=entrance.door(balancer), port=port)
        for port in entrance.ports(balancer)
        for group in balancer.allowed_security_group_ids
    ]
    return found + [
        Flow(source=group, target="database", port=DATABASE_PORT)
        for group in database.allowed_security_group_ids
    ]
