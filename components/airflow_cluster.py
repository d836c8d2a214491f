"""A whole Apache Airflow 3 cluster on ECS Fargate."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.airflow_service import AirflowService, AirflowServiceArgs, Placement
from components.airflow_task import AirflowTask, AirflowTaskArgs, SecretReference
from components.broker import Broker, BrokerArgs
from components.cluster import Cluster, ClusterArgs
from components.component import Component
from components.database import Database, DatabaseArgs
from components.image import Image, ImageArgs
from components.load_balancer import LoadBalancer, LoadBalancerArgs
from components.network import Network, NetworkArgs
from components.one_off_task import OneOffTask
from components.secrets import Secrets, SecretsArgs
from components.security_groups import SecurityGroups, SecurityGroupsArgs
from components.storage import Storage, StorageArgs
from model import entrance, roles
from model.airflow_env import Endpoints, environment
from model.permissions import Grants, needs_permissions, permissions
from model.registries import ecr_repository_arn
from model.roles import Role, Secret
from model.settings import Nat, RoleSettings, Settings

PROJECT = Path(__file__).resolve().parent.parent
"""Where docker/ and dags/ are, unless somebody says otherwise."""
MIGRATION_SECONDS = 1800
"""How long a migration may take."""


class AirflowCluster(Component):
    """Makes network, database, broker, image, load balancer and a service for every Airflow role.

    One `up` does all: the image is built beside the network and the database, the migration runs once all
    three are there, the services start after it, and `up` ends when they are healthy.

    Stateful: database, broker and buckets, locked while `settings.protect_data` is set.

    Example:
        settings = Settings(executor=Executor.CELERY)
        cluster = AirflowCluster("airflow", settings)
        pulumi.export("url", cluster.url)
    """

    url: pulumi.Output[str]
    """Where users go."""
    alb_dns_name: pulumi.Output[str]
    """AWS's name of the load balancer."""
    cluster_name: pulumi.Output[str]
    """Name of the ECS cluster."""
    service_names: Mapping[str, pulumi.Output[str]]
    """Name of the ECS service by role."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of the log group by role."""
    task_role_arns: Mapping[str, pulumi.Output[str]]
    """IAM role by Airflow role, for policies of one's own."""
    database_endpoint: pulumi.Output[str]
    """Host and port of the metadata database."""
    broker_endpoint: pulumi.Output[str] | None
    """Host of the broker, if there is one."""
    data_bucket: pulumi.Output[str]
    """Name of the bucket for the pipelines' data."""
    logs_bucket: pulumi.Output[str]
    """Name of the bucket for the tasks' logs."""
    secret_arns: Mapping[str, pulumi.Output[str]]
    """ARN of each secret by kind; never a value."""
    image_uri: pulumi.Output[str]
    """The image that runs."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: Path = PROJECT,
    ) -> None:
        super().__init__(name, opts)
        self._name, self._settings, self._project = name, settings, project
        invoke = pulumi.InvokeOptions(parent=self)
        self._account_id = aws.get_caller_identity(opts=invoke).account_id
        self._region = aws.get_region(opts=invoke).region
        self._partition = aws.get_partition(opts=invoke).partition
        self._roles = roles.roles(settings)
        self._migration = roles.migration(settings)
        self._make_network()
        self._make_stores()
        self._make_image()
        self._make_entrance()
        migrated = self._migrate()
        services = {role.name: self._service(role, migrated) for role in self._roles}
        self._set_outputs(services)
        self._register()

    def _make_network(self) -> None:
        settings, name = self._settings, self._name
        self._network = Network(
            f"{name}-network",
            NetworkArgs(
                cidr=settings.vpc.cidr,
                zone_count=settings.availability_zone_count,
                nat=settings.nat,
                flow_log_retention_days=settings.logs.flow_retention_days,
                account_id=self._account_id,
            ),
            self._child(),
        )
        self._groups = SecurityGroups(
            name,
            SecurityGroupsArgs(
                vpc_id=self._network.vpc_id,
                members=[role.name for role in [*self._roles, self._migration]],
                flows=roles.flows(settings),
                entrance_ports=entrance.ports(settings.load_balancer),
                entrance_cidrs=settings.load_balancer.allowed_cidrs,
            ),
            self._child(),
        )

    def _make_stores(self) -> None:
        settings, name = self._settings, self._name
        protect, private = settings.protect_data, self._network.private_subnet_ids
        self._secrets = Secrets(
            name, SecretsArgs(recoverable=protect, flower=bool(settings.flower.count)), self._child()
        )
        self._database = Database(
            f"{name}-database",
            DatabaseArgs(
                settings=settings.database,
                subnet_ids=private,
                security_group_id=self._groups.ids["database"],
                protect=protect,
                result_backend=settings.has_workers,
            ),
            self._child(),
        )
        self._broker = None
        if settings.has_workers:
            self._broker = Broker(
                f"{name}-broker",
                BrokerArgs(
                    settings=settings.broker,
                    subnet_ids=private,
                    security_group_id=self._groups.ids["broker"],
                    protect=protect,
                ),
                self._child(),
            )
        self._storage = Storage(
            name,
            StorageArgs(log_retention_days=settings.logs.retention_days, protect=protect),
            self._child(),
        )

    def _make_image(self) -> None:
        settings = self._settings
        self._repository_arn: pulumi.Input[str] | None = None
        if settings.image.uri:
            self._image_uri = pulumi.Output.from_input(settings.image.uri)
            self._repository_arn = ecr_repository_arn(settings.image.uri, self._partition)
            return
        ca_file = settings.image.extra_ca_file
        image = Image(
            f"{self._name}-image",
            ImageArgs(
                project=self._project,
                base_image=settings.image.base,
                extra_ca_certificates=(self._project / ca_file).read_text() if ca_file else "",
                architecture=settings.architecture,
                force_delete=not settings.protect_data,
            ),
            self._child(),
        )
        self._image_uri, self._repository_arn = image.uri, image.repository_arn

    def _make_entrance(self) -> None:
        settings, network = self._settings, self._network
        internal = settings.load_balancer.internal
        self._balancer = LoadBalancer(
            self._name,
            LoadBalancerArgs(
                settings=settings.load_balancer,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids if internal else network.public_subnet_ids,
                security_group_id=self._groups.ids["load-balancer"],
                protect=settings.protect_data,
                flower=bool(settings.flower.count),
            ),
            self._child(),
        )
        self._cluster = Cluster(
            self._name,
            ClusterArgs(vpc_id=network.vpc_id, container_insights=settings.container_insights),
            self._child(),
        )

    @property
    def _placement(self) -> Placement:
        public = self._settings.nat is Nat.NONE
        network = self._network
        return Placement(
            cluster_arn=self._cluster.arn,
            subnet_ids=network.public_subnet_ids if public else network.private_subnet_ids,
            assign_public_ip=public,
        )

    def _migrate(self) -> OneOffTask:
        role = self._migration
        name = f"{self._name}-{role.name}"
        size = RoleSettings(cpu_units=1024, memory_mib=2048)
        task = AirflowTask(name, self._task(role, size, health_check=False), self._child())
        placement = self._placement
        return OneOffTask(
            name,
            cluster_arn=placement.cluster_arn,
            task_definition_arn=task.task_definition_arn,
            family=task.family,
            container=role.name,
            subnet_ids=placement.subnet_ids,
            security_group_id=self._groups.ids[role.name],
            assign_public_ip=placement.assign_public_ip,
            log_group=task.log_group,
            region=self._region,
            timeout_seconds=MIGRATION_SECONDS,
            triggers={
                "command": " ".join(role.command),
                "image": self._image_uri,
                "secrets": task.secret_versions,
            },
            opts=self._child(pulumi.ResourceOptions(depends_on=[task])),
        )

    def _service(self, role: Role, migrated: OneOffTask) -> AirflowService:
        size = self._settings.role(role.name)
        return AirflowService(
            f"{self._name}-{role.name}",
            AirflowServiceArgs(
                task=self._task(role, size, health_check=True),
                placement=self._placement,
                security_group_id=self._groups.ids[role.name],
                count=size.count,
                namespace_id=self._cluster.namespace_id if role.name == "api-server" else None,
                target_group_arn=self._balancer.target_group_arns.get(role.name),
            ),
            self._child(pulumi.ResourceOptions(depends_on=[migrated])),
        )

    def _task(self, role: Role, size: RoleSettings, *, health_check: bool) -> AirflowTaskArgs:
        settings = self._settings
        endpoints = pulumi.Output.all(
            base_url=self._balancer.url,
            execution_api_url=pulumi.Output.concat(
                "http://api-server.", self._cluster.namespace, f":{roles.API_PORT}/execution/"
            ),
            logs_bucket=self._storage.logs_bucket,
            data_bucket=self._storage.data_bucket,
        )
        grants = pulumi.Output.all(
            logs_bucket_arn=self._storage.logs_bucket_arn,
            data_bucket_arn=self._storage.data_bucket_arn,
            cluster_arn=self._cluster.arn,
        )
        region = self._region
        return AirflowTaskArgs(
            role=role,
            size=size,
            architecture=settings.architecture,
            image_uri=self._image_uri,
            repository_arn=self._repository_arn,
            environment=endpoints.apply(
                lambda known: environment(settings, role, Endpoints(region=region, **known))
            ),
            secrets=self._references(),
            permissions=grants.apply(lambda known: permissions(role, Grants(**known)))
            if needs_permissions(role)
            else None,
            log_retention_days=settings.logs.retention_days,
            health_check=health_check,
            region=region,
            account_id=self._account_id,
        )

    def _references(self) -> dict[Secret, SecretReference]:
        secrets, database, broker = self._secrets, self._database, self._broker
        found = {
            kind: SecretReference(arn=arn, version_id=secrets.version_ids[kind])
            for kind, arn in secrets.arns.items()
        }
        found[Secret.DATABASE_URL] = SecretReference(
            arn=database.url_secret_arn, version_id=database.url_secret_version_id
        )
        if database.result_backend_secret_arn and database.result_backend_secret_version_id:
            found[Secret.RESULT_BACKEND_URL] = SecretReference(
                arn=database.result_backend_secret_arn, version_id=database.result_backend_secret_version_id
            )
        if broker:
            found[Secret.BROKER_URL] = SecretReference(
                arn=broker.url_secret_arn, version_id=broker.url_secret_version_id
            )
        return found

    def _set_outputs(self, services: Mapping[str, AirflowService]) -> None:
        self.url = self._balancer.url
        self.alb_dns_name = self._balancer.dns_name
        self.cluster_name = self._cluster.cluster_name
        self.service_names = {role: service.service_name for role, service in services.items()}
        self.log_groups = {role: service.log_group for role, service in services.items()}
        self.task_role_arns = {role: service.task_role_arn for role, service in services.items()}
        self.database_endpoint = self._database.endpoint
        self.broker_endpoint = self._broker.endpoint if self._broker else None
        self.data_bucket = self._storage.data_bucket
        self.logs_bucket = self._storage.logs_bucket
        self.secret_arns = {kind.value: secret.arn for kind, secret in self._references().items()}
        self.image_uri = self._image_uri
