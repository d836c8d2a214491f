"""What the tasks of all services share, and what each gets of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from ..base.resource_defaults import ResourceDefaults
from ..base.stored_secret import SecretReference
from ..data.data_stores import DataStores
from ..image.deployed_image import DeployedImage
from ..model.iam.grants import Grants
from ..model.secrets import Secret
from ..model.services import execution_api
from ..model.services.airflow_env import environment
from ..model.services.endpoints import Endpoints
from ..model.services.permissions import needs_permissions, permissions
from ..model.services.service import Service
from ..model.settings.role_names import of_role
from ..model.settings.settings import Settings
from ..model.workload.workload import Workload
from .airflow_task import AirflowTaskArgs, ContainerArgs
from .shared_infrastructure import SharedInfrastructure


@dataclass(frozen=True, kw_only=True)
class WorkloadTasks:
    """Everything around the services of one cluster."""

    workload: Workload
    """The settings, and what runs."""
    image: DeployedImage
    """What all of them run."""
    endpoints: pulumi.Output[Endpoints]
    """The resources that the services must know."""
    grants: pulumi.Output[Grants]
    """The resources that the services may use."""
    secrets: Mapping[Secret, SecretReference]
    """All secrets of the cluster."""
    region: str
    """The AWS region."""
    defaults: ResourceDefaults
    """What log groups and IAM roles keep to."""

    @property
    def settings(self) -> Settings:
        """The settings of the cluster."""
        return self.workload.settings

    def args(self, *services: Service) -> AirflowTaskArgs:
        """Give what a task of one service, or of several, is made from; the first hosts the others."""
        settings = self.settings
        host = services[0]
        return AirflowTaskArgs(
            containers=[self._container(service) for service in services],
            size=host.size,
            architecture=settings.architecture,
            image_uri=self.image.uri,
            repository_arn=self.image.repository_arn,
            secrets=self.secrets,
            permissions=self.grants.apply(lambda known: permissions(settings, services, known))
            if needs_permissions(settings, services)
            else None,
            region=self.region,
            defaults=self.defaults,
        )

    def _container(self, service: Service) -> ContainerArgs:
        settings = self.settings
        return ContainerArgs(
            service=service,
            environment=self.endpoints.apply(lambda known: environment(settings, service, known)),
            extra_secrets={
                variable: arn
                for extra in of_role(settings.extra_secrets, service.name)
                for variable, arn in extra.items()
            },
        )


def workload_tasks(
    *,
    workload: Workload,
    image: DeployedImage,
    stores: DataStores,
    shared: SharedInfrastructure,
    url: pulumi.Output[str],
) -> WorkloadTasks:
    """Gather what the services of a cluster share from its parts."""
    storage = stores.storage
    return WorkloadTasks(
        workload=workload,
        image=image,
        endpoints=pulumi.Output.all(
            base_url=url,
            execution_api_url=shared.cluster.namespace.apply(execution_api.url),
            region=shared.region,
            logs_bucket=storage.logs_bucket,
            data_bucket=storage.data_bucket,
            vpc_cidrs=shared.vpc_cidrs,
        ).apply(lambda known: Endpoints(**known)),
        grants=pulumi.Output.all(
            logs_bucket_arn=storage.logs_bucket_arn,
            data_bucket_arn=storage.data_bucket_arn,
            cluster_arn=shared.cluster.arn,
            kms_key_arn=shared.defaults.kms_key_arn,
        ).apply(lambda known: Grants(**known)),
        secrets=stores.secret_references,
        region=shared.region,
        defaults=shared.defaults,
    )
