# pyright: basic
# moto has no types for its backends.
"""What Amazon MQ refuses to create or change.

https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends

from embedded_aws import programs
from embedded_aws.account.amazon_mq.errors import BadRequestError, NotModelledError
from embedded_aws.account.amazon_mq.offers import OFFERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedded_aws.account.amazon_mq.broker import Broker
    from embedded_aws.account.amazon_mq.configurations import Configuration

(PROGRAM,) = programs.BROKER
SINGLE: Final = "SINGLE_INSTANCE"
CLUSTER: Final = "CLUSTER_MULTI_AZ"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,50}")
_USER: Final = re.compile(r"[A-Za-z0-9._-]{2,100}")
DEFAULT_USER: Final = "guest"
_PASSWORD_LENGTHS: Final = range(12, 251)
"""The upper limit stands in the provider: `ValidBrokerPassword`."""
_DISTINCT: Final = 4
_FORBIDDEN: Final = frozenset(",:=")
_MAX_GROUPS: Final = 5
_DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def check_engine(engine_type: str | None) -> None:
    """Refuse another engine than RabbitMQ."""
    if (engine_type or "").upper() == "ACTIVEMQ":
        raise NotModelledError("brokers of ActiveMQ")
    if (engine_type or "").upper() != "RABBITMQ":
        text = f"Broker engine type [{engine_type}] is invalid. Valid values are: [ACTIVEMQ, RABBITMQ]"
        raise BadRequestError(text, "engineType")


def check_program() -> None:
    """Refuse a broker where this machine has no RabbitMQ; nobody else needs it."""
    if programs.find(PROGRAM) is None:
        raise BadRequestError(programs.not_installed(PROGRAM), "engineType")


def check_version(version: str) -> None:
    """Refuse a version that Amazon MQ does not offer; a new broker names major and minor only."""
    if version not in OFFERS:
        raise BadRequestError(
            f"Broker engine version [{version}] is invalid. Valid values are: [{', '.join(OFFERS)}]",
            "engineVersion",
        )


def check_instance_type(instance_type: str | None, version: str) -> None:
    """Refuse an instance that a version does not run on."""
    if instance_type not in OFFERS[version].instance_types:
        raise BadRequestError(
            f"Broker engine type [RabbitMQ] does not support host instance type [{instance_type}]",
            "hostInstanceType",
        )


def check_configuration(configuration: Configuration, version: str) -> None:
    """Refuse the configuration of another version."""
    if configuration.engine_version != version:
        raise BadRequestError(
            f"Configuration [{configuration.id}] is of engine version [{configuration.engine_version}], and "
            f"the broker of [{version}]",
            "configuration",
        )


def check_logs(logs: Mapping[str, Any]) -> None:
    """RabbitMQ has a general log only."""
    if logs.get("Audit"):
        raise BadRequestError("Audit logging is not supported for RabbitMQ brokers.", "audit")


def check_new(given: Mapping[str, Any]) -> None:
    """Refuse what a broker cannot be created with, but for its version, instance and configuration."""
    if not _NAME.fullmatch(given.get("BrokerName") or ""):
        raise BadRequestError(
            f"Broker name [{given.get('BrokerName')}] is invalid: 1 to 50 letters, digits, - and _",
            "brokerName",
        )
    if given.get("DeploymentMode") not in {SINGLE, CLUSTER}:
        raise BadRequestError(
            f"Deployment mode [{given.get('DeploymentMode')}] is not one of RabbitMQ's: {SINGLE}, {CLUSTER}",
            "deploymentMode",
        )
    if (given.get("StorageType") or "EBS").upper() != "EBS":
        raise BadRequestError("RabbitMQ brokers have the storage type EBS only", "storageType")
    if (given.get("AuthenticationStrategy") or "SIMPLE").upper() == "LDAP" or given.get("LdapServerMetadata"):
        raise BadRequestError("LDAP is not supported for RabbitMQ brokers", "authenticationStrategy")
    _check_not_modelled(given)
    check_patching(given.get("AutoMinorVersionUpgrade"))
    check_logs(given.get("Logs") or {})
    _check_user(given.get("Users") or [])
    if given.get("MaintenanceWindowStartTime"):
        check_window(given["MaintenanceWindowStartTime"])


def check_encryption(options: Mapping[str, Any], place: tuple[str, str]) -> None:
    """Refuse a key beside AWS's own, and one that cannot encrypt.

    https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers.html#brokers-model-encryptionoptions
    """
    key = options.get("KmsKeyId")
    if options.get("UseAwsOwnedKey") is None or (key and options["UseAwsOwnedKey"]):
        raise BadRequestError("Either useAwsOwnedKey is true, or there is a kmsKeyId", "encryptionOptions")
    if not key:
        return
    keys = kms_backends[place[0]][place[1]].keys
    found = keys.get(key.rpartition("/")[2])
    if found is None or not found.enabled or found.key_usage != "ENCRYPT_DECRYPT":
        raise BadRequestError(f"Can't use the key [{key}]", "kmsKeyId")


def check_patching(wanted: bool | None) -> None:  # noqa: FBT001 - as the API has it
    """From 3.13 on Amazon MQ installs patches, whoever asks."""
    if wanted is False:
        raise BadRequestError(
            "autoMinorVersionUpgrade must be true for RabbitMQ 3.13 and above", "autoMinorVersionUpgrade"
        )


def check_window(window: Mapping[str, Any]) -> None:
    """Refuse a maintenance window of another form."""
    if window.get("DayOfWeek") not in _DAYS:
        raise BadRequestError(f"dayOfWeek must be one of {', '.join(_DAYS)}", "dayOfWeek")
    if not _TIME.fullmatch(window.get("TimeOfDay") or ""):
        raise BadRequestError("timeOfDay must be a time such as 03:00", "timeOfDay")


def check_place(subnet_ids: Sequence[str], groups: Sequence[str], mode: str, place: tuple[str, str]) -> None:
    """Refuse subnets and security groups that a private broker cannot have.

    Args:
        subnet_ids: where its network interfaces are to be.
        groups: its security groups.
        mode: of deployment.
        place: account and region.
    """
    if not subnet_ids or not groups:
        raise BadRequestError(
            "Subnets and security groups must belong to the default VPC when only one is provided.",
            "securityGroups" if subnet_ids else "subnetIds",
        )
    subnets = _subnets(subnet_ids, place)
    if missing := set(subnet_ids) - {subnet.id for subnet in subnets}:
        raise BadRequestError(f"Can't find subnets [{', '.join(sorted(missing))}]", "subnetIds")
    if mode == SINGLE and len(subnets) != 1:
        raise BadRequestError(f"{SINGLE} needs exactly one subnet, not {len(subnets)}", "subnetIds")
    if len({subnet.availability_zone for subnet in subnets}) < len(subnets):
        raise BadRequestError("Each subnet must be in another availability zone", "subnetIds")
    check_groups(groups, {subnet.vpc_id for subnet in subnets}, place)


def check_groups(groups: Sequence[str], vpc_ids: set[str], place: tuple[str, str]) -> None:
    """Refuse security groups that are not there, too many, or of another VPC."""
    if not 1 <= len(groups) <= _MAX_GROUPS:
        raise BadRequestError(f"A broker has 1 to {_MAX_GROUPS} security groups", "securityGroups")
    backend = ec2_backends[place[0]][place[1]]
    for one in groups:
        found = backend.get_security_group_from_id(one)
        if found is None or {found.vpc_id} != vpc_ids:
            raise BadRequestError(
                f"The security group [{one}] is not in the VPC of the broker's subnets", "securityGroups"
            )


def vpc_of(broker: Broker) -> set[str]:
    """Return the VPC of a broker."""
    return {subnet.vpc_id for subnet in _subnets(broker.subnet_ids, (broker.account_id, broker.region))}


def _subnets(subnet_ids: Sequence[str], place: tuple[str, str]) -> list[Any]:
    by_zone: Any = ec2_backends[place[0]][place[1]].subnets
    return [by_id[one] for by_id in by_zone.values() for one in subnet_ids if one in by_id]


def _check_not_modelled(given: Mapping[str, Any]) -> None:
    for key in ("DataReplicationPrimaryBrokerArn", "StorageSize"):
        if given.get(key) is not None:
            raise NotModelledError(f"{key} of CreateBroker")
    if given.get("PubliclyAccessible"):
        raise NotModelledError("brokers that are publicly accessible")
    if (given.get("AuthenticationStrategy") or "SIMPLE").upper() != "SIMPLE":
        raise NotModelledError("OAuth and certificates of users")


def _check_user(users: Sequence[Mapping[str, Any]]) -> None:
    if len(users) != 1:
        raise BadRequestError("Specify exactly one user for engine type [RABBITMQ].", "users")
    name, password = users[0].get("Username") or "", users[0].get("Password") or ""
    if not _USER.fullmatch(name) or name == DEFAULT_USER:
        raise BadRequestError(
            f"Username [{name}] is invalid: 2 to 100 letters, digits and - . _, and not the default user",
            "username",
        )
    if len(password) not in _PASSWORD_LENGTHS or len(set(password)) < _DISTINCT or _FORBIDDEN & set(password):
        raise BadRequestError(
            "The password must have 12 to 250 characters, 4 unique ones among them, and none of , : =",
            "password",
        )
