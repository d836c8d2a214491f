"""Every setting of a cluster, with its default and its rules.

A setting's key in a stack's configuration is its path in camel case: `database.instance_class` is
`databaseInstanceClass`. `Pulumi.yaml` and `docs/configuration.md` are generated from here.
"""

from dataclasses import dataclass
from typing import Final

from . import cross_rules, environment_rules, executors, service_rules
from .admin_settings import AdminSettings
from .airflow_resources_settings import AirflowResourcesSettings
from .alarms_settings import AlarmsSettings
from .api_settings import ApiSettings
from .broker_settings import BrokerSettings
from .by_service import ByService
from .dag_settings import DagSettings
from .database_maintenance_settings import DatabaseMaintenanceSettings
from .database_settings import DatabaseSettings
from .ecs_task_settings import EcsTaskSettings
from .errors import Errors
from .executors import Executor, Executors
from .fernet_settings import FernetSettings
from .iam_settings import IamSettings
from .image_settings import Architecture, ImageSettings
from .jwt_settings import JwtSettings
from .kms_settings import KmsSettings
from .load_balancer_settings import LoadBalancerSettings
from .logs_settings import LogsSettings
from .policy_settings import PolicySettings
from .proxy_settings import ProxySettings
from .rules import between, each, matching
from .secrets_backend_settings import SecretsBackendSettings
from .setting import Section, check, section, setting
from .sso_settings import SsoSettings
from .task_settings import ServiceSettings
from .vpc_settings import Nat, VpcSettings
from .worker_group import WorkerGroup
from .worker_settings import WorkerSettings

_CELERY: Final = ("executor", Executor.CELERY)
_ECS: Final = ("executor", Executor.ECS)


@dataclass(frozen=True, kw_only=True)
class Settings(Section):
    """All settings of a cluster; a `SettingsError` has all errors at once."""

    executor: str = setting(
        Executors(Executor.LOCAL),
        "LocalExecutor runs tasks inside the scheduler's task, CeleryExecutor on workers behind a broker, "
        "AwsEcsExecutor each in a dedicated ECS task. Of several, with commas between, the first is the "
        "default; a task chooses another by its name, or by an alias before a colon (big:AwsEcsExecutor).",
        executors.errors,
    )
    architecture: Architecture = setting(
        Architecture.X86_64,
        "Processor of image and tasks. ARM64 costs 20 % less and needs a builder that can make it.",
    )
    asleep: bool = setting(
        default=False,
        doc="Run no tasks, for nights and weekends; what keeps data and addresses is still paid for. `pulumi "
        "up` waits for running Airflow tasks first; with false, it brings everything back in minutes.",
    )
    scheduler_stopped: bool = setting(
        default=False, doc="Run no scheduler: no task starts, running ones finish. See `docs/operations.md`."
    )
    protect_data: bool = setting(
        default=True,
        doc="Lock database, broker, buckets and the Fernet key in use against deletion, in Pulumi and AWS. "
        "false, then `pulumi up`, comes before a destroy.",
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
    dag: DagSettings = section(DagSettings())
    image: ImageSettings = section(ImageSettings())
    proxy: ProxySettings = section(ProxySettings())
    kms: KmsSettings = section(KmsSettings())
    iam: IamSettings = section(IamSettings())
    database: DatabaseSettings = section(DatabaseSettings())
    database_maintenance: DatabaseMaintenanceSettings = section(DatabaseMaintenanceSettings())
    broker: BrokerSettings = section(BrokerSettings(), needs=_CELERY)
    load_balancer: LoadBalancerSettings = section(LoadBalancerSettings())
    sso: SsoSettings = section(SsoSettings())
    api_server: ServiceSettings = section(ServiceSettings(), required=True)
    scheduler: ServiceSettings = section(ServiceSettings(), required=True, co_located=True)
    dag_processor: ServiceSettings = section(
        ServiceSettings(cpu_units=512, memory_mib=1024), required=True, co_located=True
    )
    triggerer: ServiceSettings = section(
        ServiceSettings(cpu_units=512, memory_mib=1024), required=True, co_located=True
    )
    worker: WorkerSettings = section(WorkerSettings(), required=True, needs=_CELERY, grouped=True)
    worker_groups: tuple[WorkerGroup, ...] = setting(
        (),
        "Groups of workers by queue, each a service with its own size, number and task role, in place of the "
        "one of the worker settings; their keys are below. Empty: that one, which serves the queue default.",
        needs=_CELERY,
        items=WorkerGroup,
    )
    ecs_task: EcsTaskSettings = section(EcsTaskSettings(), needs=_ECS)
    flower: ServiceSettings = section(ServiceSettings(cpu_units=256, memory_mib=512, count=0), needs=_CELERY)
    parallelism: int = setting(
        0,
        "Tasks that one scheduler runs at once, 0 to 1024; 0: with LocalExecutor alone as many as its memory "
        "carries, else 32 or as many as workers have slots. With others, LocalExecutor has its own limit.",
        between(0, 1024),
    )
    max_task_duration_hours: int = setting(
        12, "Longest run of an Airflow task, hours, 1 to 47; enforced in the image.", between(1, 47)
    )
    rollout_settling_seconds: int = setting(
        60,
        "How long `pulumi up` watches the tasks of a service that it changed after all are healthy, 0 to 600 "
        "s. If one ends by itself meanwhile, `up` fails, and the version before is deployed again.",
        between(0, 600),
    )
    scheduler_idle_sleep_milliseconds: int = setting(
        1000,
        "How long the scheduler sleeps when it has nothing to do, 50 to 10000 ms. At 100 a chain of short "
        "tasks is three times as fast as at 1000, and an idle scheduler takes 15 % of a vCPU, not 2 %.",
        between(50, 10000),
    )
    admin: AdminSettings = section(AdminSettings())
    fernet: FernetSettings = section(FernetSettings())
    jwt: JwtSettings = section(JwtSettings())
    api: ApiSettings = section(ApiSettings())
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
        "Further security groups of every task, at most 4: those that your databases let in.",
        each(r"sg-[0-9a-f]+", "ids of security groups, sg-...", maximum=4),
    )
    airflow_settings: dict[str, str] = setting(
        dict[str, str](),
        "Airflow settings of all services, AIRFLOW__SECTION__KEY to string; not those that the program sets.",
        environment_rules.airflow_settings,
    )
    extra_environment: dict[str, dict[str, str]] = setting(
        dict[str, dict[str, str]](),
        "Environment variables in plaintext: by service (worker, scheduler, ..., or all) names to strings.",
        ByService(environment_rules.environment),
    )
    extra_secrets: dict[str, dict[str, str]] = setting(
        dict[str, dict[str, str]](),
        "Environment variables that ECS reads from Secrets Manager or Parameter Store: by service (or all) "
        "names to ARNs, as ECS takes them. A new value needs a restart.",
        ByService(environment_rules.secrets),
    )
    container_insights: bool = setting(
        default=False, doc="CloudWatch Container Insights for the ECS cluster (costs per metric)."
    )
    alarms: AlarmsSettings = section(AlarmsSettings())
    logs: LogsSettings = section(LogsSettings())
    policy: PolicySettings = section(PolicySettings())
    airflow_resources: AirflowResourcesSettings = section(AirflowResourcesSettings())
    secrets_backend: SecretsBackendSettings = section(SecretsBackendSettings())

    def __post_init__(self) -> None:
        check(self)

    def errors(self) -> Errors:
        """Yield the errors between sections."""
        yield from cross_rules.between_sections(self)

    def warnings(self) -> Errors:
        """Yield warnings of what can be deployed but is known to cause trouble."""
        yield from service_rules.api_server_warnings(self.api_server)
        yield from (one.within("load_balancer") for one in self.load_balancer.warnings())
        yield from (one.within("image") for one in self.image.warnings())
