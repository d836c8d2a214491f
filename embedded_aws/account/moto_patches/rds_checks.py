# pyright: basic
# moto has no types for its backends.
"""Groups in use, passwords, storage and versions of databases that AWS refuses and moto takes.

https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBInstance,
https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/ModifyDBInstance
"""

from __future__ import annotations

from typing import Any

from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue, RDSClientError
from moto.rds.models import DBInstance, DBSubnetGroup, RDSBackend

_PASSWORD_LENGTHS = range(8, 129)
NOT_IN_PASSWORDS = frozenset('/"@')
_MIN_ZONES = 2

_create_group, _delete_group, _modify_group, _delete_parameters, _create, _modify = (
    RDSBackend.create_subnet_group,
    RDSBackend.delete_subnet_group,
    RDSBackend.modify_db_subnet_group,
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
    _check_zones(subnets)
    return _create_group(self, subnet_name, description, subnets, *args, **given)


def delete_subnet_group(self: RDSBackend, subnet_name: str) -> Any:
    """Keep a subnet group in which there is a database."""
    if members := _members(self, subnet_name):
        # The words: https://github.com/anomalyco/sst/issues/4026
        raise RDSClientError(
            "InvalidDBSubnetGroupStateFault",
            f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: "
            f"{members[0].db_instance_identifier} is still using it.",
        )
    return _delete_group(self, subnet_name)


def modify_db_subnet_group(
    self: RDSBackend, subnet_name: str, description: str, subnets: list[Any]
) -> DBSubnetGroup:
    """Change a subnet group and keep it, as moto does not; keep each subnet that a database may be in.

    https://repost.aws/knowledge-center/rds-db-subnet-group
    """
    (group,) = self.describe_db_subnet_groups(subnet_name)
    _check_zones(subnets)
    before, kept = list(vars(group)["_subnets"]), {subnet.id for subnet in subnets}
    used = [
        subnet.id
        for subnet in before
        if subnet.id not in kept
        and any(_may_be_in(one, subnet, before) for one in _members(self, subnet_name))
    ]
    if used:
        text = f"Some of the subnets to be deleted are currently in use: {', '.join(used)}"
        raise RDSClientError("SubnetAlreadyInUse", text)
    self.subnet_groups[subnet_name] = changed = _modify_group(self, subnet_name, description, subnets)
    return changed


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


def _members(backend: RDSBackend, subnet_name: str) -> list[DBInstance]:
    """List the databases in a subnet group; one that was given none has no such attribute in moto."""
    return [
        one
        for one in backend.databases.values()
        if getattr(getattr(one, "db_subnet_group", None), "name", "") == subnet_name.lower()
    ]


def _may_be_in(instance: DBInstance, subnet: Any, subnets: list[Any]) -> bool:
    """Tell whether an instance, or the standby of one in several zones, may be in a subnet of its group."""
    zones = {one.availability_zone for one in subnets}
    elsewhere = instance.availability_zone not in zones
    return instance.multi_az or elsewhere or subnet.availability_zone == instance.availability_zone


def _check_zones(subnets: list[Any]) -> None:
    if len({subnet.availability_zone for subnet in subnets}) < _MIN_ZONES:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement.",
        )


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
        *(create_subnet_group, delete_subnet_group, modify_db_subnet_group, delete_db_parameter_group),
        *(create_db_instance, modify_db_instance),
    ):
        setattr(backend, function.__name__, function)
