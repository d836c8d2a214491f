"""`RabbitmqBroker` under mocks: private, TLS, patience for long tasks; its URL only as a secret."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from components.data.broker_args import BrokerArgs
from components.data.rabbitmq_broker import RabbitmqBroker
from components.model.brokers.rabbitmq import Rabbitmq, fingerprint
from components.model.settings.broker_settings import BrokerKind
from components.model.settings.rabbitmq_settings import RabbitmqSettings, RabbitmqVersion
from components.model.settings.settings import BrokerSettings
from tests.helpers.pulumi_mocks import Recording, record

ARGS = BrokerArgs(
    settings=BrokerSettings(kind=BrokerKind.RABBITMQ),
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_ids=["group"],
    kms_key_arn=None,
    protect=True,
    discard_data=False,
)
HOST = "mq.mq.eu-west-1.amazonaws.com"


def _broker(args: BrokerArgs = ARGS) -> Recording:
    return record(lambda: RabbitmqBroker("mq", Rabbitmq(consumer_timeout_milliseconds=46_800_000), args))


def _with(**settings: object) -> BrokerArgs:
    rabbitmq = RabbitmqSettings(**settings)  # pyright: ignore[reportArgumentType]
    return replace(ARGS, settings=replace(ARGS.settings, rabbitmq=rabbitmq))


def test_a_single_instance_in_full() -> None:
    """In one subnet, as AWS wants it; private, patched and logged."""
    made = dict(_broker().one("mq/broker:Broker").clear)
    del made["tags"]
    assert made.pop("users") == [{"username": "airflow", "password": "[secret]"}]
    assert made == {
        "applyImmediately": True,
        "autoMinorVersionUpgrade": True,
        "configuration": {"id": "mq.id", "revision": 2},
        "deploymentMode": "SINGLE_INSTANCE",
        "engineType": "RabbitMQ",
        "engineVersion": "4.2",
        "hostInstanceType": "mq.m7g.medium",
        "logs": {"general": True},
        "maintenanceWindowStartTime": {"dayOfWeek": "SUNDAY", "timeOfDay": "03:00", "timeZone": "UTC"},
        "publiclyAccessible": False,
        "securityGroups": ["group"],
        "subnetIds": ["subnet-a"],
    }


def test_a_cluster_is_in_all_zones() -> None:
    """With the version and size that somebody wants."""
    args = _with(
        cluster=True,
        engine_version=RabbitmqVersion.V3_13,
        instance_type="mq.m5.large",
        maintenance_window="friday 23:30",
    )
    recording = _broker(args)
    made = recording.one("mq/broker:Broker").inputs
    assert made["deploymentMode"] == "CLUSTER_MULTI_AZ"
    assert made["subnetIds"] == ["subnet-a", "subnet-b"]
    assert (made["engineVersion"], made["hostInstanceType"]) == ("3.13", "mq.m5.large")
    assert made["maintenanceWindowStartTime"]["dayOfWeek"] == "FRIDAY"
    assert recording.one("mq/configuration:Configuration").inputs["engineVersion"] == "3.13"


def test_the_configuration_waits_for_long_tasks() -> None:
    """RabbitMQ's own half an hour would give their messages to other workers."""
    made = _broker().one("mq/configuration:Configuration").inputs
    assert made == {
        "data": "consumer_timeout = 46800000\n",
        "engineType": "RabbitMQ",
        "engineVersion": "4.2",
    }


def test_the_stacks_key_encrypts() -> None:
    """If it has one; else one of AWS's own."""
    made = _broker(replace(ARGS, kms_key_arn="arn:key")).one("mq/broker:Broker").inputs
    assert made["encryptionOptions"] == {"kmsKeyId": "arn:key", "useAwsOwnedKey": False}


def test_the_url_is_a_secret() -> None:
    """AMQP over TLS, the virtual host `/`, characters that Amazon MQ takes in a password."""
    recording = _broker()
    version = recording.one("SecretVersion")
    found = urlsplit(str(version.inputs["secretString"]))
    assert (found.scheme, found.hostname, found.port, found.path) == ("amqps", HOST, 5671, "//")
    assert found.username == "airflow"
    assert unquote(found.password or "") == recording.one("mq/broker:Broker").inputs["users"][0]["password"]
    assert version.clear["secretString"] == "[secret]"
    password = recording.one("RandomPassword").inputs
    assert (password["length"], password["special"]) == (64, False)


def test_broker_and_password_are_protected_together() -> None:
    """A new password would not be the broker's: Amazon MQ changes none."""
    for protect in (True, False):
        recording = _broker(replace(ARGS, protect=protect))
        assert recording.one("mq/broker:Broker").protect is protect
        assert recording.one("RandomPassword").protect is protect


def test_another_password_is_another_broker() -> None:
    """Else the URL would have a password that the broker does not know: the provider changes none."""
    recording = _broker()
    made = recording.one("mq/broker:Broker")
    (password,) = (one["password"] for one in made.inputs["users"])
    assert made.clear["tags"] == {"airflow-password": fingerprint(password)}
    assert made.replace_on_changes == ('tags["airflow-password"]',)
    assert made.ignore_changes == ()
    assert fingerprint(password) not in password
    assert fingerprint(password) != fingerprint(f"{password}x")
