"""The one-off task that brings the database to the image's schema, and makes the first user."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..data.storage import Storage
from ..model.airflow_objects.airflow_objects import AirflowObjects
from ..model.iam import iam_documents
from ..model.iam.iam_documents import Document
from ..model.services import airflow_env
from ..services.airflow_task import AirflowTask, AirflowTaskArgs
from ..services.placement import Placement
from .one_off_task import OneOffTask

MIGRATION_SECONDS = 1800
"""How long a migration may take."""
OBJECTS_KEY = "airflow-ecs/objects.json"
"""Where the connections, variables and pools lie in the data bucket; the task checks their hash."""


@dataclass(frozen=True, kw_only=True)
class MigrationArgs:
    """What a `Migration` is made from."""

    task: AirflowTaskArgs
    """What runs."""
    placement: Placement
    """Where it runs."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Let it reach the database."""
    objects: AirflowObjects | None
    """Connections, variables and pools to apply, if a file names any."""
    storage: Storage
    """The buckets, one of which carries them."""


class Migration(Component):
    """Runs once for each image, command, version of its secrets and content of the file of Airflow's objects.

    Never in preview, never twice at a time. Services depend on it, so none starts on a database that it does
    not know.

    Errors: `up` fails with the task's exit code and last log lines; what ran before goes on running.
    """

    log_group: pulumi.Output[str]
    """Name of its log group."""

    def __init__(self, name: str, args: MigrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        service, placement, objects = args.task.service, args.placement, args.objects
        task = AirflowTask(name, self._task(name, args, objects) if objects else args.task, self._child())
        OneOffTask(
            name,
            cluster_arn=placement.cluster_arn,
            task_definition_arn=task.task_definition_arn,
            family=task.family,
            container=service.name,
            subnet_ids=placement.subnet_ids,
            security_group_ids=args.security_group_ids,
            assign_public_ip=placement.assign_public_ip,
            log_group=task.log_group,
            access=placement.access,
            timeout_seconds=MIGRATION_SECONDS,
            triggers={
                "command": " ".join(service.command),
                "image": args.task.image_uri,
                "secrets": task.secret_versions,
                **({"objects": objects.sha256} if objects else {}),
            },
            # Not before the roles' policies are there, of which the task definition knows nothing.
            opts=self._child(pulumi.ResourceOptions(depends_on=[task])),
        )
        self.log_group = task.log_group
        self._register()

    def _task(self, name: str, args: MigrationArgs, objects: AirflowObjects) -> AirflowTaskArgs:
        """Let the task find the objects, and read the secrets that they name."""
        file = aws.s3.BucketObjectv2(
            f"{name}-objects",
            bucket=args.storage.data_bucket,
            key=OBJECTS_KEY,
            content=objects.text,
            content_type="application/json",
            opts=self._child(),
        )
        (container,) = args.task.containers
        known = pulumi.Output.all(
            environment=container.environment,
            permissions=args.task.permissions or [],
            bucket=file.bucket,
            bucket_arn=args.storage.data_bucket_arn,
            kms_key_arn=args.task.defaults.kms_key_arn,
        )
        environment = known.apply(lambda values: _environment(objects, **values))
        return dataclasses.replace(
            args.task,
            containers=[dataclasses.replace(container, environment=environment)],
            permissions=known.apply(lambda values: _permissions(objects, **values)),
        )


def _environment(
    objects: AirflowObjects, *, environment: Mapping[str, str], bucket: str, **_: object
) -> dict[str, str]:
    return {**environment, **airflow_env.objects(f"s3://{bucket}/{OBJECTS_KEY}", objects.sha256)}


def _permissions(
    objects: AirflowObjects,
    *,
    permissions: list[Document],
    bucket_arn: str,
    kms_key_arn: str | None,
    **_: object,
) -> list[Document]:
    own = iam_documents.airflow_objects(f"{bucket_arn}/{OBJECTS_KEY}", objects.secret_arns)
    key = iam_documents.encrypted_data(kms_key_arn) if kms_key_arn else []
    return [*permissions, *own, *key]
