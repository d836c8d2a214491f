"""The parts of an Airflow cluster, one ComponentResource a file, and `AirflowCluster` over them all."""

from typing import TYPE_CHECKING, Any

from .model.aws.aws_access import AssumedRole, AwsAccess
from .model.settings.broker_settings import BrokerEngine
from .model.settings.database_settings import SslMode
from .model.settings.errors import SettingsError
from .model.settings.settings import (
    Architecture,
    BrokerSettings,
    DatabaseSettings,
    Executor,
    IamSettings,
    ImageSettings,
    KmsSettings,
    LoadBalancerSettings,
    LogsSettings,
    Nat,
    ProxySettings,
    RoleSettings,
    Settings,
    VpcSettings,
)

if TYPE_CHECKING:
    from .airflow_cluster import AirflowCluster

__all__ = [
    "AirflowCluster",
    "Architecture",
    "AssumedRole",
    "AwsAccess",
    "BrokerEngine",
    "BrokerSettings",
    "DatabaseSettings",
    "Executor",
    "IamSettings",
    "ImageSettings",
    "KmsSettings",
    "LoadBalancerSettings",
    "LogsSettings",
    "Nat",
    "ProxySettings",
    "RoleSettings",
    "Settings",
    "SettingsError",
    "SslMode",
    "VpcSettings",
]


def __getattr__(name: str) -> Any:
    """Import the cluster when asked for it: the process of `Rollout` does without, and starts 3 s sooner."""
    if name == "AirflowCluster":
        from .airflow_cluster import AirflowCluster  # noqa: PLC0415

        return AirflowCluster
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
