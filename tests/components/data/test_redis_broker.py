"""`RedisBroker` under mocks: TLS, a token, cluster mode off; its URL only as a secret."""

from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

import pytest

from components.data.broker_args import BrokerArgs
from components.data.redis_broker import RedisBroker
from components.model.settings.broker_settings import BrokerEngine
from components.model.settings.settings import BrokerSettings
from tests.helpers.pulumi_mocks import Recording, record

ARGS = BrokerArgs(
    settings=BrokerSettings(),
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_ids=["group"],
    kms_key_arn=None,
    protect=True,
    discard_data=False,
)


def _broker(args: BrokerArgs = ARGS) -> Recording:
    return record(lambda: RedisBroker("mq", args))


def test_the_replication_group_in_full() -> None:
    """Encrypted at rest and on its way, with a token; no cluster mode, which Celery cannot use."""
    assert _broker().one("ReplicationGroup").clear == {
        "applyImmediately": True,
        "atRestEncryptionEnabled": True,
        "authToken": "[secret]",
        "autoMinorVersionUpgrade": True,
        "automaticFailoverEnabled": False,
        "description": "Airflow: Celery broker",
        "engine": "valkey",
        "engineVersion": "8.0",
        "multiAzEnabled": False,
        "nodeType": "cache.t4g.micro",
        "numCacheClusters": 1,
        "parameterGroupName": "mq",
        "port": 6379,
        "securityGroupIds": ["group"],
        "subnetGroupName": "mq",
        "transitEncryptionEnabled": True,
    }


@pytest.mark.parametrize(
    ("engine", "given", "version", "family"),
    [
        (BrokerEngine.VALKEY, "", "8.0", "valkey8"),
        (BrokerEngine.VALKEY, "8.1", "8.1", "valkey8"),
        (BrokerEngine.VALKEY, "7.2", "7.2", "valkey7"),
        (BrokerEngine.REDIS, "", "7.1", "redis7"),
    ],
)
def test_engine_version_and_parameters_fit(
    engine: BrokerEngine, given: str, version: str, family: str
) -> None:
    """A version that AWS raised can be named; a full queue refuses new messages and forgets none."""
    recording = _broker(replace(ARGS, settings=BrokerSettings(engine=engine, engine_version=given)))
    assert recording.one("ReplicationGroup").inputs["engineVersion"] == version
    parameters = recording.one("ParameterGroup").inputs
    assert parameters["family"] == family
    assert parameters["parameters"] == [{"name": "maxmemory-policy", "value": "noeviction"}]


def test_a_replica_brings_failover() -> None:
    """Two nodes in two zones, and AWS changes over by itself."""
    recording = _broker(replace(ARGS, settings=BrokerSettings(replica_count=1)))
    group = recording.one("ReplicationGroup").inputs
    assert (group["numCacheClusters"], group["automaticFailoverEnabled"], group["multiAzEnabled"]) == (
        2,
        True,
        True,
    )


def test_the_url_checks_the_certificate_and_carries_the_token() -> None:
    """`rediss`, with the token that the group was made with, and nothing of it in plaintext."""
    recording = _broker()
    version = recording.one("SecretVersion")
    found = urlsplit(str(version.inputs["secretString"]))
    assert (found.scheme, found.hostname, found.port) == ("rediss", "mq.cache", 6379)
    assert found.query == "ssl_cert_reqs=required&ssl_ca_certs=/opt/airflow/certs/broker.pem"
    assert unquote(found.password or "") == recording.one("ReplicationGroup").inputs["authToken"]
    assert version.clear["secretString"] == "[secret]"
    assert "planted" not in recording.in_plaintext()


@pytest.mark.parametrize("protect", [True, False])
def test_it_is_locked_as_asked(*, protect: bool) -> None:
    """ElastiCache has no lock of its own, so Pulumi's is the only one."""
    assert _broker(replace(ARGS, protect=protect)).one("ReplicationGroup").protect is protect


@pytest.mark.parametrize(
    ("names", "token", "strategy"),
    [
        (("1",), "mq-token", None),
        (("2", "1"), "mq-token-2", "ROTATE"),
        (("2",), "mq-token-2", "SET"),
    ],
)
def test_the_broker_accepts_both_tokens_while_services_are_replaced(
    names: tuple[str, ...], token: str, strategy: str | None
) -> None:
    """And afterwards the new one only. Who never rotated has no strategy, as before."""
    recording = _broker(replace(ARGS, settings=BrokerSettings(token_names=names)))
    group = recording.one("ReplicationGroup").inputs
    assert group["authToken"].startswith(f"planted-{token}-/")
    assert group.get("authTokenUpdateStrategy") == strategy
    assert quote(f"planted-{token}-/", safe="") in recording.one("SecretVersion").inputs["secretString"]
    assert len(recording.names("RandomPassword")) == len(names)
