"""The state of tasks, and the form in which the API tells it.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedded_aws.account.ecs.service_model import Deployment

JSON = dict[str, Any]


def now() -> dt.datetime:
    """Return the time in the form that moto serialises (naive UTC)."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def new_id() -> str:
    """Return a task's kind of id, 32 hexadecimal digits."""
    return uuid.uuid4().hex


@dataclass(kw_only=True, eq=False)
class Container:
    """One container of a task."""

    definition: JSON
    """The container definition, with the overrides of RunTask laid over it."""
    arn: str
    id: str
    agent_id: str = field(default_factory=new_id)
    """Its part of the agent's URLs: only who is in the container knows it, while `id` can be listed."""
    status: str = "PENDING"
    exit_code: int | None = None
    reason: str | None = None
    health: str = "UNKNOWN"
    image_digest: str | None = None

    @property
    def name(self) -> str:
        """The name in the task definition."""
        return str(self.definition["name"])

    @property
    def essential(self) -> bool:
        """Whether its end ends the task."""
        return bool(self.definition.get("essential", True))

    @property
    def memory_mib(self) -> int | None:
        """Its hard limit; None: only the task's holds."""
        memory = self.definition.get("memory")
        return None if memory is None else int(memory)

    @property
    def dependencies(self) -> list[JSON]:
        """Which containers must be how far before it starts."""
        return list(self.definition.get("dependsOn") or [])

    def describe(self, task: Task) -> JSON:
        """Return a `Container` of the API."""
        network = (
            [{"attachmentId": task.attachment_id, "privateIpv4Address": task.address}] if task.address else []
        )
        return without_none(
            {
                "containerArn": self.arn,
                "taskArn": task.arn,
                "name": self.name,
                "image": self.definition["image"],
                "imageDigest": self.image_digest,
                "runtimeId": f"{task.id}-{self.id[:10]}",
                "lastStatus": self.status,
                "exitCode": self.exit_code,
                "reason": self.reason,
                "networkBindings": [],
                "networkInterfaces": network,
                "healthStatus": self.health,
                "cpu": str(self.definition.get("cpu", 0)),
                "memory": str(self.definition["memory"]) if "memory" in self.definition else None,
            }
        )


@dataclass(kw_only=True, eq=False)
class Task:
    """One task, from RunTask or from a service."""

    cluster_arn: str
    definition: Any
    """moto's TaskDefinition."""
    region: str
    account_id: str
    containers: list[Container]
    group: str
    subnet: str
    security_groups: list[str]
    launch_type: str | None
    capacity_provider: str | None
    platform_version: str
    overrides: JSON
    started_by: str = ""
    tags: list[JSON] = field(default_factory=list[JSON])
    enable_execute_command: bool = False
    deployment: Deployment | None = None
    id: str = field(default_factory=new_id)
    credentials_id: str = field(default_factory=new_id)
    """Its part of the credentials' URL, known only in its containers."""
    attachment_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    network_interface: Any = None
    public: bool = False
    """Whether its interface has a public address beside its own."""
    address: str = ""
    hostname: str = ""
    status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    stop_code: str | None = None
    stopped_reason: str | None = None
    created_at: dt.datetime = field(default_factory=now)
    pull_started_at: dt.datetime | None = None
    pull_stopped_at: dt.datetime | None = None
    started_at: dt.datetime | None = None
    stopping_at: dt.datetime | None = None
    stopped_at: dt.datetime | None = None
    protected_until: dt.datetime | None = None
    version: int = 1
    unknown_until: float = 0.0
    """The first to ask for it before that is told that there is no such task."""

    def is_unknown(self) -> bool:
        """Whether whoever asks for it now is told that there is none, as once happens."""
        until, self.unknown_until = self.unknown_until, 0.0
        return time.monotonic() < until

    @property
    def arn(self) -> str:
        """The long ARN, which names the cluster."""
        return f"{self.cluster_arn.replace(':cluster/', ':task/')}/{self.id}"

    task_arn = arn
    """As moto's tagging code calls it."""

    @property
    def task_role_arn(self) -> str:
        """The role that its containers get credentials of; empty: they get none."""
        return self._role("taskRoleArn", "task_role_arn")

    @property
    def execution_role_arn(self) -> str:
        """The role that ECS pulls images, reads secrets and writes logs with."""
        return self._role("executionRoleArn", "execution_role_arn")

    def _role(self, override: str, attribute: str) -> str:
        """Return the ARN of a role, which a definition or an override may give as a name too."""
        given = self.overrides.get(override) or getattr(self.definition, attribute, "") or ""
        partition = self.definition.arn.split(":")[1]
        is_name = given and not given.startswith("arn:")
        return f"arn:{partition}:iam::{self.account_id}:role/{given}" if is_name else given

    @property
    def memory_mib(self) -> int:
        """What its containers may use together."""
        return int(self.overrides.get("memory") or self.definition.memory)

    @property
    def overcommits_memory(self) -> bool:
        """Whether its containers could use more than that, each within its own limit."""
        return sum(c.memory_mib or self.memory_mib for c in self.containers) > self.memory_mib

    @property
    def health(self) -> str:
        """HEALTHY, UNHEALTHY or UNKNOWN over the essential containers that have a health check."""
        states = {c.health for c in self.containers if c.essential and "healthCheck" in c.definition}
        return next((state for state in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if state in states), "UNKNOWN")

    @property
    def checks_health(self) -> bool:
        """Whether an essential container has a health check."""
        return any(c.essential and "healthCheck" in c.definition for c in self.containers)

    @property
    def protected(self) -> bool:
        """Whether scale-in and deployments must spare it now."""
        return self.protected_until is not None and self.protected_until > now()

    def describe(self) -> JSON:
        """Return a `Task` of the API."""
        details = {
            "subnetId": self.subnet,
            "networkInterfaceId": getattr(self.network_interface, "id", None),
            "macAddress": getattr(self.network_interface, "mac_address", None),
            "privateDnsName": self.hostname,
            "privateIPv4Address": self.address,
        }
        attachment = {
            "id": self.attachment_id,
            "type": "ElasticNetworkInterface",
            "status": {"PROVISIONING": "PRECREATED", "STOPPED": "DELETED"}.get(self.status, "ATTACHED"),
            "details": [{"name": name, "value": value} for name, value in details.items() if value],
        }
        return without_none(
            {
                "attachments": [attachment],
                "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
                "availabilityZone": f"{self.region}a",
                "capacityProviderName": self.capacity_provider,
                "clusterArn": self.cluster_arn,
                "connectivity": "CONNECTED" if self.started_at else None,
                "connectivityAt": self.started_at,
                "containers": [container.describe(self) for container in self.containers],
                "cpu": self.overrides.get("cpu") or self.definition.cpu,
                "createdAt": self.created_at,
                "desiredStatus": self.desired_status,
                "enableExecuteCommand": self.enable_execute_command,
                "ephemeralStorage": self.overrides.get("ephemeralStorage")
                or self.definition.ephemeral_storage
                or {"sizeInGiB": 20},
                "executionStoppedAt": self.stopped_at,
                "group": self.group,
                "healthStatus": self.health,
                "lastStatus": self.status,
                "launchType": self.launch_type or "FARGATE",
                "memory": self.overrides.get("memory") or self.definition.memory,
                "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []} | self.overrides,
                "platformFamily": "Linux",
                "platformVersion": "1.4.0" if self.platform_version == "LATEST" else self.platform_version,
                "pullStartedAt": self.pull_started_at,
                "pullStoppedAt": self.pull_stopped_at,
                "startedAt": self.started_at,
                "startedBy": self.started_by or None,
                "stopCode": self.stop_code,
                "stoppedAt": self.stopped_at,
                "stoppedReason": self.stopped_reason,
                "stoppingAt": self.stopping_at,
                "tags": self.tags,
                "taskArn": self.arn,
                "taskDefinitionArn": self.definition.arn,
                "version": self.version,
            }
        )


def without_none(values: JSON) -> JSON:
    """Leave out what AWS leaves out."""
    return {key: value for key, value in values.items() if value is not None}
