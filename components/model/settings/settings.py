"""Every setting of a cluster, with its default and its rules.

A setting's key in a stack's configuration is its path in camel case: `database.instance_class` is
`databaseInstanceClass`. `Pulumi.yaml` and `docs/configuration.md` are generated from here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ..aws import fargate, subnets
from . import extra_settings
from .airflow_objects_settings import AirflowObjectsSettings
from .broker_settings import BrokerEngine, BrokerSettings
from .database_clean_settings import DatabaseCleanSettings
from .database_settings import DatabaseSettings, SslMode
from .gate_settings import GateSettings
from .iam_settings import IamSettings
from .image_settings import Architecture, ImageSettings
from .kms_settings import KmsSettings
from .load_balancer_settings import LoadBalancerSettings
from .log_settings import LogSettings
from .network_settings import Nat, VpcSettings
from .proxy_settings import ProxySettings
from .review_settings import Enforcement, ReviewSettings
from .role_names import COMPANIONS, ROLES, by_role
from .role_settings import RoleSettings
from .secrets_backend_settings import SecretsBackendSettings
from .setting import (
    Declaration,
    between,
    camel_case,
    declarations,
    each,
    matching,
    section,
    setting,
    value_at,
)
from .sso_settings import SsoSettings

__all__ = [
    "AirflowObjectsSettings",
    "Architecture",
    "BrokerEngine",
    "BrokerSettings",
    "DatabaseCleanSettings",
    "DatabaseSettings",
    "Enforcement",
    "Executor",
    "GateSettings",
    "IamSettings",
    "ImageSettings",
    "KmsSettings",
    "LoadBalancerSettings",
    "LogSettings",
    "Nat",
    "ProxySettings",
    "ReviewSettings",
    "RoleSettings",
    "SecretsBackendSettings",
    "Settings",
    "SettingsError",
    "SslMode",
    "SsoSettings",
    "VpcSettings",
    "warnings",
]


class Executor(StrEnum):
    """Who runs the tasks."""

    LOCAL = "LocalExecutor"
    CELERY = "CeleryExecutor"


class SettingsError(ValueError):
    """Settings that cannot be deployed.

    Attributes:
        errors: one line each: which setting, what it must be, what it is, what to do.
    """

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a cluster can be told.

    Raises:
        SettingsError: all that is wrong, at once.
    """

    executor: Executor = setting(
        Executor.LOCAL,
        "LocalExecutor runs tasks inside the scheduler's task; CeleryExecutor on workers behind a broker.",
    )
    architecture: Architecture = setting(
        Architecture.X86_64,
        "Processor of image and tasks. ARM64 costs 20 % less and needs a builder that can make it.",
    )
    asleep: bool = setting(
        default=False,
        doc="Run no tasks, for nights and weekends; what keeps data and addresses is still paid for. With "
        "false, `pulumi up` brings everything back in minutes.",
    )
    protect_data: bool = setting(
        default=True,
        doc="Lock database, broker and buckets against deletion, in Pulumi and at AWS. false, then "
        "`pulumi up`, comes before a destroy.",
    )
    discard_data: bool = setting(
        default=False,
        doc="Throw the data away with the cluster: on deletion no last snapshot of the database, buckets and "
        "image repository emptied, secrets gone at once. Needs protectData false.",
    )
    availability_zone_count: int = setting(2, "Zones that subnets are made in.", between(2, 4))
    vpc: VpcSettings = section(VpcSettings())
    nat: Nat = setting(
        Nat.SINGLE,
        "NAT gateways: single (one for all zones), perZone (survives the loss of a zone), none (tasks get "
        "public addresses in public subnets, with no way in).",
    )
    single_task: bool = setting(
        default=False,
        doc="Run scheduler, DAG processor and triggerer as containers of the API server's task: one task and "
        "one address to pay for instead of four, whose size and number are the API server's. They start, "
        "stop and fail together, and share its IAM role.",
    )
    image: ImageSettings = section(ImageSettings())
    proxy: ProxySettings = section(ProxySettings())
    kms: KmsSettings = section(KmsSettings())
    iam: IamSettings = section(IamSettings())
    database: DatabaseSettings = section(DatabaseSettings())
    database_clean: DatabaseCleanSettings = section(DatabaseCleanSettings())
    broker: BrokerSettings = section(BrokerSettings())
    load_balancer: LoadBalancerSettings = section(LoadBalancerSettings())
    sso: SsoSettings = section(SsoSettings())
    api_server: RoleSettings = section(RoleSettings())
    scheduler: RoleSettings = section(RoleSettings())
    dag_processor: RoleSettings = section(RoleSettings(cpu_units=512, memory_mib=1024))
    triggerer: RoleSettings = section(RoleSettings(cpu_units=512, memory_mib=1024))
    worker: RoleSettings = section(RoleSettings())
    flower: RoleSettings = section(RoleSettings(cpu_units=256, memory_mib=512, count=0))
    worker_concurrency: int = setting(
        0,
        "Tasks that one worker runs at once, 0 to 256; 0: as many as its CPU and memory carry.",
        between(0, 256),
    )
    parallelism: int = setting(
        0,
        "Tasks that one scheduler runs at once, 0 to 1024; 0: with LocalExecutor as many as its memory "
        "carries, else 32.",
        between(0, 1024),
    )
    max_task_duration_hours: int = setting(
        12,
        "The longest that any Airflow task may run, hours, 1 to 47; enforced in the image.",
        between(1, 47),
    )
    scheduler_idle_sleep_milliseconds: int = setting(
        1000,
        "How long the scheduler sleeps when it has nothing to do, 50 to 10000 ms. At 100 a chain of short "
        "tasks is three times as fast as at 1000, and an idle scheduler takes 15 % of a vCPU, not 2 %.",
        between(50, 10000),
    )
    admin_username: str = setting(
        "admin",
        "Name of the first user, who is an administrator.",
        matching(r"[A-Za-z0-9._@-]{1,64}", "1 to 64 of A-Z a-z 0-9 . _ @ -"),
    )
    admin_email: str = setting(
        "admin@example.com", "That user's e-mail address.", matching(r"[^@\s]+@[^@\s]+", "an e-mail address")
    )
    name_prefix: str = setting(
        "airflow",
        "Resources are named <prefix>-<stack>-...; a change replaces everything.",
        matching(
            r"(?=.{1,16}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
            "1 to 16 of a-z 0-9, with single hyphens between, a letter first",
        ),
    )
    task_security_group_ids: tuple[str, ...] = setting(
        (),
        "Security groups that every task is put in beside its own, at most 4: those that a company's "
        "databases "
        "let in.",
        each(r"sg-[0-9a-f]+", "ids of security groups, sg-...", most=4),
    )
    airflow_settings: dict[str, str] = setting(
        dict[str, str](),
        "Airflow settings of all roles, AIRFLOW__SECTION__KEY to text; those that the program sets are "
        "refused.",
        extra_settings.airflow_settings,
    )
    extra_environment: dict[str, dict[str, str]] = setting(
        dict[str, dict[str, str]](),
        "Environment variables in clear: by role (worker, scheduler, ..., or all) names to texts.",
        by_role(extra_settings.environment),
    )
    extra_secrets: dict[str, dict[str, str]] = setting(
        dict[str, dict[str, str]](),
        "Environment variables that ECS reads from Secrets Manager or Parameter Store: by role (or all) "
        "names to "
        "ARNs, as ECS takes them. A new value needs a restart.",
        by_role(extra_settings.secrets),
    )
    container_insights: bool = setting(
        default=False, doc="CloudWatch Container Insights for the ECS cluster (costs per metric)."
    )
    logs: LogSettings = section(LogSettings())
    policy: ReviewSettings = section(ReviewSettings())
    airflow_objects: AirflowObjectsSettings = section(AirflowObjectsSettings())
    secrets_backend: SecretsBackendSettings = section(SecretsBackendSettings())

    def __post_init__(self) -> None:
        sections = (
            self.vpc,
            self.image,
            self.proxy,
            self.kms,
            self.database,
            self.database_clean,
            self.load_balancer,
            self.sso,
        )
        own = [error for one in sections for error in one.errors()]
        if errors := [*_rule_errors(self), *_size_errors(self), *own, *_cross_errors(self)]:
            raise SettingsError(errors)

    @property
    def has_workers(self) -> bool:
        """Whether tasks run on workers of their own."""
        return self.executor is Executor.CELERY

    def count(self, role: str) -> int:
        """Tell how many tasks of a role run now."""
        return 0 if self.asleep else self.role(role).count

    def role(self, name: str) -> RoleSettings:
        """Size and number of a role, by Airflow's name of it, such as `dag-processor`."""
        return getattr(self, _field(name))


SMALLEST_API_SERVER = (1024, 2048)
"""CPU units and MiB; with less, the API server was seen to die under load."""
SMALLEST_SINGLE_TASK_MIB = 4096
"""Nearly twice what five roles were measured to use (docs/image.md), and room for eight tasks."""

_ALWAYS = ROLES[:4]
_OF_CELERY = ("worker", "flower", "broker", "worker_concurrency")


def warnings(settings: Settings) -> list[str]:
    """Say what can be deployed but was seen to go wrong."""
    size, (cpu_units, memory_mib) = settings.api_server, SMALLEST_API_SERVER
    if size.cpu_units >= cpu_units and size.memory_mib >= memory_mib:
        return []
    sizes = f"apiServerCpuUnits and apiServerMemoryMib are {size.cpu_units} and {size.memory_mib}"
    return [f"{sizes}: below {cpu_units} and {memory_mib} the API server was seen to die under load"]


def _rule_errors(settings: Settings) -> list[str]:
    found = [
        (one.key, one.rule(value_at(settings, one.path)) if one.rule else None)
        for one in declarations(Settings)
    ]
    return [f"{key} {error}" for key, error in found if error]


def _size_errors(settings: Settings) -> list[str]:
    errors: list[str] = []
    for role in ROLES:
        size, prefix = settings.role(role), camel_case(_field(role))
        if error := fargate.cpu_units_error(size.cpu_units):
            errors.append(f"{prefix}CpuUnits {error}")
        elif error := fargate.memory_error(size.cpu_units, size.memory_mib):
            errors.append(f"{prefix}MemoryMib {error}, or change {prefix}CpuUnits")
        if role in _ALWAYS and size.count == 0:
            errors.append(
                f"{prefix}Count must be at least 1; got 0. Airflow does not work without its {role}"
            )
    return errors


def _cross_errors(settings: Settings) -> list[str]:
    return [
        *_data_errors(settings),
        *_executor_errors(settings),
        *_single_task_errors(settings),
        *_network_errors(settings),
        *_sso_errors(settings),
    ]


def _data_errors(settings: Settings) -> list[str]:
    if settings.discard_data and settings.protect_data:
        return ["discardData needs protectData false; it is true. Set it, or remove discardData"]
    return []


def _sso_errors(settings: Settings) -> list[str]:
    if not settings.sso.issuer_url or settings.load_balancer.https:
        return []
    error = (
        "ssoIssuerUrl needs loadBalancerDomain or loadBalancerCertificateArn; both are empty, and a provider "
        "sends users back to https only. Set one"
    )
    return [error]


def _network_errors(settings: Settings) -> list[str]:
    zones, vpc = settings.availability_zone_count, settings.vpc
    if not vpc.exists:
        error = subnets.vpc_cidr_error(vpc.cidr, zones) if zones in range(2, 5) else None
        return [*([f"vpcCidr {error}"] if error else []), *_balancer_errors(settings)]
    errors: list[str] = []
    if zones != Settings.availability_zone_count:
        errors.append("availabilityZoneCount has no effect in an existing VPC: its subnets say it. Remove it")
    public = vpc.public_subnet_ids or vpc.public_subnet_tag
    if not public and (settings.nat is Nat.NONE or not settings.load_balancer.internal):
        user = "the tasks (nat is none)" if settings.nat is Nat.NONE else "a public load balancer"
        errors.append(f"vpcPublicSubnetIds or vpcPublicSubnetTag must be set for {user}; both are empty")
    return errors


def _balancer_errors(settings: Settings) -> list[str]:
    """Say what the load balancers lack in a VPC that is made."""
    balancer, zones = settings.load_balancer, settings.availability_zone_count
    errors: list[str] = []
    if balancer.network_allocation_ids and len(balancer.network_allocation_ids) != zones:
        errors.append(
            f"loadBalancerNetworkAllocationIds must hold one address for each zone, availabilityZoneCount "
            f"({zones}); got {len(balancer.network_allocation_ids)}"
        )
    if balancer.oidc.issuer_url and balancer.application_internal and settings.nat is Nat.NONE:
        errors.append(
            "loadBalancerOidcIssuerUrl needs nat single or perZone with loadBalancerInternal or "
            "loadBalancerNetwork: the load balancer asks the provider from the private subnets. Set it"
        )
    return errors


def _executor_errors(settings: Settings) -> list[str]:
    if settings.has_workers:
        return [] if settings.worker.count else ["workerCount must be at least 1 with CeleryExecutor; got 0"]
    return [
        f"{one.key} needs executor CeleryExecutor; with {settings.executor} it has no effect. Remove it, or "
        "set the executor"
        for one in _set_within(settings, _OF_CELERY)
    ]


def _single_task_errors(settings: Settings) -> list[str]:
    if not settings.single_task:
        return []
    unused = [
        f"{one.key} has no effect with singleTask: the API server's task holds this role. Set "
        f"{camel_case('api_server_' + one.path[1])} instead, or remove singleTask"
        for one in _set_within(settings, [_field(role) for role in COMPANIONS])
    ]
    got = settings.api_server.memory_mib
    least = f"apiServerMemoryMib must be at least {SMALLEST_SINGLE_TASK_MIB} with singleTask; got {got}"
    return unused if got >= SMALLEST_SINGLE_TASK_MIB else [*unused, least]


def _set_within(settings: Settings, sections: Collection[str]) -> list[Declaration]:
    """List the settings of some sections that have another value than their default."""
    return [
        one
        for one in declarations(Settings)
        if one.path[0] in sections and value_at(settings, one.path) != one.default
    ]


def _field(role: str) -> str:
    return role.replace("-", "_")
