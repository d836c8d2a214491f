# pyright: basic
# moto has no types for its backends.
"""Legal names; secrets that are scheduled for deletion are not written to, and their names are taken; tags.

https://docs.aws.amazon.com/goto/WebAPI/secretsmanager-2017-10-17/DeleteSecret,
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    SecretNotFoundException,
    ValidationException,
)
from moto.secretsmanager.models import SecretsManagerBackend

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LEGAL_NAME: Final = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_create, _get, _put, _versions, _tag, _untag = (
    SecretsManagerBackend.create_secret,
    SecretsManagerBackend.get_secret_value,
    SecretsManagerBackend.put_secret_value,
    SecretsManagerBackend.list_secret_version_ids,
    SecretsManagerBackend.tag_resource,
    SecretsManagerBackend.untag_resource,
)


def create_secret(self: SecretsManagerBackend, name: str, **given: Any) -> str:
    """Refuse the name of a secret that waits for its deletion, and tags of AWS's own."""
    _check_name(name)
    _check_tags(tag["Key"] for tag in given.get("tags") or [])
    if name in self.secrets and self.secrets[name].is_deleted():
        raise InvalidRequestException(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
    return _create(self, name=name, **given)


def get_secret_value(self: SecretsManagerBackend, secret_id: str, *args: Any, **given: Any) -> dict[str, Any]:
    """Refuse a name that no secret can have, before a secret is looked for."""
    if not secret_id.startswith("arn:"):
        _check_name(secret_id)
    return _get(self, secret_id, *args, **given)


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


def tag_resource(self: SecretsManagerBackend, arn: str, tags: Mapping[str, str]) -> None:
    """Refuse tags of AWS's own, by which permissions may be given."""
    _check_tags(tags)
    _tag(self, arn, tags)  # pyright: ignore[reportArgumentType]


def untag_resource(self: SecretsManagerBackend, arn: str, tag_keys: list[str]) -> None:
    """Refuse to remove them."""
    _check_tags(tag_keys)
    _untag(self, arn, tag_keys)


def _check_name(name: str) -> None:
    if not LEGAL_NAME.fullmatch(name):
        # Its words: https://github.com/smithy-lang/smithy-typescript/issues/1546
        raise ValidationException(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
            "-/_+=.@!"
        )


def _check_tags(keys: Iterable[str]) -> None:
    for key in keys:
        if key.lower().startswith("aws:"):
            # Its words: https://github.com/cloud-custodian/cloud-custodian/issues/9093
            raise InvalidParameterException(f"You can't modify system tags. Tag key: '{key}'.")


def install() -> None:
    """Replace what moto takes."""
    backend: Any = SecretsManagerBackend
    for function in (
        create_secret,
        get_secret_value,
        put_secret_value,
        list_secret_version_ids,
        tag_resource,
        untag_resource,
    ):
        setattr(backend, function.__name__, function)
