"""The parts of an Airflow cluster, one ComponentResource a file, and `AirflowCluster` over them all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .airflow_cluster import AirflowCluster
    from .model.aws.aws_access import AssumedRole, AwsAccess
    from .model.settings.broker_settings import BrokerEngine
    from .model.settings.database_settings import SslMode
    from .model.settings.errors import SettingsError
    from .model.settings.oidc_settings import OidcSettings
    from .model.settings.settings import (
        AirflowResourcesSettings,
        AlarmsSettings,
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

__all__ = [
    "CATALOGUE",
    "AirflowCluster",
    "AirflowResourcesSettings",
    "AlarmsSettings",
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

_NAMES: Final = {
    ".model.aws.aws_access": (
        "AssumedRole",
        "AwsAccess",
    ),
    ".model.settings.broker_settings": ("BrokerEngine",),
    ".model.settings.database_settings": ("SslMode",),
    ".model.settings.errors": ("SettingsError",),
    ".model.settings.oidc_settings": ("OidcSettings",),
    ".model.settings.settings": (
        "AirflowResourcesSettings",
        "AlarmsSettings",
        "Architecture",
        "BrokerSettings",
        "DatabaseMaintenanceSettings",
        "DatabaseSettings",
        "Executor",
        "IamSettings",
        "ImageSettings",
        "KmsSettings",
        "LoadBalancerSettings",
        "LogsSettings",
        "Nat",
        "PolicySettings",
        "ProxySettings",
        "SecretsBackendSettings",
        "ServiceSettings",
        "Settings",
        "SsoSettings",
        "VpcSettings",
        "WorkerGroup",
        "WorkerSettings",
    ),
    ".model.workload.catalogue": (
        "CATALOGUE",
        "Catalogue",
    ),
    ".airflow_cluster": ("AirflowCluster",),
}
"""What each module has of `__all__`."""


def __getattr__(name: str) -> Any:
    """Import a name when it is used: the process of `Rollout` and the command's `--help` do without any."""
    module = next((one for one, names in _NAMES.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(module, __name__), name)
