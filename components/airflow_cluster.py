"""A whole Apache Airflow 3 cluster on ECS Fargate."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from . import cluster_args
from .base.component import Component
from .data.data_stores import DataStores
from .data.database_ca import check_database_ca
from .data.uploaded_dags import UploadedDagsArgs
from .existing.existing import existing
from .image.image import Image
from .image.source import BuildArgs
from .ingress.ingress import Ingress, IngressArgs
from .model.airflow_resources import airflow_resources
from .model.airflow_resources.airflow_resources import AirflowResources
from .model.aws import aws_names
from .model.aws.aws_access import AwsAccess
from .model.services.service import Service
from .model.settings.errors import SettingError, SettingsError
from .model.settings.settings import Settings
from .model.workload.catalogue import CATALOGUE, Catalogue
from .model.workload.workload import workload
from .monitoring.monitoring import Monitoring, MonitoringArgs
from .one_off_tasks.database_maintenance import DatabaseMaintenance, DatabaseMaintenanceArgs
from .one_off_tasks.migration import Migration, MigrationArgs
from .services.airflow_services import AirflowServices, AirflowServicesArgs
from .services.shared_infrastructure import SharedInfrastructure, SharedInfrastructureArgs
from .services.workload_tasks import WorkloadTasks

OneOff = Migration | DatabaseMaintenance


class AirflowCluster(Component):
    """Makes network, database, broker, image, load balancer and a service for every Airflow component.

    The image is built while network and database are created; the migration runs, then services start.

    Stateful: database, broker and buckets, locked while `settings.protect_data` is set.

    Args:
        settings: the defaults are a small cluster without existing infrastructure.
        access: credentials for the migration and the rollouts, where the provider's are a profile or a role.
        project: folder with dags/ and plugins/; by default where Pulumi runs the program, which is its own.
        catalogue: which services, executors, brokers and DAG sources there are.

    Raises:
        SettingsError: AWS would not accept names that begin with `name`.
        UnusableError: what the settings name does not exist, or cannot be used.

    Example:
        cluster = AirflowCluster("airflow", Settings(executor=Executor.CELERY))
    """

    url: pulumi.Output[str]
    """Where users go."""
    admin_username: pulumi.Output[str]
    """The user that the migration creates."""
    alb_dns_name: pulumi.Output[str]
    """DNS name of the Application Load Balancer."""
    nlb_dns_name: pulumi.Output[str] | None
    """DNS name of the Network Load Balancer in front of it, if there is one."""
    nlb_addresses: Sequence[pulumi.Output[str]]
    """The public addresses of that one, which never change."""
    cluster_name: pulumi.Output[str]
    """Name of the ECS cluster."""
    service_names: Mapping[str, pulumi.Output[str]]
    """Name of the ECS service by service."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of the log group by service, migration and maintenance among them."""
    task_role_arns: Mapping[str, pulumi.Output[str]]
    """IAM role by service, for additional policies."""
    database_endpoint: pulumi.Output[str]
    """Host and port of the metadata database."""
    broker_endpoint: pulumi.Output[str] | None
    """Host of the broker, if there is one."""
    data_bucket: pulumi.Output[str]
    """Name of the bucket for the pipelines' data."""
    logs_bucket: pulumi.Output[str]
    """Name of the bucket for the tasks' logs."""
    dags_bucket: pulumi.Output[str] | None
    """Name of the bucket for the versions of the DAGs, if they are not part of the image."""
    secret_arns: Mapping[str, pulumi.Output[str]]
    """ARN of each secret by kind; never a value."""
    image_uri: pulumi.Output[str]
    """The image that runs."""
    alarms_topic_arn: pulumi.Output[str] | None
    """The SNS topic that alarms notify, if they notify anybody."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        access: AwsAccess | None = None,
        project: Path = Path(),
        catalogue: Catalogue = CATALOGUE,
    ) -> None:
        if error := aws_names.cluster_error(name):
            raise SettingsError([SettingError((), f"the cluster's name {error}")])
        super().__init__(name, opts)
        self._name, self._workload = name, workload(settings, catalogue)
        project, invoke = project.resolve(), pulumi.InvokeOptions(parent=self)
        region = aws.get_region(opts=invoke).region
        resources = airflow_resources.load(project, settings.airflow_resources.file)
        check_database_ca(settings, region, project)
        dags = UploadedDagsArgs.of(self._workload, project)
        source = settings.image.uri or BuildArgs.of(settings, project)
        found = existing(settings, region, invoke)
        # All checks are done: Pulumi goes on creating what is registered before an error.
        shared = SharedInfrastructureArgs(
            workload=self._workload, existing=found, region=region, access=access
        )
        self._shared = SharedInfrastructure(name, shared, self._child())
        data_stores = cluster_args.data_stores(self._workload, self._shared, found, dags)
        self._data_stores = DataStores(name, data_stores, self._child())
        image = cluster_args.image(self._workload, self._shared, found, source)
        self._image = Image(f"{name}-image", image, self._child())
        self._ingress = Ingress(
            name, IngressArgs(workload=self._workload, existing=found, shared=self._shared), self._child()
        )
        tasks = WorkloadTasks(
            workload=self._workload,
            image=self._image,
            data_stores=self._data_stores,
            shared=self._shared,
            url=self._ingress.url,
        )
        self._migration = self._migrate(tasks, resources)
        maintenance = {one.name: self._maintenance(one, tasks) for one in self._workload.scheduled}
        services = self._services(tasks)
        one_off = {self._workload.migration.name: self._migration, **maintenance}
        self._monitor(services, one_off)
        self._set_outputs(services, one_off)
        self._register()

    def _migrate(self, tasks: WorkloadTasks, resources: AirflowResources | None) -> Migration:
        service, storage = self._workload.migration, self._data_stores.storage
        args = MigrationArgs(task=tasks.placed(service), resources=resources, storage=storage)
        return Migration(f"{self._name}-{service.name}", args, self._when_ready())

    def _maintenance(self, service: Service, tasks: WorkloadTasks) -> DatabaseMaintenance:
        args = DatabaseMaintenanceArgs(task=tasks.placed(service), schedule=service.schedule)
        return DatabaseMaintenance(f"{self._name}-{service.name}", args, self._when_ready())

    def _when_ready(self) -> pulumi.ResourceOptions:
        return self._child(pulumi.ResourceOptions(depends_on=self._shared.ready))

    def _services(self, tasks: WorkloadTasks) -> AirflowServices:
        ingress, dags = self._ingress, self._data_stores.dags
        args = AirflowServicesArgs(
            tasks=tasks, target_group_arns=ingress.target_group_arns, listening=ingress.listening
        )
        before = [self._migration, *([dags] if dags else [])]
        services = AirflowServices(self._name, args, self._child(pulumi.ResourceOptions(depends_on=before)))
        afterwards = self._child(pulumi.ResourceOptions(depends_on=[services]))
        self._image.release_others(afterwards)
        if dags:
            dags.release(afterwards)
        return services

    def _monitor(self, services: AirflowServices, one_off: Mapping[str, OneOff]) -> None:
        args = MonitoringArgs(
            workload=self._workload,
            shared=self._shared,
            data_stores=self._data_stores,
            ingress=self._ingress,
            services=services,
            families={name: task.family for name, task in one_off.items()},
        )
        self.alarms_topic_arn = Monitoring(self._name, args, self._child()).topic_arn

    def _set_outputs(self, services: AirflowServices, one_off: Mapping[str, OneOff]) -> None:
        self.url = self._ingress.url
        self.admin_username = pulumi.Output.from_input(self._workload.settings.admin.username)
        self.alb_dns_name = self._ingress.alb_dns_name
        self.nlb_dns_name = self._ingress.nlb_dns_name
        self.nlb_addresses = self._ingress.nlb_addresses
        self.cluster_name = self._shared.cluster.cluster_name
        self.service_names = services.service_names
        self.task_role_arns = services.task_role_arns
        self.log_groups = {**services.log_groups, **{name: one.log_group for name, one in one_off.items()}}
        self.database_endpoint = self._data_stores.database_endpoint
        self.broker_endpoint = self._data_stores.broker_endpoint
        self.data_bucket = self._data_stores.storage.data_bucket
        self.logs_bucket = self._data_stores.storage.logs_bucket
        self.dags_bucket = self._data_stores.storage.dags_bucket
        secrets = self._data_stores.secret_references
        self.secret_arns = {kind.value: secret.arn for kind, secret in secrets.items()}
        self.image_uri = self._image.uri
