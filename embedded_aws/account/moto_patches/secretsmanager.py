# pyright: basic
# moto has no types for its backends.
"""Secrets that are scheduled for deletion are not written to, and their names are taken.

https://docs.aws.amazon.com/goto/WebAPI/secretsmanager-2017-10-17/DeleteSecret
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException, SecretNotFoundException
from moto.secretsmanager.models import SecretsManagerBackend

_create, _put, _versions = (
    SecretsManagerBackend.create_secret,
    SecretsManagerBackend.put_secret_value,
    SecretsManagerBackend.list_secret_version_ids,
)


def create_secret(self: SecretsManagerBackend, name: str, **given: Any) -> str:
    """Refuse the name of a secret that waits for its deletion."""
    if name in self.secrets and self.secrets[name].is_deleted():
        raise InvalidRequestException(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
    return _create(self, name=name, **given)


def put_secret_value(self: SecretsManagerBackend, secret_id: str, *args: Any, **given: Any) -> str:
    """Refuse a value for a secret that waits for its deletion."""
    secret = self.secrets.get(secret_id)
    if secret is not None and secret.is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return _put(self, secret_id, *args, **given)


def list_secret_version_ids(self: SecretsManagerBackend, secret_id: str) -> str:
    """Refuse a secret that does not exist."""
    if self.secrets.get(secret_id) is None:
        raise SecretNotFoundException
    return _versions(self, secret_id)


def install() -> None:
    """Replace what moto takes."""
    backend: Any = SecretsManagerBackend
    for function in (create_secret, put_secret_value, list_secret_version_ids):
        setattr(backend, function.__name__, function)
