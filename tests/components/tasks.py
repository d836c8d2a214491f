"""A service's task as the tests of tasks, services and migrations need it."""

from dataclasses import replace

import pulumi

from components.base.stored_secret import SecretReference
from components.model.iam.iam_documents import Document
from components.model.secrets import Secret
from components.model.services.service import Service
from components.model.settings.settings import (
    Architecture,
    DatabaseMaintenanceSettings,
    Executor,
    ServiceSettings,
    Settings,
)
from components.model.workload.workload import workload
from components.services.placement import PlacedTask, Placement
from components.services.task_definition import ContainerArgs, TaskDefinitionArgs
from tests.components.defaults import resource_defaults
from tests.components.fake_ecs import ACCESS

CELERY = Settings(
    executor=Executor.CELERY,
    flower=ServiceSettings(cpu_units=256, memory_mib=512, count=1),
    database_maintenance=DatabaseMaintenanceSettings(after_days=90),
)
SERVICES = {service.name: service for service in workload(CELERY).everything}
STATEMENTS: list[Document] = [{"Action": ["s3:GetObject"], "Effect": "Allow", "Resource": ["arn:b/*"]}]


def task_args(*services: Service, health_check: bool = True, permitted: bool = True) -> TaskDefinitionArgs:
    """Give a task's arguments; call it while a program runs, since it makes Outputs."""
    return TaskDefinitionArgs(
        containers=[
            ContainerArgs(
                service=replace(service, memory_mib=1024 // len(services), one_off=not health_check),
                environment={"B": "2", "A": "1"},
                extra_secrets={},
            )
            for service in services
        ],
        size=ServiceSettings(cpu_units=512, memory_mib=1024),
        architecture=Architecture.ARM64,
        image_uri="repo@sha256:00",
        repository_arn="arn:ecr:repo",
        secrets={
            kind: SecretReference(
                arn=pulumi.Output.from_input(f"arn:secret:{kind}"),
                version_id=pulumi.Output.from_input(f"{kind}-v1"),
            )
            for kind in Secret
        },
        permissions=pulumi.Output.from_input(STATEMENTS) if permitted else None,
        region="eu-west-1",
        defaults=resource_defaults(),
    )


def placed(definition: TaskDefinitionArgs) -> PlacedTask:
    """Two private subnets, and a security group."""
    placement = Placement(
        cluster_arn="arn:cluster",
        cluster_name="air",
        subnet_ids=["subnet-a", "subnet-b"],
        security_group_ids=["group"],
        assign_public_ip=False,
        access=ACCESS,
    )
    return PlacedTask(definition=definition, placement=placement)
