# pyright: basic
# boto3's answers have no types.
"""Amazon MQ for RabbitMQ is a real RabbitMQ with TLS; what it refuses, and what waits for a reboot.

What it does not prove: RabbitMQ 3.13 and 4.2 themselves, of which Debian's stands in for both; clusters.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from embedded_aws.account import start, stop
from embedded_aws.account.amazon_mq import checks
from embedded_aws.account.amazon_mq.offers import OFFERS
from embedded_aws.account.amazon_mq.server import MANAGEMENT_PORT
from embedded_aws.account.certificate_authority import CertificateAuthority

from .conftest import Stage, client, staged, wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUIDE = "https://docs.aws.amazon.com/amazon-mq/latest/developer-guide"
REFERENCE = "https://docs.aws.amazon.com/amazon-mq/latest/api-reference"
DEFAULT_USER = checks.DEFAULT_USER
PASSWORD = "it's a \\ secret"
REQUEST = "00000000-0000-0000-0000-000000000001"
QUORUM = {"durable": True, "arguments": {"x-queue-type": "quorum"}}


def encoded(text: str) -> str:
    """Encode a configuration as the API wants it."""
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def mq(stage: Stage) -> Any:
    """Give Amazon MQ's client."""
    return client(stage.environment, "mq")


@pytest.fixture(scope="module")
def group(stage: Stage) -> str:
    """Make a security group."""
    return stage.ec2.create_security_group(GroupName=stage.name("g"), Description="d", VpcId=stage.vpc)[
        "GroupId"
    ]


@pytest.fixture(scope="module")
def wanted(stage: Stage, group: str) -> dict[str, Any]:
    """Give what a broker is made from, but for its name."""
    return {
        "EngineType": "RABBITMQ",
        "EngineVersion": "3.13",
        "HostInstanceType": "mq.m7g.medium",
        "DeploymentMode": "SINGLE_INSTANCE",
        "PubliclyAccessible": False,
        "AutoMinorVersionUpgrade": True,
        "SubnetIds": stage.subnets[:1],
        "SecurityGroups": [group],
        "Users": [{"Username": "chief", "Password": PASSWORD}],
        "Logs": {"General": True},
    }


@pytest.fixture(scope="module")
def key(stage: Stage) -> str:
    """Make a key."""
    return stage.kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def broker(stage: Stage, mq: Any, wanted: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """Create a broker with a configuration of its own and wait until it runs."""
    made = mq.create_configuration(Name=stage.name("c"), EngineType="RABBITMQ", EngineVersion="3.13")
    mq.update_configuration(
        ConfigurationId=made["Id"], Data=encoded("# mine\nconsumer_timeout = 123000\n"), Description="long"
    )
    configuration = {"Id": made["Id"], "Revision": 2}
    asked = {"BrokerName": stage.name("broker"), "CreatorRequestId": REQUEST, "Configuration": configuration}
    asked["EncryptionOptions"] = {"UseAwsOwnedKey": False, "KmsKeyId": key}
    created = mq.create_broker(Tags={"team": "data"}, **asked, **wanted)
    assert mq.describe_broker(BrokerId=created["BrokerId"])["BrokerState"] == "CREATION_IN_PROGRESS"
    with pytest.raises(ClientError, match="can't be deleted while CREATION_IN_PROGRESS"):
        mq.delete_broker(BrokerId=created["BrokerId"])
    yield until_running(mq, created["BrokerId"])
    mq.delete_broker(BrokerId=created["BrokerId"])


def until_running(mq: Any, name: str) -> dict[str, Any]:
    """Wait for a broker."""

    def found() -> dict[str, Any]:
        answer = mq.describe_broker(BrokerId=name)
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    wait(lambda: found()["BrokerState"] not in {"CREATION_IN_PROGRESS", "REBOOT_IN_PROGRESS"}, found)
    assert found()["BrokerState"] == "RUNNING"
    return found()


class Management:
    """RabbitMQ's own API, over TLS with the account's authority, at the broker's name."""

    def __init__(self, stage: Stage, broker: dict[str, Any], password: str = PASSWORD) -> None:
        host = host_of(broker)
        self._pool = urllib3.HTTPSConnectionPool(
            stage.address(host),
            MANAGEMENT_PORT,
            ca_certs=str(stage.home / "ca.pem"),
            server_hostname=host,
            assert_hostname=host,
            retries=False,
        )
        self._headers = urllib3.make_headers(basic_auth=f"chief:{password}")

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Call it; return the status and the answer."""
        answer = self._pool.request(
            method, f"/api/{path}", body=json.dumps(body) if body is not None else None, headers=self._headers
        )
        return answer.status, json.loads(answer.data) if answer.data else None


def host_of(broker: dict[str, Any]) -> str:
    """Return the name in a broker's URL."""
    (endpoint,) = broker["BrokerInstances"][0]["Endpoints"]
    return endpoint.removeprefix("amqps://").removesuffix(":5671")


def hello(stage: Stage, host: str, authority: Path, name: str) -> bytes:
    """Begin a connection as an AMQP client does; return the type of the first frame."""
    context = ssl.create_default_context(cafile=str(authority))
    plain = socket.create_connection((stage.address(host), 5671), timeout=5)
    with plain, context.wrap_socket(plain, server_hostname=name) as link:
        link.sendall(b"AMQP\x00\x00\x09\x01")
        return link.recv(1)


@pytest.mark.conformance(
    operation="mq:CreateBroker",
    says="A broker is `CREATION_IN_PROGRESS` until it answers, then `RUNNING`; it is reached over TLS on "
    "port 5671 by the name in its URL.",
    source=f"{GUIDE}/rabbitmq-basic-elements-broker.html",
)
def test_broker_speaks_amqp_over_tls_only(stage: Stage, broker: dict[str, Any], tmp_path: Path) -> None:
    """No plaintext, no other authority, no other host name."""
    host, authority = host_of(broker), stage.home / "ca.pem"
    assert host == f"{broker['BrokerId']}.mq.us-east-1.amazonaws.com"
    assert hello(stage, host, authority, host) == b"\x01"
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed|unable to get local issuer"):
        hello(stage, host, CertificateAuthority(tmp_path).path, host)
    with pytest.raises(ssl.SSLCertVerificationError, match="elsewhere"):
        hello(stage, host, authority, "elsewhere")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((stage.address(host), 5672), timeout=5)


@pytest.mark.conformance(
    operation="mq:CreateBroker",
    says="The user that it is created with is RabbitMQ's administrator; there is no user `guest`.",
    source=f"{GUIDE}/rabbitmq-basic-elements-user.html",
)
def test_the_user_is_administrator(stage: Stage, broker: dict[str, Any]) -> None:
    """And another password is none."""
    status, users = Management(stage, broker).call("GET", "users")
    assert status == 200
    assert [(one["name"], one["tags"]) for one in users] == [("chief", ["administrator"])]
    assert Management(stage, broker, "another password").call("GET", "users")[0] == 401


@pytest.mark.conformance(
    operation="mq:DescribeBroker",
    says="Users of RabbitMQ are not displayed.",
    source=f"{GUIDE}/rabbitmq-basic-elements-user.html",
)
def test_a_broker_is_described(mq: Any, broker: dict[str, Any], wanted: dict[str, Any], key: str) -> None:
    """As it was asked for, with the version's patch and without the password."""
    shown = wanted.keys() & broker.keys() - {"EngineType", "EngineVersion", "Logs", "Users"}
    assert {one: broker[one] for one in shown} == {one: wanted[one] for one in shown}
    assert broker["EngineType"] == "RabbitMQ"
    assert broker["EngineVersion"] == OFFERS["3.13"].patch
    assert broker["Users"] == []
    assert broker["Tags"] == {"team": "data"}
    assert broker["EncryptionOptions"] == {"UseAwsOwnedKey": False, "KmsKeyId": key}
    assert PASSWORD not in json.dumps(broker, default=str)
    names = [one["BrokerName"] for one in mq.list_brokers()["BrokerSummaries"]]
    assert broker["BrokerName"] in names


@pytest.mark.conformance(
    operation="mq:CreateBroker",
    says="General logs go to a log group of the broker.",
    source=f"{GUIDE}/security-logging-monitoring-configure-cloudwatch.html",
)
def test_the_general_log_is_in_cloudwatch(stage: Stage, broker: dict[str, Any]) -> None:
    """As RabbitMQ writes it."""
    name = broker["Logs"]["GeneralLogGroup"]

    def lines() -> list[str]:
        found = stage.logs.filter_log_events(logGroupName=name)["events"]
        return [one["message"] for one in found if "started TLS (SSL) listener" in one["message"]]

    assert wait(lines)


@pytest.mark.conformance(
    operation="mq:UpdateBroker",
    says="Another revision of the configuration or instance type is pending until the broker is rebooted.",
    source=f"{GUIDE}/managing-broker-configurations.html",
)
@pytest.mark.conformance(
    operation="mq:RebootBroker",
    says="It is `REBOOT_IN_PROGRESS`, then `RUNNING` with what was pending; only a running one is rebooted.",
    source=f"{REFERENCE}/brokers-broker-id-reboot.html",
)
def test_changes_wait_for_a_reboot(stage: Stage, mq: Any, broker: dict[str, Any]) -> None:
    """Messages of durable queues are there afterwards, the administrator too."""
    name, rabbit = broker["BrokerId"], Management(stage, broker)
    assert rabbit.call("PUT", "queues/%2F/kept", QUORUM)[0] == 201
    sent = {"properties": {"delivery_mode": 2}, "routing_key": "kept", "payload": "hi"}
    sent["payload_encoding"] = "string"
    assert rabbit.call("POST", "exchanges/%2F/amq.default/publish", sent)[1] == {"routed": True}
    configuration = broker["Configurations"]["Current"]["Id"]
    mq.update_configuration(ConfigurationId=configuration, Data=encoded("consumer_timeout = 0"))
    assert mq.describe_broker(BrokerId=name)["Configurations"] == broker["Configurations"]
    mq.update_broker(
        BrokerId=name,
        Configuration={"Id": configuration, "Revision": 3},
        HostInstanceType="mq.m7g.large",
    )
    found = mq.describe_broker(BrokerId=name)
    assert found["Configurations"]["Current"]["Revision"] == 2
    assert found["Configurations"]["Pending"] == {"Id": configuration, "Revision": 3}
    assert (found["HostInstanceType"], found["PendingHostInstanceType"]) == ("mq.m7g.medium", "mq.m7g.large")
    mq.reboot_broker(BrokerId=name)
    assert mq.describe_broker(BrokerId=name)["BrokerState"] == "REBOOT_IN_PROGRESS"
    for refused in (mq.reboot_broker, mq.update_broker, mq.delete_broker):
        with pytest.raises(ClientError, match="REBOOT_IN_PROGRESS") as error:
            refused(BrokerId=name)
        assert error.value.response["Error"]["Code"] == "BadRequestException"
    found = until_running(mq, name)
    assert found["Configurations"]["Current"] == {"Id": configuration, "Revision": 3}
    assert found["Configurations"]["History"] == [{"Id": configuration, "Revision": 2}]
    assert found["HostInstanceType"] == "mq.m7g.large"
    assert found.keys().isdisjoint({"PendingHostInstanceType", "PendingEngineVersion"})
    given = {"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}
    (message,) = Management(stage, broker).call("POST", "queues/%2F/kept/get", given)[1]
    assert message["payload"] == "hi"


def test_a_network_that_a_broker_is_in_stays(stage: Stage, broker: dict[str, Any], group: str) -> None:
    """Its security group and its subnet."""
    assert broker["SecurityGroups"] == [group]
    with pytest.raises(ClientError, match="DependencyViolation"):
        stage.ec2.delete_security_group(GroupId=group)
    with pytest.raises(ClientError, match="DependencyViolation"):
        stage.ec2.delete_subnet(SubnetId=broker["SubnetIds"][0])


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"BrokerName": "a b"}, "Broker name"),
    "long name": ({"BrokerName": "a" * 51}, "Broker name"),
    "old version": ({"EngineVersion": "3.12"}, r"version \[3.12\] is invalid"),
    "patch": ({"EngineVersion": "3.13.7"}, r"version \[3.13.7\] is invalid"),
    "small instance": (
        {"HostInstanceType": "mq.t3.micro"},
        r"Broker engine type \[RabbitMQ\] does not support host instance type \[mq.t3.micro\]",
    ),
    "instance of 3.13": (
        {"EngineVersion": "4.2", "HostInstanceType": "mq.m5.large"},
        r"does not support host instance type \[mq.m5.large\]",
    ),
    "deployment": ({"DeploymentMode": "ACTIVE_STANDBY_MULTI_AZ"}, "Deployment mode"),
    "no key": ({"EncryptionOptions": {"UseAwsOwnedKey": False, "KmsKeyId": "none"}}, "Can't use the key"),
    "two keys": ({"EncryptionOptions": {"UseAwsOwnedKey": True, "KmsKeyId": "k"}}, "Either useAwsOwnedKey"),
    "audit": ({"Logs": {"Audit": True}}, "Audit logging is not supported"),
    "no patches": ({"AutoMinorVersionUpgrade": False}, "autoMinorVersionUpgrade must be true"),
    "no user": ({"Users": []}, "Specify exactly one user"),
    "default user": ({"Users": [{"Username": DEFAULT_USER, "Password": PASSWORD}]}, "default user"),
    "tilde": ({"Users": [{"Username": "a~b", "Password": PASSWORD}]}, "Username"),
    "short": ({"Users": [{"Username": "chief", "Password": "abcdefghijk"}]}, "12 to 250"),
    "long": ({"Users": [{"Username": "chief", "Password": "abcd" * 63}]}, "12 to 250"),
    "monotonous": ({"Users": [{"Username": "chief", "Password": "abcabcabcabc"}]}, "4 unique"),
    "comma": ({"Users": [{"Username": "chief", "Password": "abcdefghijk,"}]}, "none of"),
    "colon": ({"Users": [{"Username": "chief", "Password": "abcdefghijk:"}]}, "none of"),
    "equals": ({"Users": [{"Username": "chief", "Password": "abcdefghijk="}]}, "none of"),
    "no subnet": ({"SubnetIds": []}, "when only one is provided"),
    "no group": ({"SecurityGroups": []}, "when only one is provided"),
    "other subnet": ({"SubnetIds": ["subnet-0"]}, "Can't find subnets"),
    "other group": ({"SecurityGroups": ["sg-0"]}, "not in the VPC"),
    "many groups": ({"SecurityGroups": [f"sg-{number}" for number in range(6)]}, "1 to 5"),
    "day": ({"MaintenanceWindowStartTime": {"DayOfWeek": "NODAY", "TimeOfDay": "03:00"}}, "dayOfWeek"),
    "time": ({"MaintenanceWindowStartTime": {"DayOfWeek": "MONDAY", "TimeOfDay": "3"}}, "timeOfDay"),
    "configuration": ({"Configuration": {"Id": "c-none", "Revision": 1}}, "Can't find requested config"),
}


@pytest.mark.conformance(
    operation="mq:CreateBroker",
    says="Names, versions, instance types, users, passwords, deployment modes and encryption of another kind "
    "are refused.",
    source=f"{REFERENCE}/brokers.html",
    error="BadRequestException",
)
@pytest.mark.parametrize("what", REFUSED)
def test_what_amazon_mq_refuses(stage: Stage, mq: Any, wanted: dict[str, Any], what: str) -> None:
    """Nothing is created."""
    changed, reason = REFUSED[what]
    with pytest.raises(ClientError, match=reason) as error:
        mq.create_broker(**({"BrokerName": stage.name("refused")} | wanted | changed))
    expected = "NotFoundException" if what == "configuration" else "BadRequestException"
    assert error.value.response["Error"]["Code"] == expected
    assert not [one for one in mq.list_brokers()["BrokerSummaries"] if "refused" in one["BrokerName"]]


@pytest.mark.conformance(
    operation="mq:CreateBroker",
    says="`SINGLE_INSTANCE` takes one subnet; several subnets are in different Availability Zones.",
    source=f"{REFERENCE}/brokers.html",
)
def test_subnets_fit_the_deployment(stage: Stage, mq: Any, wanted: dict[str, Any]) -> None:
    """A cluster takes subnets of several zones, one each."""
    with pytest.raises(ClientError, match="exactly one subnet, not 2"):
        mq.create_broker(BrokerName=stage.name("b"), **wanted | {"SubnetIds": stage.subnets})
    twin = stage.ec2.create_subnet(VpcId=stage.vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1a")
    subnets = [stage.subnets[0], twin["Subnet"]["SubnetId"]]
    cluster = {"DeploymentMode": "CLUSTER_MULTI_AZ", "SubnetIds": subnets}
    with pytest.raises(ClientError, match="another availability zone"):
        mq.create_broker(BrokerName=stage.name("b"), **wanted | cluster)


@pytest.mark.conformance(
    operation="mq:CreateBroker",
    says="A name is unique in the account; a repeated `creatorRequestId` makes no second broker.",
    source=f"{REFERENCE}/brokers.html",
    error="ConflictException",
)
def test_a_name_is_taken_once(mq: Any, broker: dict[str, Any], wanted: dict[str, Any]) -> None:
    """And a request that comes again gets the answer of before."""
    again = mq.create_broker(BrokerName=broker["BrokerName"], CreatorRequestId=REQUEST, **wanted)
    assert again["BrokerId"] == broker["BrokerId"]
    with pytest.raises(ClientError, match="already in use") as error:
        mq.create_broker(BrokerName=broker["BrokerName"], **wanted)
    assert error.value.response["Error"]["Code"] == "ConflictException"


@pytest.mark.conformance(
    operation="mq:UpdateUser",
    says="RabbitMQ's users are made and changed with RabbitMQ's own API.",
    source=f"{GUIDE}/rabbitmq-basic-elements-user.html",
    error="BadRequestException",
)
def test_users_are_rabbitmqs_own(mq: Any, broker: dict[str, Any]) -> None:
    """So nobody changes a password here."""
    for call in (mq.create_user, mq.update_user):
        with pytest.raises(ClientError, match="RabbitMQ's own API") as error:
            call(BrokerId=broker["BrokerId"], Username="chief", Password=PASSWORD)
        assert error.value.response["Error"]["Code"] == "BadRequestException"
    assert mq.list_users(BrokerId=broker["BrokerId"])["Users"] == []


@pytest.mark.conformance(
    operation="mq:UpdateBroker",
    says="RabbitMQ is upgraded to the next version, with a configuration of that one, by a reboot.",
    source=f"{GUIDE}/upgrading-rabbitmq-v3-to-v4.html",
    error="BadRequestException",
)
def test_a_broker_is_upgraded(stage: Stage, mq: Any, broker: dict[str, Any]) -> None:
    """Not back again."""
    name = broker["BrokerId"]
    with pytest.raises(ClientError, match="of engine version") as error:
        mq.update_broker(BrokerId=name, EngineVersion="4.2")
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    newer = mq.create_configuration(Name=stage.name("c"), EngineType="RABBITMQ", EngineVersion="4.2")["Id"]
    mq.update_broker(BrokerId=name, EngineVersion="4.2", Configuration={"Id": newer, "Revision": 1})
    found = mq.describe_broker(BrokerId=name)
    assert (found["EngineVersion"], found["PendingEngineVersion"]) == (
        OFFERS["3.13"].patch,
        OFFERS["4.2"].patch,
    )
    mq.reboot_broker(BrokerId=name)
    assert until_running(mq, name)["EngineVersion"] == OFFERS["4.2"].patch
    with pytest.raises(ClientError, match="can't be changed from version"):
        mq.update_broker(BrokerId=name, EngineVersion="3.13")


@pytest.mark.conformance(
    operation="mq:UpdateConfiguration",
    says="`consumer_timeout` is 0 to 2,147,483,647 ms, `heartbeat` 60 to 3600 s; other keys of RabbitMQ are "
    "refused, limits of resources before RabbitMQ 4.",
    source=f"{GUIDE}/configurable-values.html",
    error="BadRequestException",
)
@pytest.mark.parametrize(
    ("version", "data", "reason"),
    [
        ("3.13", "consumer_timeout = 2147483648", "between 0 and 2147483647"),
        ("3.13", "consumer_timeout = soon", "between"),
        ("3.13", "heartbeat = 59", "between 60 and 3600"),
        ("3.13", "secure.management.http.headers.enabled = yes", "true or false"),
        ("3.13", "vm_memory_high_watermark.relative = 0.9", "does not support the key"),
        ("3.13", "connection_max = 100", "does not support the key"),
        ("4.2", "connection_max = none", "between 1"),
        ("4.2", "just words", "without a key"),
    ],
)
def test_a_configuration_sets_what_it_may(
    stage: Stage, mq: Any, version: str, data: str, reason: str
) -> None:
    """A refused revision does not exist."""
    name = stage.name("c")
    made = mq.create_configuration(Name=name, EngineType="RABBITMQ", EngineVersion=version)["Id"]
    with pytest.raises(ClientError, match=reason) as error:
        mq.update_configuration(ConfigurationId=made, Data=encoded(data))
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    revisions = mq.list_configuration_revisions(ConfigurationId=made)["Revisions"]
    assert [one["Revision"] for one in revisions] == [1]
    mq.delete_configuration(ConfigurationId=made)


@pytest.mark.conformance(
    operation="mq:DescribeConfigurationRevision",
    says="A revision is kept as it was given.",
    source=f"{REFERENCE}/configurations-configuration-id-revisions-configuration-revision.html",
)
def test_revisions_are_kept(stage: Stage, mq: Any) -> None:
    """Each with its number and description."""
    name = stage.name("c")
    made = mq.create_configuration(Name=name, EngineType="RABBITMQ", EngineVersion="4.2")["Id"]
    data = encoded("# limits\nconnection_max = 300\nconsumer_timeout = 0\n")
    mq.update_configuration(ConfigurationId=made, Data=data, Description="second")
    found = mq.describe_configuration(ConfigurationId=made)
    assert (found["LatestRevision"]["Revision"], found["LatestRevision"]["Description"]) == (2, "second")
    revision = mq.describe_configuration_revision(ConfigurationId=made, ConfigurationRevision="2")
    assert revision["Data"] == data
    with pytest.raises(ClientError, match="NotFoundException"):
        mq.describe_configuration_revision(ConfigurationId=made, ConfigurationRevision="3")


@pytest.mark.conformance(
    operation="mq:DeleteConfiguration",
    says="A configuration that a broker has is not deleted.",
    source=f"{REFERENCE}/configurations-configuration-id.html",
    error="ConflictException",
)
def test_a_configuration_in_use_stays(
    stage: Stage, mq: Any, broker: dict[str, Any], wanted: dict[str, Any]
) -> None:
    """Nor has a broker one of another version."""
    other = mq.create_configuration(Name=stage.name("c"), EngineType="RABBITMQ", EngineVersion="4.2")["Id"]
    with pytest.raises(ClientError, match="of engine version"):
        mq.create_broker(BrokerName=stage.name("b"), Configuration={"Id": other, "Revision": 1}, **wanted)
    used = mq.describe_broker(BrokerId=broker["BrokerId"])["Configurations"]["Current"]
    with pytest.raises(ClientError, match="in use by broker") as error:
        mq.delete_configuration(ConfigurationId=used["Id"])
    assert error.value.response["Error"]["Code"] == "ConflictException"


def test_what_is_not_there_is_not_found(mq: Any) -> None:
    """Brokers and configurations."""
    for call in (mq.describe_broker, mq.reboot_broker, mq.delete_broker, mq.update_broker):
        with pytest.raises(ClientError, match="NotFoundException"):
            call(BrokerId="b-none")
    with pytest.raises(ClientError, match="NotFoundException"):
        mq.describe_configuration(ConfigurationId="c-none")


def test_brokers_come_back(tmp_path: Path) -> None:
    """After a stop: the same address, user and messages; meanwhile no process of a broker is left."""
    with staged(tmp_path, "no-image") as stage:
        mq = client(stage.environment, "mq")
        group = stage.ec2.create_security_group(GroupName="g", Description="d", VpcId=stage.vpc)["GroupId"]
        name = mq.create_broker(
            BrokerName="kept", EngineType="RABBITMQ", HostInstanceType="mq.m7g.medium",
            DeploymentMode="CLUSTER_MULTI_AZ", AutoMinorVersionUpgrade=True, PubliclyAccessible=False,
            SubnetIds=stage.subnets, SecurityGroups=[group],
            Users=[{"Username": "chief", "Password": PASSWORD}],
        )["BrokerId"]  # fmt: skip
        before = until_running(mq, name)
        address = stage.address(host_of(before))
        assert Management(stage, before).call("PUT", "queues/%2F/kept", QUORUM)[0] == 201
        assert stop(tmp_path)
        for port in (5671, MANAGEMENT_PORT):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=5)
        assert not list((tmp_path / "mq" / name).glob("**/erl_crash.dump"))
        start(tmp_path)
        assert until_running(mq, name) == before
        assert stage.address(host_of(before)) == address
        wait(lambda: Management(stage, before).call("GET", "queues/%2F/kept")[0] == 200)
        mq.delete_broker(BrokerId=name)
        wait(lambda: not mq.list_brokers()["BrokerSummaries"])
        wait(lambda: not (tmp_path / "mq" / name).exists())
        assert stage.addresses(host_of(before)) == set()
