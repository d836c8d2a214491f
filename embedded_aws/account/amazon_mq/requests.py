# pyright: basic
# moto has no types for its handlers.
"""moto's Amazon MQ with this package's brokers and configurations; tags are moto's.

https://docs.aws.amazon.com/amazon-mq/latest/api-reference/
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.mq import urls
from moto.mq.responses import MQResponse
from moto.utilities.utils import get_partition

from embedded_aws.account.amazon_mq import checks, configurations
from embedded_aws.account.amazon_mq.broker import FAILED, RUNNING, Applied, Broker
from embedded_aws.account.amazon_mq.brokers import Brokers
from embedded_aws.account.amazon_mq.configurations import Configuration
from embedded_aws.account.amazon_mq.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    NotModelledError,
)
from embedded_aws.account.amazon_mq.offers import NEWEST, OFFERS

if TYPE_CHECKING:
    from embedded_aws.account.account import Account

_WINDOW = {"DayOfWeek": "SUNDAY", "TimeOfDay": "00:00", "TimeZone": "UTC"}


class MqAnswers(MQResponse):
    """Handlers that moto's dispatcher finds by the action's name."""

    servers: Brokers

    def create_broker(self) -> ActionResult:
        """Create a broker, unless the request was answered before; it is CREATION_IN_PROGRESS at first."""
        given = self._get_params()
        checks.check_engine(given.get("EngineType"))
        if given.get("CreatorRequestId") and (same := self._of_request(given["CreatorRequestId"])):
            return ActionResult({"BrokerArn": same.arn, "BrokerId": same.id})
        checks.check_program()
        version = given.get("EngineVersion") or NEWEST
        checks.check_version(version)
        checks.check_instance_type(given.get("HostInstanceType"), version)
        checks.check_new(given)
        place = (self.current_account, self.region)
        encryption = given.get("EncryptionOptions") or {"UseAwsOwnedKey": True}
        checks.check_encryption(encryption, place)
        subnets, groups = given.get("SubnetIds") or [], given.get("SecurityGroups") or []
        checks.check_place(subnets, groups, given["DeploymentMode"], place)
        name = given["BrokerName"]
        if any(one.name == name for one in self._brokers().values()):
            raise ConflictError(f"Broker name [{name}] is already in use", "brokerName")
        broker = self._new(given | {"EncryptionOptions": encryption}, version)
        self._brokers()[broker.id] = broker
        self.mq_backend.create_tags(broker.arn, given.get("Tags") or {})
        self.servers.create(broker)
        return ActionResult({"BrokerArn": broker.arn, "BrokerId": broker.id})

    def update_broker(self) -> ActionResult:
        """Keep what a reboot changes; security groups and the maintenance window change at once."""
        given, broker = self._get_params(), self._broker()
        if broker.state != RUNNING:
            raise BadRequestError(f"Broker [{broker.id}] is {broker.state}, not RUNNING", "broker-id")
        checks.check_patching(given.get("AutoMinorVersionUpgrade"))
        checks.check_logs(given.get("Logs") or {})
        version = self._wanted_version(broker, given.get("EngineVersion"))
        checks.check_instance_type(given.get("HostInstanceType") or broker.host_instance_type, version)
        wanted = given.get("Configuration")
        applied = self._applied(wanted, version) if wanted else None
        checks.check_configuration((applied or broker.configuration).configuration, version)
        if groups := given.get("SecurityGroups"):
            place = (self.current_account, self.region)
            checks.check_groups(groups, checks.vpc_of(broker), place)
            broker.security_groups = groups
        if window := given.get("MaintenanceWindowStartTime"):
            checks.check_window(window)
            broker.maintenance_window = window
        _await_reboot(broker, given, version, applied)
        return ActionResult(
            broker.described({}) | {"Configuration": (applied or broker.configuration).summary}
        )

    def describe_broker(self) -> ActionResult:
        """Return a broker."""
        broker = self._broker()
        return ActionResult(broker.described(self.mq_backend.list_tags(broker.arn)))

    def list_brokers(self) -> ActionResult:
        """Return all brokers."""
        return ActionResult({"BrokerSummaries": [one.summary() for one in self._brokers().values()]})

    def reboot_broker(self) -> ActionResult:
        """Reboot a running broker.

        https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers-broker-id-reboot.html
        """
        broker = self._broker()
        if broker.state != RUNNING:
            raise BadRequestError(f"Broker [{broker.id}] is {broker.state}, not RUNNING", "broker-id")
        self.servers.reboot(broker)
        return EmptyResult()

    def delete_broker(self) -> ActionResult:
        """Delete a broker that is neither being created nor rebooted.

        https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/amazon-mq-deleting-broker.html
        """
        broker = self._broker()
        if broker.state not in {RUNNING, FAILED}:
            raise BadRequestError(f"Broker [{broker.id}] can't be deleted while {broker.state}", "broker-id")
        self.servers.delete(broker)
        return ActionResult({"BrokerId": broker.id})

    def create_user(self) -> ActionResult:
        """Refuse: RabbitMQ's users are made with RabbitMQ's own API."""
        return self._no_users()

    update_user = delete_user = describe_user = create_user

    def list_users(self) -> ActionResult:
        """Return none, as RabbitMQ's users are not Amazon MQ's."""
        return ActionResult({"BrokerId": self._broker().id, "Users": []})

    def create_configuration(self) -> ActionResult:
        """Create a configuration with Amazon MQ's defaults."""
        given = self._get_params()
        checks.check_engine(given.get("EngineType"))
        version = given.get("EngineVersion") or NEWEST
        checks.check_version(version)
        configurations.check_name(given.get("Name") or "")
        if any(one.name == given["Name"] for one in self._configurations().values()):
            raise ConflictError(f"Configuration name [{given['Name']}] is already in use", "name")
        made = self._new_configuration(given["Name"], version)
        self.mq_backend.create_tags(made.arn, given.get("Tags") or {})
        return self.describe_one(made)

    def update_configuration(self) -> ActionResult:
        """Add a revision, which no broker has until it is told to and rebooted."""
        given, found = self._get_params(), self._configuration(self._get_param("ConfigurationId"))
        found.update(given.get("Data") or "", given.get("Description") or "")
        return ActionResult(found.described({}) | {"Warnings": []})

    def describe_configuration(self) -> ActionResult:
        """Return a configuration."""
        return self.describe_one(self._configuration(self._get_param("ConfigurationId")))

    def describe_one(self, found: Configuration) -> ActionResult:
        """Return a configuration with its tags."""
        return ActionResult(found.described(self.mq_backend.list_tags(found.arn)))

    def describe_configuration_revision(self) -> ActionResult:
        """Return a revision with its data."""
        found = self._configuration(self._get_param("ConfigurationId"))
        revision = _revision(found, self._get_param("ConfigurationRevision"))
        return ActionResult(
            {
                "ConfigurationId": found.id,
                "Created": revision.created,
                "Data": revision.data,
                "Description": revision.description,
            }
        )

    def list_configuration_revisions(self) -> ActionResult:
        """Return the revisions of a configuration."""
        found = self._configuration(self._get_param("ConfigurationId"))
        summaries = [one.summary for one in found.revisions]
        return ActionResult({"ConfigurationId": found.id, "Revisions": summaries})

    def list_configurations(self) -> ActionResult:
        """Return all configurations."""
        return ActionResult(
            {"Configurations": [one.described({}) for one in self._configurations().values()]}
        )

    def delete_configuration(self) -> ActionResult:
        """Delete a configuration that no broker has or will have."""
        found = self._configuration(self._get_param("ConfigurationId"))
        for broker in self._brokers().values():
            held = (broker.configuration, broker.pending.configuration)
            if any(one is not None and one.configuration is found for one in held):
                text = f"Configuration [{found.id}] is in use by broker [{broker.id}] and can't be deleted."
                raise ConflictError(text, "configuration_id")
        del self._configurations()[found.id]
        return ActionResult({"ConfigurationId": found.id})

    def promote(self) -> ActionResult:
        """Refuse."""
        raise NotModelledError("replication between regions")

    def _brokers(self) -> dict[str, Broker]:
        backend: Any = self.mq_backend
        return backend.brokers

    def _configurations(self) -> dict[str, Configuration]:
        backend: Any = self.mq_backend
        return backend.configs

    def _of_request(self, request_id: str) -> Broker | None:
        return next((one for one in self._brokers().values() if one.request_id == request_id), None)

    def _broker(self) -> Broker:
        name = self._get_param("BrokerId")
        if name not in self._brokers():
            text = f"Can't find requested broker [{name}]. Make sure your broker exists."
            raise NotFoundError(text, "broker-id")
        return self._brokers()[name]

    def _configuration(self, name: str) -> Configuration:
        if name not in self._configurations():
            text = f"Can't find requested configuration [{name}]. Make sure your configuration exists."
            raise NotFoundError(text, "configuration_id")
        return self._configurations()[name]

    def _arn(self, rest: str) -> str:
        return f"arn:{get_partition(self.region)}:mq:{self.region}:{self.current_account}:{rest}"

    def _new_configuration(self, name: str, version: str) -> Configuration:
        identifier = f"c-{uuid.uuid4()}"
        made = Configuration(
            id=identifier, arn=self._arn(f"configuration:{identifier}"), name=name, engine_version=version
        )
        self._configurations()[identifier] = made
        return made

    def _applied(self, wanted: dict[str, Any], version: str) -> Applied:
        found = self._configuration(wanted.get("Id") or "")
        checks.check_configuration(found, version)
        return Applied(found, _revision(found, wanted.get("Revision") or found.latest.number))

    def _new(self, given: dict[str, Any], version: str) -> Broker:
        name, identifier = given["BrokerName"], f"b-{uuid.uuid4()}"
        if given.get("Configuration"):
            applied = self._applied(given["Configuration"], version)
        else:
            made = self._new_configuration(f"{name}-configuration", version)
            applied = Applied(made, made.latest)
        return Broker(
            id=identifier,
            arn=self._arn(f"broker:{name}:{identifier}"),
            name=name,
            region=self.region,
            account_id=self.current_account,
            request_id=given.get("CreatorRequestId"),
            deployment_mode=given["DeploymentMode"],
            engine_version=OFFERS[version].patch,
            host_instance_type=given["HostInstanceType"],
            configuration=applied,
            encryption=given["EncryptionOptions"],
            general_log=bool((given.get("Logs") or {}).get("General")),
            maintenance_window=given.get("MaintenanceWindowStartTime") or _WINDOW,
            publicly_accessible=False,
            security_groups=given["SecurityGroups"],
            subnet_ids=given["SubnetIds"],
            user=given["Users"][0],
        )

    def _wanted_version(self, broker: Broker, wanted: str | None) -> str:
        """Return major and minor of the version that a broker is to have; the next one, or the same.

        https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/upgrading-rabbitmq-v3-to-v4.html
        """
        now = _minor(broker.engine_version)
        version = wanted or now
        checks.check_version(version)
        offered = [*OFFERS]
        if offered.index(version) - offered.index(now) not in (0, 1):
            text = f"Broker [{broker.id}] can't be changed from version [{now}] to [{version}]"
            raise BadRequestError(text, "engineVersion")
        return version

    def _no_users(self) -> ActionResult:
        self._broker()
        raise BadRequestError("Users of RabbitMQ brokers are managed with RabbitMQ's own API", "broker-id")


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _revision(configuration: Configuration, number: Any) -> configurations.Revision:
    found = configuration.revision(int(number)) if str(number).isdecimal() else None
    if found is None:
        text = f"Can't find revision [{number}] of configuration [{configuration.id}]."
        raise NotFoundError(text, "configuration-revision")
    return found


def _await_reboot(broker: Broker, given: dict[str, Any], version: str, applied: Applied | None) -> None:
    """Note what the next reboot changes; what the broker has already is nothing new."""
    pending, logs = broker.pending, given.get("Logs") or {}
    if applied is not None and applied != broker.configuration:
        pending.configuration = applied
    if OFFERS[version].patch != broker.engine_version:
        pending.engine_version = OFFERS[version].patch
    wanted = given.get("HostInstanceType")
    if wanted and wanted != broker.host_instance_type:
        pending.host_instance_type = wanted
    if "General" in logs and bool(logs["General"]) != broker.general_log:
        pending.general_log = bool(logs["General"])


def install(account: Account) -> Brokers:
    """Let moto's server answer Amazon MQ with these handlers."""
    MqAnswers.servers = Brokers(account)
    urls.url_paths = dict.fromkeys(urls.url_paths, MqAnswers.dispatch)
    return MqAnswers.servers
