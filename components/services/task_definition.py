"""What ECS must know to run a service, or several in one task: log group, IAM roles and task definition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..base.resource_defaults import ResourceDefaults
from ..base.stored_secret import SecretReference, versions
from ..model.aws import fargate
from ..model.iam import iam_documents
from ..model.iam.execution_role import execution_role
from ..model.secrets import VARIABLES, Secret
from ..model.services import containers
from ..model.services.service import Service
from ..model.settings.settings import Architecture
from ..model.settings.task_settings import TaskSettings

NOT_BUILT = "known after the build"  # where the image does not matter


@dataclass(frozen=True, kw_only=True)
class ContainerArgs:
    """What one container of a `TaskDefinition` is made from."""

    service: Service
    """What runs."""
    environment: pulumi.Input[Mapping[str, str]]
    """Variables in plaintext; nothing secret."""
    extra_secrets: Mapping[str, str]
    """Variables whose values ECS reads from existing secrets or parameters, by ARN."""


@dataclass(frozen=True, kw_only=True)
class TaskDefinitionArgs:
    """What a `TaskDefinition` is made from."""

    containers: Sequence[ContainerArgs]
    """What runs; the first is what the task is there for."""
    size: TaskSettings
    """CPU and memory, of all containers together."""
    architecture: Architecture
    """The processor that it runs on."""
    image_uri: pulumi.Input[str]
    """The image, by digest."""
    repository_arn: pulumi.Input[str] | None
    """The ECR repository that the image is pulled from; None for another registry."""
    secrets: Mapping[Secret, SecretReference]
    """All secrets of the cluster; each service gets those that it needs."""
    permissions: pulumi.Output[list[iam_documents.Document]] | None
    """IAM statements that Airflow and the pipelines run with, if any."""
    region: pulumi.Input[str]
    """The AWS region."""
    defaults: ResourceDefaults
    """What its log group and roles keep to."""

    @property
    def service(self) -> Service:
        """What the task is there for: the load balancer and the names of the network lead to it."""
        return self.services[0]

    @property
    def services(self) -> Sequence[Service]:
        """What runs in the task."""
        return [container.service for container in self.containers]


class TaskDefinition(Component):
    """Makes a log group, an execution role (for ECS), a task role (for Airflow) and a task definition.

    The root file system is read-only, the user is not root, all capabilities are dropped.
    """

    task_definition_arn: pulumi.Output[str]
    """ARN of the revision that is wanted now."""
    family: pulumi.Output[str]
    """Name of all revisions."""
    log_group: pulumi.Output[str]
    """Name of the log group; streams are `<service>/<service>/<task id>`."""
    task_role_arn: pulumi.Output[str]
    """The IAM role that DAGs run with, for additional policies."""
    execution_role_arn: pulumi.Output[str]
    """The role that ECS itself acts with; who starts the task must be allowed to pass both."""
    secret_versions: pulumi.Output[str]
    """The versions of the services' secrets in one text."""
    containers: pulumi.Output[list[dict[str, Any]]]
    """The container definitions without the image: a preview knows them before the image is built."""

    def __init__(
        self, name: str, args: TaskDefinitionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._name, self._args, self._alone = name, args, len(args.containers) == 1
        self._secrets = self._read_by(*args.services)
        group = args.defaults.log_group(name, self._child())
        self.log_group = group.name
        self.secret_versions = versions(self._secrets)
        execution_role = self._execution_role(group)
        task_role = self._task_role()
        definition = self._task_definition(execution_role, task_role)
        self.task_definition_arn = definition.arn
        self.family = definition.family
        self.task_role_arn = task_role.arn
        self.containers = self._containers(NOT_BUILT)
        self.execution_role_arn = execution_role.arn
        self._register()

    def _read_by(self, *services: Service) -> Mapping[Secret, SecretReference]:
        kinds = {kind for service in services for kind in service.secrets}
        return {kind: self._args.secrets[kind] for kind in sorted(kinds)}

    def _execution_role(self, group: aws.cloudwatch.LogGroup) -> aws.iam.Role:
        args = self._args
        extra = [arn for container in args.containers for arn in container.extra_secrets.values()]
        existing = [secret.arn for secret in self._secrets.values() if secret.existing]
        document = pulumi.Output.all(
            region=args.region,
            secret_arns=[secret.arn for secret in self._secrets.values()],
            references=[*existing, *extra],
            log_group_arn=group.arn,
            repository_arn=args.repository_arn,
            kms_key_arn=args.defaults.kms_key_arn,
        ).apply(lambda known: execution_role(**known))
        return self._role("execution", document)

    def _task_role(self) -> aws.iam.Role:
        wanted = self._args.permissions
        return self._role("task", wanted.apply(iam_documents.document) if wanted else None)

    def _role(self, kind: str, document: pulumi.Output[iam_documents.Document] | None) -> aws.iam.Role:
        return self._args.defaults.role(
            f"{self._name}-{kind}", service="ecs-tasks.amazonaws.com", document=document, opts=self._child()
        )

    def _task_definition(
        self, execution_role: aws.iam.Role, task_role: aws.iam.Role
    ) -> aws.ecs.TaskDefinition:
        size, storage = self._args.size, self._args.service.ephemeral_storage_gib
        return aws.ecs.TaskDefinition(
            self._name,
            family=self._name,
            requires_compatibilities=[fargate.LAUNCH_TYPE],
            network_mode="awsvpc",
            cpu=str(size.cpu_units),
            memory=str(size.memory_mib),
            runtime_platform={
                "cpu_architecture": self._args.architecture.value.upper(),
                "operating_system_family": "LINUX",
            },
            ephemeral_storage={"size_in_gib": storage} if storage else None,
            execution_role_arn=execution_role.arn,
            task_role_arn=task_role.arn,
            volumes=[
                {"name": volume}
                for container in self._args.containers
                for volume in containers.volumes(container.service, alone=self._alone).values()
            ],
            container_definitions=pulumi.Output.json_dumps(
                self._containers(self._args.image_uri), sort_keys=True
            ),
            skip_destroy=True,  # a service that was rolled back runs on with the old revision
            opts=self._child(),
        )

    def _containers(self, image_uri: pulumi.Input[str]) -> pulumi.Output[list[dict[str, Any]]]:
        found = [self._container(container, image_uri) for container in self._args.containers]
        # Sorted like all else in a definition, see `model/services/containers.py`.
        return pulumi.Output.all(*found).apply(lambda known: sorted(known, key=lambda one: one["name"]))

    def _container(
        self, container: ContainerArgs, image_uri: pulumi.Input[str]
    ) -> pulumi.Output[dict[str, Any]]:
        secrets = self._read_by(container.service)
        arns = {variable: secret.arn for kind, secret in secrets.items() for variable in VARIABLES[kind]}
        known = pulumi.Output.all(
            image_uri=image_uri,
            environment=container.environment,
            versions=versions(secrets),
            secrets=pulumi.Output.from_input({**arns, **container.extra_secrets}),
            log_group=self.log_group,
            region=self._args.region,
        )
        return known.apply(lambda values: self._definition(container, **values))

    def _definition(
        self, container: ContainerArgs, *, environment: Mapping[str, str], versions: str, **known: Any
    ) -> dict[str, Any]:
        definition = containers.definition(
            container.service,
            environment={**environment, "AIRFLOW_ECS_SECRET_VERSIONS": versions},
            memory_mib=container.service.memory_mib,
            alone=self._alone,
            **known,
        )
        one_off = container.service.one_off
        return definition if one_off else containers.with_health_check(definition, container.service)
