"""The secrets of a cluster, and the environment variables that carry them to the image."""

from enum import StrEnum
from typing import Final


class Secret(StrEnum):
    """The secrets of a cluster; a service gets only those it needs."""

    DATABASE_URL = "database-url"
    DATABASE_MASTER = "database-master"
    BROKER_URL = "broker-url"
    FERNET_KEY = "fernet-key"
    API_SECRET_KEY = "api-secret-key"
    JWT_PRIVATE_KEYS = "jwt-private-keys"
    ADMIN_PASSWORD = "admin-password"
    FLOWER_LOGIN = "flower-login"
    SSO_CLIENT_SECRET = "sso-client-secret"


VARIABLES: Final = {
    Secret.DATABASE_URL: ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",),
    Secret.DATABASE_MASTER: ("AIRFLOW_ECS_DATABASE_MASTER",),
    Secret.BROKER_URL: ("AIRFLOW__CELERY__BROKER_URL",),
    Secret.FERNET_KEY: ("AIRFLOW__CORE__FERNET_KEY",),
    Secret.API_SECRET_KEY: ("AIRFLOW__API__SECRET_KEY",),
    Secret.JWT_PRIVATE_KEYS: ("AIRFLOW_ECS_JWT_PRIVATE_KEYS",),
    Secret.ADMIN_PASSWORD: ("AIRFLOW_ECS_ADMIN_PASSWORD",),
    Secret.FLOWER_LOGIN: ("AIRFLOW__CELERY__FLOWER_BASIC_AUTH",),
    Secret.SSO_CLIENT_SECRET: ("AIRFLOW_ECS_SSO_CLIENT_SECRET",),
}
"""The environment variables that carry each secret to the image, whose entrypoint takes them out."""

FIRST_NAME: Final = "1"
"""The name of a value that no rotation has replaced yet."""
GENERATED: Final = {
    Secret.FERNET_KEY: "fernet-key",
    Secret.JWT_PRIVATE_KEYS: "jwt-private-key",
    Secret.API_SECRET_KEY: "api-secret-key",
    Secret.ADMIN_PASSWORD: "admin-password",
    Secret.BROKER_URL: "broker-token",
    Secret.DATABASE_URL: "database-owner-password",
}
"""What is generated for a secret and can be replaced; its resource has this name after the cluster's."""


def generated(secret: Secret, name: str) -> str:
    """Return what the resource of the value with a name is called, after the cluster's name.

    The first one has no number, for it is older than rotation; those of key pairs always had one.
    """
    role = GENERATED[secret]
    return f"{role}-{name}" if secret is Secret.JWT_PRIVATE_KEYS else named(role, name)


def named(role: str, name: str) -> str:
    """Name a value by what it is and its own name, which the first one does without."""
    return role if name == FIRST_NAME else f"{role}-{name}"
