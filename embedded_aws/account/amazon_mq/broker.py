# pyright: basic
# Times of moto have no types.
"""What Amazon MQ knows of one broker, and what it does not do before the broker is rebooted.

https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers-broker-id.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from moto.core.utils import utcnow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from embedded_aws.account.amazon_mq.configurations import Configuration, Revision

AMQPS_PORT: Final = 5671
CREATING: Final = "CREATION_IN_PROGRESS"
FAILED: Final = "CREATION_FAILED"
RUNNING: Final = "RUNNING"
REBOOTING: Final = "REBOOT_IN_PROGRESS"
DELETING: Final = "DELETION_IN_PROGRESS"


@dataclass(frozen=True)
class Applied:
    """A revision of a configuration that a broker has, or will have."""

    configuration: Configuration
    revision: Revision

    @property
    def summary(self) -> dict[str, Any]:
        """What the API tells of it."""
        return {"Id": self.configuration.id, "Revision": self.revision.number}


@dataclass(kw_only=True)
class Pending:
    """What is changed by the next reboot; None stays as it is."""

    engine_version: str | None = None
    host_instance_type: str | None = None
    configuration: Applied | None = None
    general_log: bool | None = None


@dataclass(kw_only=True)
class Broker:
    """A broker of RabbitMQ. `user` is the one that it is created with, and is forgotten afterwards."""

    id: str
    arn: str
    name: str
    region: str
    account_id: str
    request_id: str | None
    deployment_mode: str
    engine_version: str
    host_instance_type: str
    configuration: Applied
    general_log: bool
    encryption: Mapping[str, Any]
    maintenance_window: Mapping[str, str]
    publicly_accessible: bool
    security_groups: list[str]
    subnet_ids: list[str]
    user: Mapping[str, str] | None
    state: str = CREATING
    created: dt.datetime = field(default_factory=utcnow)
    history: list[Applied] = field(default_factory=list)
    pending: Pending = field(default_factory=Pending)

    @property
    def host(self) -> str:
        """Its name in the network."""
        return f"{self.id}.mq.{self.region}.amazonaws.com"

    @property
    def log_group(self) -> str:
        """The log group of its general log."""
        return f"/aws/amazonmq/broker/{self.id}/general"

    def apply_pending(self) -> None:
        """Become what was asked for before a reboot."""
        pending, self.pending = self.pending, Pending()
        self.engine_version = pending.engine_version or self.engine_version
        self.host_instance_type = pending.host_instance_type or self.host_instance_type
        if pending.general_log is not None:
            self.general_log = pending.general_log
        if pending.configuration is not None:
            self.history.append(self.configuration)
            self.configuration = pending.configuration

    def summary(self) -> dict[str, Any]:
        """Return what lists tell of it."""
        return {
            "BrokerArn": self.arn,
            "BrokerId": self.id,
            "BrokerName": self.name,
            "BrokerState": self.state,
            "Created": self.created,
            "DeploymentMode": self.deployment_mode,
            "EngineType": "RabbitMQ",
            "HostInstanceType": self.host_instance_type,
        }

    def described(self, tags: Mapping[str, str]) -> dict[str, Any]:
        """Return what the API tells of it. RabbitMQ's users are none of Amazon MQ's."""
        pending = self.pending
        there = self.state in {RUNNING, REBOOTING}
        instance = {"ConsoleURL": f"https://{self.host}", "Endpoints": [f"amqps://{self.host}:{AMQPS_PORT}"]}
        found = {
            **self.summary(),
            "ActionsRequired": [],
            "AuthenticationStrategy": "simple",
            "AutoMinorVersionUpgrade": True,
            "BrokerInstances": [instance] if there else [],
            "Configurations": {
                "Current": self.configuration.summary,
                "History": [one.summary for one in self.history],
                "Pending": pending.configuration.summary if pending.configuration else None,
            },
            "EncryptionOptions": dict(self.encryption),
            "EngineVersion": self.engine_version,
            "Logs": self._logs(),
            "MaintenanceWindowStartTime": dict(self.maintenance_window),
            "PendingEngineVersion": pending.engine_version,
            "PendingHostInstanceType": pending.host_instance_type,
            "PubliclyAccessible": self.publicly_accessible,
            "SecurityGroups": self.security_groups,
            "StorageType": "EBS",
            "SubnetIds": self.subnet_ids,
            "Tags": dict(tags),
            "Users": [],
        }
        return {key: value for key, value in found.items() if value is not None}

    def _logs(self) -> dict[str, Any]:
        logs: dict[str, Any] = {"General": self.general_log}
        if self.general_log:
            logs["GeneralLogGroup"] = self.log_group
        if self.pending.general_log is not None:
            logs["Pending"] = {"General": self.pending.general_log}
        return logs
