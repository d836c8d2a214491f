# pyright: basic
# moto has no types for its backends.
"""The secret of a master user that RDS manages: a password of its own for each instance, rotated when asked.

moto gives all of them one value. RDS's weekly rotation is not modelled.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from typing import TYPE_CHECKING, Any

from moto.rds.exceptions import InvalidParameterCombination
from moto.rds.models import DBInstance, MasterUserSecret, RDSBackend

from embedded_aws.account.moto_patches import rds_checks

if TYPE_CHECKING:
    from collections.abc import Mapping

_PASSWORD_LENGTH = 32
_ALPHABET = "".join(
    sorted({*string.ascii_letters, *string.digits, *string.punctuation} - rds_checks.NOT_IN_PASSWORDS)
)

_create, _modify = rds_checks.create_db_instance, rds_checks.modify_db_instance


def create_db_instance(self: RDSBackend, db_kwargs: dict[str, Any]) -> DBInstance:
    """Refuse a password, or a key for none, where RDS makes the password or does not."""
    managed = db_kwargs.get("manage_master_user_password")
    _check(db_kwargs, managed=bool(managed), turned_on=bool(managed))
    return _create(self, db_kwargs)


def modify_db_instance(
    self: RDSBackend, db_instance_identifier: str, db_kwargs: dict[str, Any]
) -> DBInstance:
    """Refuse the same; management that is on stays as it is where it is asked for again."""
    instance = self.databases.get(db_instance_identifier)
    if instance is None:
        return _modify(self, db_instance_identifier, db_kwargs)
    before, asked = bool(instance.manage_master_user_password), db_kwargs.get("manage_master_user_password")
    managed = before if asked is None else bool(asked)
    _check(db_kwargs, managed=managed, turned_on=managed and not before)
    if before and not managed and not db_kwargs.get("master_user_password"):
        raise InvalidParameterCombination(
            "MasterUserPassword is required when ManageMasterUserPassword is turned off."
        )
    if before and managed:
        db_kwargs["manage_master_user_password"] = None  # moto would make another secret
    return _modify(self, db_instance_identifier, db_kwargs)


def _check(given: Mapping[str, Any], *, managed: bool, turned_on: bool) -> None:
    if managed and given.get("master_user_password"):
        raise InvalidParameterCombination(
            "You can't specify MasterUserPassword when ManageMasterUserPassword is turned on."
        )
    if given.get("master_user_secret_kms_key_id") and not turned_on:
        raise InvalidParameterCombination(
            "You can specify MasterUserSecretKmsKeyId only when you turn on ManageMasterUserPassword."
        )
    if given.get("rotate_master_user_password") and not managed:
        raise InvalidParameterCombination(
            "You can specify RotateMasterUserPassword only when ManageMasterUserPassword is turned on."
        )


def _value(self: MasterUserSecret) -> str:
    """Write the secret as RDS does, with a character of each kind that may be in a password."""
    password = [secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH)]
    hard = [one for one in string.punctuation if one in _ALPHABET]
    password[:4] = [secrets.choice(hard) for _ in range(4)]
    return json.dumps({"username": self.resource.master_username, "password": "".join(password)})


def _rotate(self: MasterUserSecret) -> None:
    """Replace the password; the instance's server takes it as a new one."""
    self.secretsmanager.put_secret_value(self.secret.arn, _value(self), "", str(uuid.uuid4()), ["AWSCURRENT"])


def install() -> None:
    """Replace what moto takes and makes up."""
    backend, secret = RDSBackend, MasterUserSecret
    for of, name, function in (
        (backend, "create_db_instance", create_db_instance),
        (backend, "modify_db_instance", modify_db_instance),
        (secret, "_generate_secret_string", _value),
        (secret, "rotate_secret", _rotate),
    ):
        setattr(of, name, function)
