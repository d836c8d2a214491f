"""What the tasks of all roles share, and what each gets of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from ..base.resource_defaults import ResourceDefaults
from ..base.stored_secret import SecretReference
from ..data.data_stores import DataStores
from ..image.deployed_image import DeployedImage
from ..model.services import sizing as scaling
from ..model.services.airflow_env import Endpoints, environment
from ..model.services.permissions import Grants, needs_permissions, permissions
from ..model.services.roles import Role, Secret, execution_api_url
from ..model.settings.role_names import of_role
from ..model.settings.settings import RoleSettings, Settings
from .airflow_task import AirflowTaskArgs, ContainerArgs
from .shared_infrastructure import SharedInfrastructure


@dataclass(frozen=True, kw_only=True)
class RoleTasks:
    """Everything around the roles of one cluster."""

    settings: Settings
    """What the cluster was told."""
    image: DeployedImage
    """What all of them run."""
    endpoints: pulumi.Output[Endpoints]
    """The resources that the roles must know."""
    grants: pulumi.Output[Grants]
    """The resources that the roles may use."""
    secrets: Mapping[Secret, SecretReference]
    """All secrets of the cluster."""
    region: str
    """The AWS region."""
    defaults: ResourceDefaults
    """What log groups and IAM roles keep to."""

    def args(self, *roles: Role, size: RoleSettings, health_check: bool) -> AirflowTaskArgs:
        """Give what the task of a role, or of several together, is made from."""
        settings = self.settings
        limits = scaling.limits_mib(size.memory_mib, [role.name for role in roles])
        return AirflowTaskArgs(
            containers=[self._container(role, limits[role.name]) for role in roles],
            size=size,
            architecture=settings.architecture,
            image_uri=self.image.uri,
            repository_arn=self.image.repository_arn,
            secrets=self.secrets,
            permissions=self.grants.apply(lambda known: permissions(settings, roles, known))
            if needs_permissions(settings, roles)
            else None,
            health_check=health_check,
            region=self.region,
            defaults=self.defaults,
        )

    def _container(self, role: Role, memory_mib: int) -> ContainerArgs:
        settings = self.settings
        return ContainerArgs(
            role=role,
            memory_mib=memory_mib,
            environment=self.endpoints.apply(lambda known: environment(settings, role, known)),
            extra_secrets={
                variable: arn
                for extra in of_role(settings.extra_secrets, role.name)
                for variable, arn in extra.items()
            },
        )


def role_tasks(
    *,
    settings: Settings,
    image: DeployedImage,
    stores: DataStores,
    shared: SharedInfrastructure,
    url: pulumi.Output[str],
) -> RoleTasks:
    """Gather what the roles of a cluster share from its parts."""
    storage = stores.storage
    return RoleTasks(
        settings=settings,
        image=image,
        endpoints=pulumi.Output.all(
            base_url=url,
            execution_api_url=shared.cluster.namespace.apply(execution_api_url),
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
