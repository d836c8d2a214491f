"""What ECS must know to run a role: its log group, its two IAM roles and its task definition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from .component import Component
from .house_rules import HouseRules
from .model import containers, iam_documents, image
from .model.roles import VARIABLES, Role, Secret
from .model.settings import Architecture, RoleSettings
from .stored_secret import SecretReference

NOT_BUILT = "known after the build"
"""Stands for the image where it does not matter."""


@dataclass(frozen=True, kw_only=True)
class AirflowTaskArgs:
    """What an `AirflowTask` is made from."""

    role: Role
    """What runs."""
    size: RoleSettings
    """CPU and memory."""
    architecture: Architecture
    """The processor that it runs on."""
    image_uri: pulumi.Input[str]
    """The image, by digest."""
    repository_arn: pulumi.Input[str] | None
    """The ECR repository that the image is pulled from; None for another registry."""
    environment: pulumi.Input[Mapping[str, str]]
    """Variables in clear; nothing secret."""
    secrets: Mapping[Secret, SecretReference]
    """All secrets of the cluster; the role gets those that it needs."""
    permissions: pulumi.Output[list[iam_documents.Document]] | None
    """IAM statements that Airflow and the pipelines run with, if any."""
    health_check: bool
    """Whether ECS watches the container's health: for services, not for what ends by itself."""
    region: pulumi.Input[str]
    """The AWS region."""
    rules: HouseRules
    """What its log group and roles keep to."""
    extra_secrets: Mapping[str, str]
    """Variables whose values ECS reads from secrets or parameters that are there already, by ARN."""


class AirflowTask(Component):
    """Makes a log group, an execution role (for ECS), a task role (for Airflow) and a task definition.

    The root file system is read-only, the user is not root, all capabilities are dropped.
    """

    task_definition_arn: pulumi.Output[str]
    """ARN of the revision that is wanted now."""
    family: pulumi.Output[str]
    """Name of all revisions."""
    log_group: pulumi.Output[str]
    """Name of the log group; streams are `<role>/<role>/<task id>`."""
    task_role_arn: pulumi.Output[str]
    """The role that DAGs run with, for policies of one's own."""
    execution_role_arn: pulumi.Output[str]
    """The role that ECS itself acts with; who starts the task must be allowed to pass both."""
    secret_versions: pulumi.Output[str]
    """The versions of the role's secrets in one text."""
    containers: pulumi.Output[list[dict[str, Any]]]
    """The container definitions without the image: a preview knows them before the image is built."""

    def __init__(self, name: str, args: AirflowTaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self._secrets = {kind: args.secrets[kind] for kind in sorted(args.role.secrets)}
        group = args.rules.log_group(name, self._child())
        self.log_group = group.name
        self.secret_versions = self._versions()
        execution_role = self._execution_role(group)
        task_role = self._task_role()
        definition = self._task_definition(execution_role, task_role)
        self.task_definition_arn = definition.arn
        self.family = definition.family
        self.task_role_arn = task_role.arn
        self.containers = self._containers(NOT_BUILT)
        self.execution_role_arn = execution_role.arn
        self._register()

    def _versions(self) -> pulumi.Output[str]:
        versions = {kind.value: secret.version_id for kind, secret in self._secrets.items()}
        return pulumi.Output.all(**versions).apply(
            lambda known: " ".join(f"{kind}={version}" for kind, version in sorted(known.items()))
        )

    def _execution_role(self, group: aws.cloudwatch.LogGroup) -> aws.iam.Role:
        args = self._args
        document = pulumi.Output.all(
            secret_arns=[secret.arn for secret in self._secrets.values()],
            log_group_arn=group.arn,
            repository_arn=args.repository_arn,
            kms_key_arn=args.rules.kms_key_arn,
        ).apply(lambda known: iam_documents.execution(**known, references=[*args.extra_secrets.values()]))
        return self._role("execution", document)

    def _task_role(self) -> aws.iam.Role:
        permissions = self._args.permissions
        return self._role("task", permissions.apply(iam_documents.document) if permissions else None)

    def _role(self, kind: str, document: pulumi.Output[iam_documents.Document] | None) -> aws.iam.Role:
        return self._args.rules.role(
            f"{self._name}-{kind}", service="ecs-tasks.amazonaws.com", document=document, opts=self._child()
        )

    def _task_definition(
        self, execution_role: aws.iam.Role, task_role: aws.iam.Role
    ) -> aws.ecs.TaskDefinition:
        size = self._args.size
        return aws.ecs.TaskDefinition(
            self._name,
            family=self._name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(size.cpu_units),
            memory=str(size.memory_mib),
            runtime_platform={
                "cpu_architecture": self._args.architecture.value.upper(),
                "operating_system_family": "LINUX",
            },
            execution_role_arn=execution_role.arn,
            task_role_arn=task_role.arn,
            volumes=[{"name": containers.volume_name(folder)} for folder in image.WRITABLE_FOLDERS],
            container_definitions=pulumi.Output.json_dumps(
                self._containers(self._args.image_uri), sort_keys=True
            ),
            opts=self._child(),
        )

    def _containers(self, image_uri: pulumi.Input[str]) -> pulumi.Output[list[dict[str, Any]]]:
        args = self._args
        arns = {
            variable: secret.arn for kind, secret in self._secrets.items() for variable in VARIABLES[kind]
        }
        known = pulumi.Output.all(
            image_uri=image_uri,
            environment=args.environment,
            versions=self.secret_versions,
            secrets=pulumi.Output.all(**arns, **args.extra_secrets),
            log_group=self.log_group,
            region=args.region,
        )
        return known.apply(lambda values: _containers(args, **values))


def _containers(
    args: AirflowTaskArgs,
    *,
    image_uri: str,
    environment: Mapping[str, str],
    versions: str,
    secrets: Mapping[str, str],
    log_group: str,
    region: str,
) -> list[dict[str, Any]]:
    container = containers.definition(
        args.role,
        image_uri=image_uri,
        environment={**environment, "AIRFLOW_ECS_SECRET_VERSIONS": versions},
        secrets=secrets,
        log_group=log_group,
        region=region,
        memory_mib=args.size.memory_mib,
    )
    return [containers.with_health_check(container, args.role) if args.health_check else container]
