"""Every setting of a cluster, with its default and its rules.

A setting's key in a stack's configuration is its path in camel case: `database.instance_class` is
`databaseInstanceClass`. `Pulumi.yaml` and `docs/configuration.md` are generated from here.
"""

from dataclasses import dataclass
from enum import StrEnum

from . import fargate, image, subnets
from .setting import (
    between,
    camel_case,
    cidrs,
    declarations,
    matching,
    one_of,
    section,
    setting,
    value_at,
)


class Executor(StrEnum):
    """Who runs the tasks."""

    LOCAL = "LocalExecutor"
    CELERY = "CeleryExecutor"


class Architecture(StrEnum):
    """The processor that the image is built for and Fargate runs it on."""

    X86_64 = "x86_64"
    ARM64 = "ARM64"


class Nat(StrEnum):
    """How tasks in private subnets reach the internet."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "perZone"


class SslMode(StrEnum):
    """How much of the database's certificate is checked; less than these is refused.

    https://www.postgresql.org/docs/current/libpq-ssl.html
    """

    VERIFY_FULL = "verify-full"
    REQUIRE = "require"


class BrokerEngine(StrEnum):
    """The ElastiCache engine behind Celery."""

    VALKEY = "valkey"
    REDIS = "redis"


class SettingsError(ValueError):
    """Settings that cannot be deployed.

    Attributes:
        faults: one line each: which setting, what it must be, what it is, what to do.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class VpcSettings:
    """The network that everything runs in."""

    cidr: str = setting(
        "10.20.0.0/16",
        "Address range of the VPC, /16 to /24 for two zones. A change replaces the network and all in it.",
    )


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """Where the Airflow image comes from."""

    uri: str = setting(
        "",
        "An existing image to deploy, best by digest (repository@sha256:...). Empty: the program builds and "
        "pushes docker/Dockerfile.",
        matching(r"\S*", "an image reference without spaces"),
    )
    base: str = setting(
        image.DEFAULT_BASE_IMAGE,
        "The base image of docker/Dockerfile: one with Python 3.11 to 3.13 on glibc.",
        matching(r"\S+", "an image reference without spaces"),
    )
    extra_ca_file: str = setting(
        "",
        "A PEM file, relative to the project, whose certificate authorities are trusted beside those of RDS "
        "and the public ones. Empty: none.",
    )


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """The metadata database, RDS for PostgreSQL."""

    instance_class: str = setting(
        "db.t4g.small",
        "RDS instance class. A change restarts the database.",
        matching(r"db\.[a-z0-9]+\.[a-z0-9]+", "an RDS instance class such as db.t4g.small"),
    )
    engine_version: str = setting(
        "17",
        "Major version of PostgreSQL. A new one is an upgrade in place.",
        matching(r"1[4-8]", "14 to 18"),
    )
    storage_gib: int = setting(20, "Storage at the start, GiB.", between(20, 65536))
    max_storage_gib: int = setting(
        100,
        "Storage grows by itself up to this, GiB; as large as databaseStorageGib: never, else at least a "
        "tenth more.",
        between(20, 65536),
    )
    multi_az: bool = setting(
        default=False, doc="Keep a standby in a second zone and fail over to it by itself."
    )
    backup_days: int = setting(7, "Days that automatic backups are kept; 0 turns them off.", between(0, 35))
    ssl_mode: SslMode = setting(
        SslMode.VERIFY_FULL, "verify-full checks the database's certificate and name; require only encrypts."
    )


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """The Celery broker, ElastiCache (CeleryExecutor only)."""

    engine: BrokerEngine = setting(
        BrokerEngine.VALKEY, "valkey costs 20 % less than redis and speaks the same protocol."
    )
    node_type: str = setting(
        "cache.t4g.micro",
        "ElastiCache node type.",
        matching(r"cache\.[a-z0-9]+\.[a-z0-9]+", "an ElastiCache node type such as cache.t4g.micro"),
    )
    replica_count: int = setting(
        0, "Replicas in other zones, 0 to 5; with one or more the broker fails over by itself.", between(0, 5)
    )


@dataclass(frozen=True, kw_only=True)
class LoadBalancerSettings:
    """The Application Load Balancer in front of the user interface and the API."""

    port: int = setting(
        80,
        "Port that the load balancer serves on where there is no certificate; with one it is 443.",
        between(1, 65535),
    )
    allowed_cidrs: tuple[str, ...] = setting(
        (),
        "Networks that may reach the load balancer. Empty: nobody. 0.0.0.0/0 needs a certificate.",
        cidrs,
    )
    internal: bool = setting(
        default=False, doc="Put the load balancer into the private subnets, with no public address."
    )
    certificate_arn: str = setting(
        "",
        "ARN of an ACM certificate. Given: HTTPS on 443, and port 80 redirects. Empty: HTTP, for named "
        "networks only.",
        matching(r"(arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/\S+)?", "the ARN of an ACM certificate"),
    )
    ssl_policy: str = setting(
        "",
        "The load balancer's TLS policy; empty: ELBSecurityPolicy-TLS13-1-2-2021-06. Needs a certificate.",
        matching(r"(ELBSecurityPolicy-[A-Za-z0-9-]+)?", "the name of a policy, ELBSecurityPolicy-..."),
    )
    idle_timeout_seconds: int = setting(
        60, "Seconds after which an idle connection is closed.", between(1, 4000)
    )


@dataclass(frozen=True, kw_only=True)
class RoleSettings:
    """Size and number of one Airflow role's tasks."""

    cpu_units: int = setting(1024, "CPU of one task, in units of 1/1024 vCPU: a size of Fargate's.")
    memory_mib: int = setting(2048, "Memory of one task, MiB: a size of Fargate's for the CPU.")
    count: int = setting(1, "Number of tasks.", between(0, 100))


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """What is kept of what the cluster says."""

    retention_days: int = setting(
        30,
        "Days that CloudWatch keeps the containers' output, and S3 the tasks' logs.",
        one_of(
            1,
            3,
            5,
            7,
            14,
            30,
            60,
            90,
            120,
            150,
            180,
            365,
            400,
            545,
            731,
            1096,
            1827,
            2192,
            2557,
            2922,
            3288,
            3653,
        ),
    )
    flow_retention_days: int = setting(
        0,
        "Days that the VPC's flow logs are kept; 0: no flow logs.",
        one_of(0, 1, 3, 5, 7, 14, 30, 60, 90, 180, 365),
    )


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
    protect_data: bool = setting(
        default=True,
        doc="Lock database, broker and buckets against deletion, in Pulumi and at AWS. false, then "
        "`pulumi up`, comes before a destroy.",
    )
    availability_zone_count: int = setting(2, "Zones that subnets are made in.", between(2, 4))
    vpc: VpcSettings = section(VpcSettings())
    nat: Nat = setting(
        Nat.SINGLE,
        "NAT gateways: single (one for all zones), perZone (survives the loss of a zone), none (tasks get "
        "public addresses in public subnets, with no way in).",
    )
    image: ImageSettings = section(ImageSettings())
    database: DatabaseSettings = section(DatabaseSettings())
    broker: BrokerSettings = section(BrokerSettings())
    load_balancer: LoadBalancerSettings = section(LoadBalancerSettings())
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
    container_insights: bool = setting(
        default=False, doc="CloudWatch Container Insights for the ECS cluster (costs per metric)."
    )
    logs: LogSettings = section(LogSettings())

    def __post_init__(self) -> None:
        if faults := [*_rule_faults(self), *_size_faults(self), *_cross_faults(self)]:
            raise SettingsError(faults)

    @property
    def has_workers(self) -> bool:
        """Whether tasks run on workers of their own."""
        return self.executor is Executor.CELERY

    def role(self, name: str) -> RoleSettings:
        """Size and number of a role, by Airflow's name of it, such as `dag-processor`."""
        return getattr(self, _field(name))


SMALLEST_API_SERVER = (1024, 2048)
"""CPU units and MiB; with less, the API server was seen to die under load."""
ROLES = ("api-server", "scheduler", "dag-processor", "triggerer", "worker", "flower")
"""Airflow's long-running roles, by Airflow's own names."""

_ALWAYS = ROLES[:4]
_OF_CELERY = ("worker", "flower", "broker", "worker_concurrency")
NAMED_NETWORK_PREFIX = 8
"""A wider network than 10.0.0.0/8 is nobody's own: 0.0.0.0/1 and 128.0.0.0/1 are the whole internet too."""


def warnings(settings: Settings) -> list[str]:
    """Say what can be deployed but was seen to go wrong."""
    size, (cpu_units, memory_mib) = settings.api_server, SMALLEST_API_SERVER
    if size.cpu_units >= cpu_units and size.memory_mib >= memory_mib:
        return []
    sizes = f"apiServerCpuUnits and apiServerMemoryMib are {size.cpu_units} and {size.memory_mib}"
    return [f"{sizes}: below {cpu_units} and {memory_mib} the API server was seen to die under load"]


def _rule_faults(settings: Settings) -> list[str]:
    found = [
        (one.key, one.rule(value_at(settings, one.path)) if one.rule else None)
        for one in declarations(Settings)
    ]
    return [f"{key} {fault}" for key, fault in found if fault]


def _size_faults(settings: Settings) -> list[str]:
    faults: list[str] = []
    for role in ROLES:
        size, prefix = settings.role(role), camel_case(_field(role))
        if fault := fargate.cpu_units_fault(size.cpu_units):
            faults.append(f"{prefix}CpuUnits {fault}")
        elif fault := fargate.memory_fault(size.cpu_units, size.memory_mib):
            faults.append(f"{prefix}MemoryMib {fault}, or change {prefix}CpuUnits")
        if role in _ALWAYS and size.count == 0:
            faults.append(
                f"{prefix}Count must be at least 1; got 0. Airflow does not work without its {role}"
            )
    return faults


def _cross_faults(settings: Settings) -> list[str]:
    faults = [
        *_executor_faults(settings),
        *_load_balancer_faults(settings),
    ]
    if settings.availability_zone_count in range(2, 5) and (
        fault := subnets.vpc_cidr_fault(settings.vpc.cidr, settings.availability_zone_count)
    ):
        faults.append(f"vpcCidr {fault}")
    storage, largest = settings.database.storage_gib, settings.database.max_storage_gib
    if largest != storage and largest * 10 < storage * 11:
        faults.append(
            f"databaseMaxStorageGib must be databaseStorageGib ({storage}) or at least a tenth more (a rule "
            f"of AWS); got {largest}"
        )
    return faults


def _executor_faults(settings: Settings) -> list[str]:
    if settings.has_workers:
        return [] if settings.worker.count else ["workerCount must be at least 1 with CeleryExecutor; got 0"]
    return [
        f"{one.key} needs executor CeleryExecutor; with {settings.executor} it has no effect. Remove it, or "
        "set the executor"
        for one in declarations(Settings)
        if one.path[0] in _OF_CELERY and value_at(settings, one.path) != one.default
    ]


def _load_balancer_faults(settings: Settings) -> list[str]:
    balancer, faults = settings.load_balancer, list[str]()
    if balancer.certificate_arn:
        return faults
    faults += [
        f"loadBalancerAllowedCidrs must not hold {cidr} without loadBalancerCertificateArn: the "
        "password would travel in clear. Set a certificate, or name the networks that may come in"
        for cidr in balancer.allowed_cidrs
        if not cidrs((cidr,)) and int(cidr.rsplit("/")[1]) < NAMED_NETWORK_PREFIX
    ]
    if balancer.ssl_policy:
        faults.append(
            "loadBalancerSslPolicy needs loadBalancerCertificateArn, which is empty. Set it, or remove the "
            "policy"
        )
    return faults


def _field(role: str) -> str:
    return role.replace("-", "_")
