"""What the tasks of a cluster's services are made from: what all of them share, and what each gets of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from ..data.data_stores import DataStores
from ..image.image import Image
from ..model.aws.started_task import StartedTask
from ..model.endpoints import Endpoints
from ..model.iam.grants import Grants
from ..model.services import execution_api, task_role_policy
from ..model.services.airflow_env import environment
from ..model.services.service import Service
from ..model.settings.by_service import of_service
from ..model.settings.settings import Architecture, Settings
from ..model.workload.workload import Workload
from .placement import PlacedTask
from .shared_infrastructure import SharedInfrastructure
from .task_definition import ContainerArgs, TaskDefinitionArgs


@dataclass(frozen=True, kw_only=True)
class WorkloadTasks:
    """What the services of one cluster run on, and what the task of each is made from."""

    workload: Workload
    """The settings, and what runs."""
    image: Image
    """What all of them run."""
    data_stores: DataStores
    """Where their data and secrets are."""
    shared: SharedInfrastructure
    """Where they run."""
    url: pulumi.Output[str]
    """Where users go."""
    started: Mapping[str, pulumi.Output[StartedTask]] = field(
        default_factory=dict[str, pulumi.Output[StartedTask]]
    )
    """The tasks that services start on demand, by service, once they are made."""

    @property
    def settings(self) -> Settings:
        """The settings of the cluster."""
        return self.workload.settings

    def placed(self, *services: Service) -> PlacedTask:
        """Give the task of one service, or of several, and where it runs; the first hosts the others."""
        return PlacedTask(
            definition=self._definition(services), placement=self.shared.placement(services[0].name)
        )

    def _definition(self, services: Sequence[Service]) -> TaskDefinitionArgs:
        settings = self.settings
        return TaskDefinitionArgs(
            containers=[self._container(service) for service in services],
            size=services[0].size,
            architecture=Architecture(services[0].architecture or settings.architecture),
            image_uri=self.image.uri,
            repository_arn=self.image.repository_arn,
            secrets=self.data_stores.secret_references,
            permissions=self._grants.apply(
                lambda known: task_role_policy.statements(settings, services, known)
            )
            if task_role_policy.has_statements(settings, services)
            else None,
            region=self.shared.region,
            defaults=self.shared.defaults,
        )

    def _container(self, service: Service) -> ContainerArgs:
        settings, dag_source = self.settings, self.workload.dag_source
        return ContainerArgs(
            service=service,
            environment=self._endpoints.apply(
                lambda known: {
                    **dag_source.endpoint_variables(known),
                    **environment(settings, service, known),
                }
            ),
            extra_secrets={
                variable: arn
                for extra in of_service(settings.extra_secrets, *service.setting_names)
                for variable, arn in extra.items()
            },
        )

    @property
    def _endpoints(self) -> pulumi.Output[Endpoints]:
        """The resources that the services must know."""
        shared, storage = self.shared, self.data_stores.storage
        return pulumi.Output.all(
            base_url=self.url,
            execution_api_url=shared.cluster.namespace.apply(execution_api.url),
            region=shared.region,
            logs_bucket=storage.logs_bucket,
            logs_prefix=shared.logs_prefix,
            data_bucket=storage.data_bucket,
            dags_bucket=storage.dags_bucket or "",
            load_balancer_cidrs=shared.load_balancer_cidrs,
            cluster_name=shared.cluster.cluster_name,
            started=self.started,
            queue_urls={name: queue.url for name, queue in self.data_stores.queues.items()},
            result_table=results.name if (results := self.data_stores.result_table) else "",
        ).apply(lambda known: Endpoints(**known))

    @property
    def _grants(self) -> pulumi.Output[Grants]:
        """The resources that the services may use."""
        shared, storage = self.shared, self.data_stores.storage
        return pulumi.Output.all(
            logs_bucket_arn=storage.logs_bucket_arn,
            logs_prefix=shared.logs_prefix,
            data_bucket_arn=storage.data_bucket_arn,
            dags_bucket_arn=storage.dags_bucket_arn or "",
            cluster_arn=shared.cluster.arn,
            kms_key_arn=shared.defaults.kms_key_arn,
            started=self.started,
            queue_arns={name: queue.arn for name, queue in self.data_stores.queues.items()},
            result_table_arn=results.arn if (results := self.data_stores.result_table) else "",
        ).apply(lambda known: Grants(**known))
