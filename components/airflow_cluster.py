"""A whole Apache Airflow 3 cluster on ECS Fargate."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from .base.component import Component
from .data.data_stores import DataStores, DataStoresArgs
from .data.database_ca import check_database_ca
from .deployment.database_maintenance import DatabaseMaintenance, DatabaseMaintenanceArgs
from .deployment.migration import Migration, MigrationArgs
from .existing.existing import Existing, existing
from .image.deployed_image import deployed_image
from .ingress.ingress import Ingress, IngressArgs
from .model.airflow_objects import airflow_objects
from .model.airflow_objects.airflow_objects import AirflowObjects
from .model.aws import aws_names
from .model.aws.aws_access import AwsAccess
from .model.services.service import Service
from .model.settings.errors import SettingError, SettingsError
from .model.settings.settings import Settings
from .model.workload.catalogue import CATALOGUE, Catalogue
from .model.workload.workload import workload
from .services.airflow_services import AirflowServices, AirflowServicesArgs
from .services.shared_infrastructure import SharedInfrastructure, SharedInfrastructureArgs
from .services.workload_tasks import WorkloadTasks, workload_tasks

PROJECT = Path(__file__).resolve().parent.parent


class AirflowCluster(Component):
    """Makes network, database, broker, image, load balancer and a service for every Airflow component.

    The image is built while network and database are created; the migration runs, then services start.

    Stateful: database, broker and buckets, locked while `settings.protect_data` is set.

    Args:
        settings: the defaults are a small cluster of its own.
        access: credentials for the migration and the rollouts, where the provider's are a profile or a role.
        project: folder with docker/, dags/ and plugins/; not needed with `settings.image.uri`.
        catalogue: which services, executors, brokers and DAG sources there are.

    Raises:
        SettingsError: AWS would not accept names that begin with `name`.
        UnusableError: what the settings refer to does not exist, or cannot be used.

    Example:
        cluster = AirflowCluster("airflow", Settings(executor=Executor.CELERY))
    """

    url: pulumi.Output[str]
    """Where users go."""
    alb_dns_name: pulumi.Output[str]
    """DNS name of the Application Load Balancer."""
    nlb_dns_name: pulumi.Output[str] | None
    """DNS name of the Network Load Balancer in front of it, if there is one."""
    nlb_addresses: Sequence[pulumi.Output[str]]
    """The public addresses of that one, which never change."""
    cluster_name: pulumi.Output[str]
    """Name of the ECS cluster."""
    service_names: Mapping[str, pulumi.Output[str]]
    """Name of the ECS service by role."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of the log group by role, migration and maintenance among them."""
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
        access: AwsAccess | None = None,
        project: Path = PROJECT,
        catalogue: Catalogue = CATALOGUE,
    ) -> None:
        if error := aws_names.cluster_error(name):
            raise SettingsError([SettingError((), f"the cluster's name {error}")])
        super().__init__(name, opts)
        self._name, self._workload = name, workload(settings, catalogue)
        invoke = pulumi.InvokeOptions(parent=self)
        region = aws.get_region(opts=invoke).region
        objects = airflow_objects.load(project, settings.airflow_objects.file)
        check_database_ca(settings, region, project)
        found = existing(settings, region, invoke)
        self._shared = SharedInfrastructure(
            name,
            SharedInfrastructureArgs(workload=self._workload, existing=found, region=region, access=access),
            self._child(),
        )
        self._stores = self._data_stores(found)
        self._image = deployed_image(
            f"{name}-image",
            settings,
            project,
            repository=found.repository,
            kms_key_arn=self._shared.defaults.kms_key_arn,
            access=self._shared.placement.access,
            opts=self._child(),
        )
        self._ingress = Ingress(
            name, IngressArgs(workload=self._workload, existing=found, shared=self._shared), self._child()
        )
        tasks = workload_tasks(
            workload=self._workload,
            image=self._image,
            stores=self._stores,
            shared=self._shared,
            url=self._ingress.url,
        )
        self._migration = self._migrate(tasks, objects)
        maintenance = {one.name: self._maintenance(one, tasks) for one in self._workload.scheduled}
        self._set_outputs(self._services(tasks), maintenance)
        self._register()

    def _data_stores(self, found: Existing) -> DataStores:
        return DataStores(
            self._name,
            DataStoresArgs(
                workload=self._workload,
                subnet_ids=self._shared.network.private_subnet_ids,
                security_group_ids=self._shared.security_group_ids,
                defaults=self._shared.defaults,
                existing=found,
            ),
            self._child(),
        )

    def _migrate(self, tasks: WorkloadTasks, objects: AirflowObjects | None) -> Migration:
        service = self._workload.migration
        return Migration(
            f"{self._name}-{service.name}",
            MigrationArgs(
                task=tasks.args(service),
                placement=self._shared.placement,
                security_group_ids=self._shared.task_security_group_ids(service.name),
                objects=objects,
                storage=self._stores.storage,
            ),
            self._child(pulumi.ResourceOptions(depends_on=self._shared.ready)),
        )

    def _maintenance(self, service: Service, tasks: WorkloadTasks) -> DatabaseMaintenance:
        return DatabaseMaintenance(
            f"{self._name}-{service.name}",
            DatabaseMaintenanceArgs(
                task=tasks.args(service),
                placement=self._shared.placement,
                security_group_ids=self._shared.task_security_group_ids(service.name),
                schedule=service.schedule,
            ),
            self._child(pulumi.ResourceOptions(depends_on=self._shared.ready)),
        )

    def _services(self, tasks: WorkloadTasks) -> AirflowServices:
        services = AirflowServices(
            self._name,
            AirflowServicesArgs(
                tasks=tasks,
                shared=self._shared,
                target_group_arns=self._ingress.target_group_arns,
                listening=self._ingress.listening,
            ),
            self._child(pulumi.ResourceOptions(depends_on=[self._migration])),
        )
        self._image.release_others(after=[services], opts=self._child())
        return services

    def _set_outputs(self, services: AirflowServices, maintenance: Mapping[str, DatabaseMaintenance]) -> None:
        self.url = self._ingress.url
        self.alb_dns_name = self._ingress.alb_dns_name
        self.nlb_dns_name = self._ingress.nlb_dns_name
        self.nlb_addresses = self._ingress.nlb_addresses
        self.cluster_name = self._shared.cluster.cluster_name
        self.service_names = services.service_names
        self.task_role_arns = services.task_role_arns
        one_off = {self._workload.migration.name: self._migration, **maintenance}
        self.log_groups = {**services.log_groups, **{name: one.log_group for name, one in one_off.items()}}
        self.database_endpoint = self._stores.database_endpoint
        self.broker_endpoint = self._stores.broker_endpoint
        self.data_bucket = self._stores.storage.data_bucket
        self.logs_bucket = self._stores.storage.logs_bucket
        self.secret_arns = {kind.value: secret.arn for kind, secret in self._stores.secret_references.items()}
        self.image_uri = self._image.uri
