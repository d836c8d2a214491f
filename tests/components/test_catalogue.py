"""A made-up service, executor and broker: one function each, given to the catalogue.

Under mocks, it shows what reaches the resources; not that AWS takes them, or that the image could run them.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import AirflowCluster
from components.base.component import Component
from components.base.stored_secret import SecretReference, StoredSecret, StoredSecretArgs
from components.data.broker_args import BrokerArgs, Queue
from components.data.brokers import create_broker
from components.model import image_contract
from components.model.brokers.broker import BROKER, Broker
from components.model.executors.executor import AirflowExecutor
from components.model.iam.grants import Grants
from components.model.iam.iam_documents import Document
from components.model.secrets import Secret
from components.model.services import execution_api
from components.model.services.service import DATABASE, Service, Target
from components.model.settings.settings import Executor, ServiceSettings, Settings
from components.model.settings.worker_group import DEFAULT_QUEUE
from components.model.workload.catalogue import CATALOGUE, Catalogue
from components.model.workload.consistency import CatalogueError
from components.model.workload.workload import workload
from tests.helpers.pulumi_mocks import Recording, record

SIZE = ServiceSettings(cpu_units=512, memory_mib=1024, count=2)


def _publish(grants: Grants) -> list[Document]:
    return [{"Effect": "Allow", "Action": ["sns:Publish"], "Resource": [f"{grants.data_bucket_arn}/topic"]}]


def _submit(_grants: Grants) -> list[Document]:
    return [{"Effect": "Allow", "Action": ["batch:SubmitJob"], "Resource": ["arn:job"]}]


def _send(_grants: Grants) -> list[Document]:
    return [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["arn:queue"]}]


def lineage(_settings: Settings) -> Service:
    """A service that tasks' lineage goes to."""
    return Service(
        name="lineage",
        command=("airflow", "lineage"),
        health_command=("CMD-SHELL", "lineage ping"),
        size=SIZE,
        count=2,
        secrets=frozenset({Secret.JWT_PRIVATE_KEYS}),
        environment={"LINEAGE": "on"},
        statements=(_publish,),
        port=9000,
        calls=(execution_api.NAME, DATABASE),
    )


def batch(_settings: Settings, broker: Broker) -> AirflowExecutor:
    """An executor that submits jobs, with an agent that watches them."""
    agent = Service(name="agent", command=("agent",), size=SIZE, count=1, calls=("lineage",))
    return AirflowExecutor(
        name="BatchExecutor",
        services=(agent,),
        environment={"AIRFLOW__BATCH__QUEUE": "jobs"},
        secrets=frozenset({Secret.FLOWER_LOGIN}),
        calls=(BROKER,),
        statements=(_submit,),
        parallelism=3,
        broker=broker,
    )


def queue(_settings: Settings) -> Broker:
    """A broker without a password, whose access IAM grants, and which exists."""
    return Broker(
        exists=True, port=5671, environment={"AIRFLOW__CELERY__BROKER_URL": "sqs://"}, statements=(_send,)
    )


@dataclass(frozen=True, kw_only=True)
class Rabbit(Broker):
    """A broker that the cluster creates."""


def rabbit(_settings: Settings) -> Rabbit:
    """A broker with a URL that holds its password."""
    return Rabbit(port=5671, secrets=frozenset({Secret.BROKER_URL}))


class RabbitBroker(Component):
    """Makes a broker of Amazon MQ, and its URL as a secret."""

    endpoint: pulumi.Output[str]
    """Its id."""
    secret_references: Mapping[Secret, SecretReference]
    """Its URL."""
    queues: Mapping[str, Queue]
    """None."""

    def __init__(self, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        broker = aws.mq.Broker(
            name,
            broker_name=name,
            engine_type="RabbitMQ",
            engine_version="3.13",
            host_instance_type="mq.m5.large",
            security_groups=[*args.security_group_ids],
            users=[{"username": "airflow", "password": "made-up-password"}],
            opts=self._child(),
        )
        url = StoredSecretArgs(
            value="amqps://", description="URL", discard_data=args.discard_data, kms_key_arn=args.kms_key_arn
        )
        self.endpoint, self.queues = broker.id, {}
        self.resource_name = broker.broker_name
        self.secret_references = {
            Secret.BROKER_URL: StoredSecret(f"{name}-url", url, self._child()).reference
        }
        self._register()


@create_broker.register(Rabbit)
def _(_broker: Rabbit, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions) -> RabbitBroker:
    return RabbitBroker(name, args, opts)


def _cluster(catalogue: Catalogue, executor: Executor = Executor.LOCAL) -> Recording:
    return record(lambda: AirflowCluster("air", Settings(executor=executor), catalogue=catalogue))


def _container(recording: Recording, name: str) -> dict[str, Any]:
    definitions = json.loads(
        recording.one("ecs/taskDefinition:TaskDefinition", f"air-{name}").inputs["containerDefinitions"]
    )
    (container,) = (one for one in definitions if one["name"] == name)
    return container


def _environment(recording: Recording, name: str) -> dict[str, str]:
    return {one["name"]: one["value"] for one in _container(recording, name)["environment"]}


def _statements(recording: Recording, name: str) -> list[Document]:
    return json.loads(recording.one("RolePolicy", f"air-{name}-task").inputs["policy"])["Statement"]


def _allowed(recording: Recording, source: str) -> dict[str, int]:
    return {
        one.name: int(one.inputs["fromPort"])
        for one in recording.all("SecurityGroupIngressRule")
        if one.name.endswith(f"-from-{source}")
    }


def test_a_service_is_one_function() -> None:
    """Its command, variables, secrets, statements and connections are all that it takes."""
    recording = _cluster(replace(CATALOGUE, services=(*CATALOGUE.services, lineage)))
    container = _container(recording, "lineage")
    assert (container["command"], container["memory"]) == (["airflow", "lineage"], 1024)
    assert [one["name"] for one in container["secrets"]] == ["AIRFLOW_ECS_JWT_PRIVATE_KEYS"]
    variables = _environment(recording, "lineage")
    assert (variables["AIRFLOW_ECS_SERVICE"], variables["LINEAGE"]) == ("lineage", "on")
    assert container["healthCheck"]["command"] == ["CMD-SHELL", "lineage ping"]
    assert [one["Action"] for one in _statements(recording, "lineage")] == [["sns:Publish"]]
    assert _allowed(recording, "lineage") == {
        "air-api-server-from-lineage": 8081,
        "air-database-from-lineage": 5432,
    }
    assert recording.one("ecs/service:Service", "air-lineage").inputs["desiredCount"] == 2


def test_an_executor_is_one_function() -> None:
    """Its services, and what scheduler and all others get of it; with others it is Airflow's list of them."""
    services, executors = (*CATALOGUE.services, lineage), (batch, *CATALOGUE.executors)
    recording = _cluster(replace(CATALOGUE, services=services, executors=executors))
    check = ["CMD", image_contract.HEALTHCHECK, "agent"]
    assert _container(recording, "agent")["healthCheck"]["command"] == check
    for name in ("agent", "scheduler", "triggerer"):
        variables = _environment(recording, name)
        assert variables["AIRFLOW__CORE__EXECUTOR"].startswith("BatchExecutor,LocalExecutor:")
        assert variables["AIRFLOW__BATCH__QUEUE"] == "jobs"
    secrets = {one["name"] for one in _container(recording, "scheduler")["secrets"]}
    assert "AIRFLOW__CELERY__FLOWER_BASIC_AUTH" in secrets
    assert ["batch:SubmitJob"] in [one["Action"] for one in _statements(recording, "scheduler")]
    assert _allowed(recording, "agent") == {"air-lineage-from-agent": 9000}
    assert _allowed(recording, "scheduler")["air-broker-from-scheduler"] == 6379
    assert "air-broker-from-triggerer" not in _allowed(recording, "triggerer")


def test_a_broker_is_one_function() -> None:
    """Whoever queues or takes tasks gets its statements and its port, and no secret where it has none."""
    recording = _cluster(replace(CATALOGUE, brokers=(queue, *CATALOGUE.brokers)), executor=Executor.CELERY)
    for name in ("scheduler", "worker"):
        assert _environment(recording, name)["AIRFLOW__CELERY__BROKER_URL"] == "sqs://"
        secrets = {one["name"] for one in _container(recording, name)["secrets"]}
        assert "AIRFLOW__CELERY__BROKER_URL" not in secrets
        assert ["sqs:SendMessage"] in [one["Action"] for one in _statements(recording, name)]
        assert _allowed(recording, name)[f"air-broker-from-{name}"] == 5671
    queues = _container(recording, "worker")["command"]
    assert queues[queues.index("--queues") + 1] == DEFAULT_QUEUE
    assert not recording.all("ReplicationGroup"), "nobody would use it"


def test_a_broker_without_a_component_is_refused() -> None:
    """A forgotten registration is named, with what to do; no secret of the broker is missed later."""

    class Kafka(Broker):
        pass

    def kafka(_: Settings) -> Broker:
        return Kafka(port=9092)

    catalogue = replace(CATALOGUE, brokers=(kafka, *CATALOGUE.brokers))
    with pytest.raises(TypeError, match=r"no component creates the broker Kafka.*create_broker.register"):
        _cluster(catalogue, executor=Executor.CELERY)


def test_a_broker_that_the_cluster_creates_is_one_function_class_and_component() -> None:
    """All in one module: its component is created in the place of ElastiCache's, and its secret is read."""
    recording = _cluster(replace(CATALOGUE, brokers=(rabbit, *CATALOGUE.brokers)), executor=Executor.CELERY)
    assert not recording.all("ReplicationGroup")
    made = recording.one("mq/broker:Broker", "air-broker")
    assert made.inputs["securityGroups"] == ["air-broker.id"]
    for name in ("scheduler", "worker"):
        secrets = {one["name"]: one["valueFrom"] for one in _container(recording, name)["secrets"]}
        assert "air-broker-url" in secrets["AIRFLOW__CELERY__BROKER_URL"]
        assert _allowed(recording, name)[f"air-broker-from-{name}"] == 5671


def _made_up(name: str, **fields: Any) -> Callable[[Settings], Service]:
    return lambda _: Service(name=name, command=("x",), size=SIZE, **fields)


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (_made_up("scheduler"), "service scheduler: there are 2. Rename one"),
        (_made_up("x", host="sheduler"), "service x: host names 'sheduler'; there are"),
        (_made_up("x", host="execution-api"), "its host execution-api has a host itself"),
        (_made_up("x", calls=("databse",)), "service x: calls names 'databse'; there are"),
        (_made_up("x", one_off=True), "got migration, x. Schedule the others"),
        (
            _made_up("x", target=Target(name="x", health_path="/")),
            "default target, without a path; got api-server, x",
        ),
        (
            _made_up("x", target=Target(name="x", health_path="/", path="/x", priority=2)),
            "service x: the priority 2 is that of the load balancer's rule for tokens",
        ),
        (
            _made_up("x", target=Target(name="x", health_path="/", path="/x")),
            "must be from 1 to 50000; got 0",
        ),
    ],
)
def test_services_that_do_not_fit_together_are_an_error(
    service: Callable[[Settings], Service], message: str
) -> None:
    """In one line, which names the service, before anything is rendered."""
    with pytest.raises(CatalogueError, match=re.escape(message)):
        workload(Settings(), replace(CATALOGUE, services=(*CATALOGUE.services, service)))


@pytest.mark.parametrize(("field", "kind"), [("brokers", "broker"), ("dag_sources", "DAG source")])
def test_a_catalogue_without_a_choice_is_an_error(field: str, kind: str) -> None:
    """What is missing is named."""
    with pytest.raises(CatalogueError, match=f"the catalogue has no {kind} for these settings. Add one"):
        workload(Settings(), replace(CATALOGUE, **{field: ()}))


def test_several_executors_share_a_limit_and_the_schedulers_memory_limits_its_own_tasks() -> None:
    """Airflow knows one limit for all; the scheduler of the default size carries four tasks."""

    def slots(parallelism: int) -> tuple[str, str]:
        def limited(settings: Settings, broker: Broker) -> AirflowExecutor:
            return replace(batch(settings, broker), parallelism=parallelism)

        catalogue = replace(
            CATALOGUE, services=(*CATALOGUE.services, lineage), executors=(limited, *CATALOGUE.executors)
        )
        (scheduler,) = (one for one in workload(Settings(), catalogue).services if one.runs_executor)
        of = scheduler.environment
        return of["AIRFLOW__CORE__PARALLELISM"], of["AIRFLOW_ECS_LOCAL_PARALLELISM"]

    assert slots(3) == ("3", "3")
    assert slots(500) == ("500", "4")
    assert slots(0) == ("32", "4")
