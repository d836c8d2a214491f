"""The parts of an Airflow cluster, one ComponentResource a file, and `AirflowCluster` over them all."""

from typing import TYPE_CHECKING, Any

from .model.aws.aws_access import AssumedRole, AwsAccess
from .model.settings.broker_settings import BrokerEngine
from .model.settings.database_settings import SslMode
from .model.settings.errors import SettingsError
from .model.settings.oidc_settings import OidcSettings
from .model.settings.settings import (
    AirflowResourcesSettings,
    Architecture,
    BrokerSettings,
    DatabaseMaintenanceSettings,
    DatabaseSettings,
    Executor,
    IamSettings,
    ImageSettings,
    KmsSettings,
    LoadBalancerSettings,
    LogsSettings,
    Nat,
    PolicySettings,
    ProxySettings,
    SecretsBackendSettings,
    ServiceSettings,
    Settings,
    SsoSettings,
    VpcSettings,
    WorkerGroup,
    WorkerSettings,
)
from .model.workload.catalogue import CATALOGUE, Catalogue

if TYPE_CHECKING:
    from .airflow_cluster import AirflowCluster

__all__ = [
    "CATALOGUE",
    "AirflowCluster",
    "AirflowResourcesSettings",
    "Architecture",
    "AssumedRole",
    "AwsAccess",
    "BrokerEngine",
    "BrokerSettings",
    "Catalogue",
    "DatabaseMaintenanceSettings",
    "DatabaseSettings",
    "Executor",
    "IamSettings",
    "ImageSettings",
    "KmsSettings",
    "LoadBalancerSettings",
    "LogsSettings",
    "Nat",
    "OidcSettings",
    "PolicySettings",
    "ProxySettings",
    "SecretsBackendSettings",
    "ServiceSettings",
    "Settings",
    "SettingsError",
    "SslMode",
    "SsoSettings",
    "VpcSettings",
    "WorkerGroup",
    "WorkerSettings",
]


def __getattr__(name: str) -> Any:
    """Import the cluster when asked for it: the process of `Rollout` does without, and starts 3 s sooner."""
    if name == "AirflowCluster":
        from .airflow_cluster import AirflowCluster  # noqa: PLC0415

        return AirflowCluster
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
