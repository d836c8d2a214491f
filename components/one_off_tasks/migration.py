"""The one-off task that brings the database to the image's schema, and makes the first user."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..data.storage import Storage
from ..model.airflow_resources.airflow_resources import AirflowResources
from ..model.iam import iam_documents
from ..model.iam.iam_documents import Document
from ..model.services import airflow_env
from ..services.placement import PlacedTask
from ..services.task_definition import TaskDefinition, TaskDefinitionArgs
from .one_off_task import OneOffTask

MIGRATION_SECONDS = 1800
"""How long a migration may take."""
RESOURCES_KEY = "airflow-ecs/airflow-resources.json"
"""The data bucket's object with the connections, variables and pools; the task checks its hash."""


@dataclass(frozen=True, kw_only=True)
class MigrationArgs:
    """What a `Migration` is made from."""

    task: PlacedTask
    """What runs, and where."""
    resources: AirflowResources | None
    """Connections, variables and pools to apply, if a file names any."""
    storage: Storage
    """The buckets, one of which carries them."""


class Migration(Component):
    """Runs once for each image, command, version of its secrets and content of the file of Airflow resources.

    Never in preview, never twice at a time. Services depend on it, so none starts on a database that it does
    not know.

    Errors: `up` fails with the task's exit code and last log lines; what ran before goes on running.
    """

    log_group: pulumi.Output[str]
    """Name of its log group."""
    family: pulumi.Output[str]
    """Family of its task definition."""

    def __init__(self, name: str, args: MigrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        definition, placement, resources = args.task.definition, args.task.placement, args.resources
        service = definition.service
        task = TaskDefinition(
            name, self._task(name, args, resources) if resources else definition, self._child()
        )
        OneOffTask(
            name,
            cluster_arn=placement.cluster_arn,
            task_definition_arn=task.task_definition_arn,
            family=task.family,
            container=service.name,
            subnet_ids=placement.subnet_ids,
            security_group_ids=placement.security_group_ids,
            assign_public_ip=placement.assign_public_ip,
            log_group=task.log_group,
            access=placement.access,
            timeout_seconds=MIGRATION_SECONDS,
            triggers={
                "command": " ".join(service.command),
                "image": definition.image_uri,
                "secrets": task.secret_versions,
                **({"airflow-resources": resources.sha256} if resources else {}),
            },
            # Not before the roles' policies are there, of which the task definition knows nothing.
            opts=self._child(pulumi.ResourceOptions(depends_on=[task])),
        )
        self.log_group, self.family = task.log_group, task.family
        self._register()

    def _task(self, name: str, args: MigrationArgs, resources: AirflowResources) -> TaskDefinitionArgs:
        """Let the task find the resources, and read the secrets that they name."""
        file = aws.s3.BucketObjectv2(
            f"{name}-airflow-resources",
            bucket=args.storage.data_bucket,
            key=RESOURCES_KEY,
            content=resources.text,
            content_type="application/json",
            opts=self._child(),
        )
        definition = args.task.definition
        (container,) = definition.containers
        known = pulumi.Output.all(
            environment=container.environment,
            permissions=definition.permissions or [],
            bucket=file.bucket,
            bucket_arn=args.storage.data_bucket_arn,
            kms_key_arn=definition.defaults.kms_key_arn,
            region=definition.region,
        )
        environment = known.apply(lambda values: _environment(resources, **values))
        return dataclasses.replace(
            definition,
            containers=[dataclasses.replace(container, environment=environment)],
            permissions=known.apply(lambda values: _permissions(resources, **values)),
        )


def _environment(
    resources: AirflowResources, *, environment: Mapping[str, str], bucket: str, **_: object
) -> dict[str, str]:
    return {
        **environment,
        **airflow_env.airflow_resources(f"s3://{bucket}/{RESOURCES_KEY}", resources.sha256),
    }


def _permissions(
    resources: AirflowResources,
    *,
    permissions: list[Document],
    bucket_arn: str,
    kms_key_arn: str | None,
    region: str,
    **_: object,
) -> list[Document]:
    own = iam_documents.airflow_resources(f"{bucket_arn}/{RESOURCES_KEY}", resources.secret_arns)
    key = iam_documents.encrypted_data(kms_key_arn, region) if kms_key_arn else []
    return [*permissions, *own, *key]
