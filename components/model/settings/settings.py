"""Every setting of a cluster, with its default and its rules.

A setting's key in a stack's configuration is its path in camel case: `database.instance_class` is
`databaseInstanceClass`. `Pulumi.yaml` and `docs/configuration.md` are generated from here.
"""

from dataclasses import dataclass
from enum import StrEnum

from . import cross_rules, environment_rules, role_rules
from .airflow_objects_settings import AirflowObjectsSettings
from .broker_settings import BrokerSettings
from .database_clean_settings import DatabaseCleanSettings
from .database_settings import DatabaseSettings
from .errors import Errors
from .iam_settings import IamSettings
from .image_settings import Architecture, ImageSettings
from .kms_settings import KmsSettings
from .load_balancer_settings import LoadBalancerSettings
from .logs_settings import LogsSettings
from .policy_settings import PolicySettings
from .proxy_settings import ProxySettings
from .role_names import ROLES, by_role
from .role_settings import RoleSettings
from .rules import between, each, matching
from .secrets_backend_settings import SecretsBackendSettings
from .setting import Section, check, section, setting
from .sso_settings import SsoSettings
from .vpc_settings import Nat, VpcSettings


class Executor(StrEnum):
    """Who runs the tasks."""

    LOCAL = "LocalExecutor"
    CELERY = "CeleryExecutor"


@dataclass(frozen=True, kw_only=True)
class Settings(Section):
    """All settings of a cluster; a `SettingsError` says all that is wrong with them, at once."""

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
        doc="Delete the data with the cluster: no final snapshot of the database, buckets and image "
        "repository emptied, secrets deleted without recovery window. Needs protectData false.",
    )
    availability_zone_count: int = setting(2, "Zones that subnets are created in.", between(2, 4))
    vpc: VpcSettings = section(VpcSettings())
    nat: Nat = setting(
        Nat.SINGLE,
        "NAT gateways: single (one for all zones), perZone (survives the loss of a zone), none (tasks get "
        "public addresses in public subnets, without ingress).",
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
        "Security groups that every task gets in addition to its own, at most 4: those that your databases "
        "let in.",
        each(r"sg-[0-9a-f]+", "ids of security groups, sg-...", maximum=4),
    )
    airflow_settings: dict[str, str] = setting(
        dict[str, str](),
        "Airflow settings of all roles, AIRFLOW__SECTION__KEY to string; not those that the program sets.",
        environment_rules.airflow_settings,
    )
    extra_environment: dict[str, dict[str, str]] = setting(
        dict[str, dict[str, str]](),
        "Environment variables in plaintext: by role (worker, scheduler, ..., or all) names to strings.",
        by_role(environment_rules.environment),
    )
    extra_secrets: dict[str, dict[str, str]] = setting(
        dict[str, dict[str, str]](),
        "Environment variables that ECS reads from Secrets Manager or Parameter Store: by role (or all) "
        "names to ARNs, as ECS takes them. A new value needs a restart.",
        by_role(environment_rules.secrets),
    )
    container_insights: bool = setting(
        default=False, doc="CloudWatch Container Insights for the ECS cluster (costs per metric)."
    )
    logs: LogsSettings = section(LogsSettings())
    policy: PolicySettings = section(PolicySettings())
    airflow_objects: AirflowObjectsSettings = section(AirflowObjectsSettings())
    secrets_backend: SecretsBackendSettings = section(SecretsBackendSettings())

    def __post_init__(self) -> None:
        check(self)

    def errors(self) -> Errors:
        """Say which sections do not fit together."""
        yield from cross_rules.data(protect_data=self.protect_data, discard_data=self.discard_data)
        yield from cross_rules.sign_in(self.sso, self.load_balancer)
        yield from cross_rules.vpc(self.vpc, self.availability_zone_count, self.nat, self.load_balancer)
        yield from cross_rules.load_balancer(
            self.load_balancer, self.vpc, self.availability_zone_count, self.nat
        )
        yield from role_rules.counts({role: self.role(role).count for role in ROLES})
        yield from role_rules.executor(self, self.executor, self.worker if self.has_workers else None)
        if self.single_task:
            yield from role_rules.single_task(self, self.api_server)

    def warnings(self) -> Errors:
        """Say what can be deployed but was seen to go wrong."""
        yield from role_rules.api_server_warnings(self.api_server)

    @property
    def has_workers(self) -> bool:
        """Whether tasks run on workers of their own."""
        return self.executor is Executor.CELERY

    def role(self, name: str) -> RoleSettings:
        """Size and number of a role, by Airflow's name of it, such as `dag-processor`."""
        return getattr(self, _field(name))


def _field(role: str) -> str:
    return role.replace("-", "_")
