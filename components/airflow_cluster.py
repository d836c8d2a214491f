"""A whole Apache Airflow 3 cluster on ECS Fargate."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from .base.component import Component
from .data.database_ca import check_database_ca
from .data.stores import Stores, StoresArgs
from .deployment.upkeep import Upkeep, UpkeepArgs
from .existing.existing import Existing, existing
from .image.deployed_image import deployed_image
from .ingress.entrance import EntranceArgs, make_entrance
from .model.airflow_objects import airflow_objects
from .model.airflow_objects.airflow_objects import AirflowObjects
from .model.aws import aws_names
from .model.aws.aws_access import AwsAccess
from .model.services import roles
from .model.services.roles import Role
from .model.settings.settings import Settings, SettingsError
from .services.airflow_service import AirflowService, AirflowServiceArgs
from .services.foundation import Foundation, FoundationArgs
from .services.role_tasks import RoleTasks, role_tasks

PROJECT = Path(__file__).resolve().parent.parent
"""Where docker/ and dags/ are, unless somebody says otherwise."""


class AirflowCluster(Component):
    """Makes network, database, broker, image, load balancer and a service for every Airflow role.

    One `up` does all: the image is built beside the network and the database, the migration runs once all
    three are there, the services start after it, and `up` ends when they are healthy.

    Stateful: database, broker and buckets, locked while `settings.protect_data` is set.

    Args:
        settings: what to make; the defaults are a small cluster of its own.
        access: as whom this machine itself runs the migration and watches rollouts; wanted beside a provider
            with a profile or roles of its own.
        project: folder with docker/, dags/ and plugins/, the image's build context; not needed with
            `settings.image.uri`.

    Raises:
        SettingsError: AWS would not take names that begin with `name`.
        UnusableError: what the settings name is not there or cannot be used; all of it at once.

    Example:
        cluster = AirflowCluster("airflow", Settings(executor=Executor.CELERY))
        pulumi.export("url", cluster.url)
    """

    url: pulumi.Output[str]
    """Where users go."""
    alb_dns_name: pulumi.Output[str]
    """AWS's name of the Application Load Balancer."""
    nlb_dns_name: pulumi.Output[str] | None
    """AWS's name of the Network Load Balancer in front of it, if there is one."""
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
    ) -> None:
        if error := aws_names.cluster_error(name):
            raise SettingsError([f"the cluster's name {error}"])
        super().__init__(name, opts)
        self._name, self._settings = name, settings
        invoke = pulumi.InvokeOptions(parent=self)
        region = aws.get_region(opts=invoke).region
        objects = airflow_objects.load(project, settings.airflow_objects.file)
        check_database_ca(settings, region, project)
        found = existing(settings, region, invoke)
        self._foundation = Foundation(
            name,
            FoundationArgs(settings=settings, existing=found, region=region, access=access or AwsAccess()),
            self._child(),
        )
        self._stores = self._make_stores(found)
        self._image = deployed_image(
            f"{name}-image",
            settings,
            project,
            repository=found.repository,
            kms_key_arn=self._foundation.rules.kms_key_arn,
            access=self._foundation.placement.access,
            opts=self._child(),
        )
        self._entrance = make_entrance(
            name, EntranceArgs(settings=settings, existing=found, foundation=self._foundation), self._child()
        )
        tasks = role_tasks(
            settings=settings,
            image=self._image,
            stores=self._stores,
            cluster=self._foundation.cluster,
            url=self._entrance.url,
            vpc_cidrs=self._foundation.vpc_cidrs,
            region=region,
            rules=self._foundation.rules,
        )
        self._upkeep = self._keep_up(tasks, objects)
        self._set_outputs(self._services(tasks))
        self._register()

    def _make_stores(self, found: Existing) -> Stores:
        return Stores(
            self._name,
            StoresArgs(
                settings=self._settings,
                subnet_ids=self._foundation.network.private_subnet_ids,
                security_group_ids=self._foundation.security_group_ids,
                rules=self._foundation.rules,
                existing=found,
            ),
            self._child(),
        )

    def _keep_up(self, tasks: RoleTasks, objects: AirflowObjects | None) -> Upkeep:
        return Upkeep(
            self._name,
            UpkeepArgs(
                tasks=tasks, foundation=self._foundation, objects=objects, storage=self._stores.storage
            ),
            self._child(pulumi.ResourceOptions(depends_on=[*self._foundation.ready])),
        )

    def _services(self, tasks: RoleTasks) -> Mapping[str, AirflowService]:
        """Make the service of each task; by role, so that roles that share a task share the service."""
        found: dict[str, AirflowService] = {}
        for together in roles.tasks(self._settings):
            service = self._service(together, tasks)
            found |= dict.fromkeys((role.name for role in together), service)
        self._image.release_others(after=[*found.values()], opts=self._child())
        return found

    def _service(self, together: Sequence[Role], tasks: RoleTasks) -> AirflowService:
        role, foundation = together[0], self._foundation
        size = self._settings.role(role.name)
        return AirflowService(
            f"{self._name}-{role.name}",
            AirflowServiceArgs(
                task=tasks.args(*together, size=size, health_check=True),
                placement=foundation.placement,
                security_group_ids=foundation.task_security_group_ids(role.name),
                count=self._settings.count(role.name),
                spot=size.spot,
                may_move=not any(one.keeps_tasks for one in together),
                namespace_id=foundation.cluster.namespace_id if role.name == roles.API_SERVER else None,
                private_name=roles.EXECUTION_API,
                target_group_arn=self._entrance.target_group_arns.get(role.name),
            ),
            self._child(pulumi.ResourceOptions(depends_on=[self._upkeep.migration])),
        )

    def _set_outputs(self, services: Mapping[str, AirflowService]) -> None:
        self.url = self._entrance.url
        self.alb_dns_name = self._entrance.alb_dns_name
        self.nlb_dns_name = self._entrance.nlb_dns_name
        self.nlb_addresses = self._entrance.nlb_addresses
        self.cluster_name = self._foundation.cluster.cluster_name
        self.service_names = {role: service.service_name for role, service in services.items()}
        own = {role: service.log_group for role, service in services.items()}
        self.log_groups = {**own, **self._upkeep.log_groups}
        self.task_role_arns = {role: service.task_role_arn for role, service in services.items()}
        self.database_endpoint = self._stores.database_endpoint
        self.broker_endpoint = self._stores.broker_endpoint
        self.data_bucket = self._stores.storage.data_bucket
        self.logs_bucket = self._stores.storage.logs_bucket
        self.secret_arns = {kind.value: secret.arn for kind, secret in self._stores.secret_references.items()}
        self.image_uri = self._image.uri
