# pyright: basic
# moto has no types for its backends.
"""Groups in use, passwords, storage and versions of databases that AWS refuses and moto takes.

https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBInstance,
https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/ModifyDBInstance
"""

from __future__ import annotations

from typing import Any

from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue, RDSClientError
from moto.rds.models import DBInstance, RDSBackend

_PASSWORD_LENGTHS = range(8, 129)
NOT_IN_PASSWORDS = frozenset('/"@')
_MIN_ZONES = 2
_GROUP_IN_USE = "InvalidDBSubnetGroupStateFault"

_create_group, _delete_group, _delete_parameters, _create, _modify = (
    RDSBackend.create_subnet_group,
    RDSBackend.delete_subnet_group,
    RDSBackend.delete_db_parameter_group,
    RDSBackend.create_db_instance,
    RDSBackend.modify_db_instance,
)


def create_subnet_group(
    self: RDSBackend, subnet_name: str, description: str, subnets: list[Any], *args: Any, **given: Any
) -> Any:
    """Refuse a second group of one name, and one in a single zone."""
    if subnet_name in self.subnet_groups:
        raise RDSClientError(
            "DBSubnetGroupAlreadyExists", f"The DB subnet group '{subnet_name}' already exists."
        )
    if len({subnet.availability_zone for subnet in subnets}) < _MIN_ZONES:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement.",
        )
    return _create_group(self, subnet_name, description, subnets, *args, **given)


def delete_subnet_group(self: RDSBackend, subnet_name: str) -> Any:
    """Keep a subnet group in which there is a database."""
    if any(_name(one.db_subnet_group) == subnet_name for one in self.databases.values()):
        raise RDSClientError(_GROUP_IN_USE, f"Cannot delete the subnet group '{subnet_name}': it is in use.")
    return _delete_group(self, subnet_name)


def delete_db_parameter_group(self: RDSBackend, db_parameter_group_name: str) -> Any:
    """Keep a parameter group that a database has."""
    if any(one.db_parameter_group_name == db_parameter_group_name for one in self.databases.values()):
        raise RDSClientError(
            "InvalidDBParameterGroupState", "One or more database instances are still members of this group."
        )
    return _delete_parameters(self, db_parameter_group_name)


def create_db_instance(self: RDSBackend, db_kwargs: dict[str, Any]) -> DBInstance:
    """Refuse a password that RDS does not take."""
    _check_password(db_kwargs)
    return _create(self, db_kwargs)


def modify_db_instance(
    self: RDSBackend, db_instance_identifier: str, db_kwargs: dict[str, Any]
) -> DBInstance:
    """Refuse less storage, an older version, and another major one unless it is allowed."""
    _check_password(db_kwargs)
    instance = self.databases.get(db_instance_identifier)
    if instance is not None:
        if int(db_kwargs.get("allocated_storage") or instance.allocated_storage) < instance.allocated_storage:
            raise InvalidParameterCombination("The allocated storage can't be decreased.")
        _check_version(instance, db_kwargs)
    return _modify(self, db_instance_identifier, db_kwargs)


def _name(group: Any) -> str:
    return getattr(group, "name", "")


def _check_password(given: dict[str, Any]) -> None:
    password = given.get("master_user_password")
    if password is None:
        return
    if len(password) not in _PASSWORD_LENGTHS:
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 or longer "
            "than 128 characters."
        )
    if set(password) & NOT_IN_PASSWORDS or not (password.isascii() and password.isprintable()):
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters "
            "besides '/', '@', '\"' may be used."
        )


def _check_version(instance: DBInstance, given: dict[str, Any]) -> None:
    old, new = (str(one or "0").split(".") for one in (instance.engine_version, given.get("engine_version")))
    if not given.get("engine_version") or not (old[0].isdecimal() and new[0].isdecimal()):
        return
    if int(new[0]) < int(old[0]):
        raise InvalidParameterCombination(
            f"Cannot upgrade {instance.engine} from {'.'.join(old)} to {'.'.join(new)}"
        )
    if int(new[0]) > int(old[0]) and not given.get("allow_major_version_upgrade"):
        raise InvalidParameterCombination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        )


def install() -> None:
    """Replace what moto takes."""
    backend: Any = RDSBackend
    for function in (
        *(create_subnet_group, delete_subnet_group, delete_db_parameter_group),
        *(create_db_instance, modify_db_instance),
    ):
        setattr(backend, function.__name__, function)
