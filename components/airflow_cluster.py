"""A whole Apache Airflow 3 cluster on ECS Fargate."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws

from .airflow_service import AirflowService, AirflowServiceArgs, Placement
from .cluster import Cluster, ClusterArgs
from .component import Component
from .image import deployed_image
from .load_balancer import LoadBalancer, LoadBalancerArgs
from .migration import Migration, MigrationArgs
from .model import entrance, roles
from .model.roles import Role
from .model.settings import Nat, Settings
from .network import Network, NetworkArgs
from .role_tasks import RoleTasks, role_tasks
from .security_groups import SecurityGroups, SecurityGroupsArgs
from .stores import Stores, StoresArgs

PROJECT = Path(__file__).resolve().parent.parent
"""Where docker/ and dags/ are, unless somebody says otherwise."""


class AirflowCluster(Component):
    """Makes network, database, broker, image, load balancer and a service for every Airflow role.

    One `up` does all: the image is built beside the network and the database, the migration runs once all
    three are there, the services start after it, and `up` ends when they are healthy.

    Stateful: database, broker and buckets, locked while `settings.protect_data` is set.

    Example:
        cluster = AirflowCluster("airflow", Settings(executor=Executor.CELERY))
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
        self._name, self._settings = name, settings
        invoke = pulumi.InvokeOptions(parent=self)
        self._account_id = aws.get_caller_identity(opts=invoke).account_id
        self._roles = roles.roles(settings)
        self._migration = roles.migration(settings)
        self._make_network()
        self._stores = Stores(
            name,
            StoresArgs(
                settings=settings,
                subnet_ids=self._network.private_subnet_ids,
                security_group_ids=self._groups.ids,
            ),
            self._child(),
        )
        self._image = deployed_image(f"{name}-image", settings, project, self._child())
        self._make_entrance()
        tasks = role_tasks(
            settings=settings,
            image=self._image,
            stores=self._stores,
            cluster=self._cluster,
            url=self._balancer.url,
            region=aws.get_region(opts=invoke).region,
            account_id=self._account_id,
        )
        migration = self._migrate(tasks)
        services = {role.name: self._service(role, tasks, migration) for role in self._roles}
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
        public, network = self._settings.nat is Nat.NONE, self._network
        return Placement(
            cluster_arn=self._cluster.arn,
            subnet_ids=network.public_subnet_ids if public else network.private_subnet_ids,
            assign_public_ip=public,
        )

    def _migrate(self, tasks: RoleTasks) -> Migration:
        role = self._migration
        return Migration(
            f"{self._name}-{role.name}",
            MigrationArgs(
                task=tasks.args(role, roles.MIGRATION_SIZE, health_check=False),
                placement=self._placement,
                security_group_id=self._groups.ids[role.name],
            ),
            # A task must not start before its routes and rules are there.
            self._child(pulumi.ResourceOptions(depends_on=[self._network, self._groups])),
        )

    def _service(self, role: Role, tasks: RoleTasks, migration: Migration) -> AirflowService:
        size = self._settings.role(role.name)
        return AirflowService(
            f"{self._name}-{role.name}",
            AirflowServiceArgs(
                task=tasks.args(role, size, health_check=True),
                placement=self._placement,
                security_group_id=self._groups.ids[role.name],
                count=size.count,
                namespace_id=self._cluster.namespace_id if role.name == roles.API_SERVER else None,
                target_group_arn=self._balancer.target_group_arns.get(role.name),
            ),
            self._child(pulumi.ResourceOptions(depends_on=[migration])),
        )

    def _set_outputs(self, services: Mapping[str, AirflowService]) -> None:
        self.url = self._balancer.url
        self.alb_dns_name = self._balancer.dns_name
        self.cluster_name = self._cluster.cluster_name
        self.service_names = {role: service.service_name for role, service in services.items()}
        self.log_groups = {role: service.log_group for role, service in services.items()}
        self.task_role_arns = {role: service.task_role_arn for role, service in services.items()}
        self.database_endpoint = self._stores.database_endpoint
        self.broker_endpoint = self._stores.broker_endpoint
        self.data_bucket = self._stores.storage.data_bucket
        self.logs_bucket = self._stores.storage.logs_bucket
        self.secret_arns = {kind.value: secret.arn for kind, secret in self._stores.secret_references.items()}
        self.image_uri = self._image.uri
