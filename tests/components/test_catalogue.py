"""A made-up service, executor and broker: one function each, given to the catalogue.

Under mocks, it shows what reaches the resources; not that AWS takes them, or that the image could run them.
"""

import json
from dataclasses import replace
from typing import Any

from components import AirflowCluster
from components.model.brokers.broker import BROKER, Broker
from components.model.executors.executor import Executor
from components.model.iam.grants import Grants
from components.model.iam.iam_documents import Document
from components.model.secrets import Secret
from components.model.services import execution_api, worker
from components.model.services.service import DATABASE, Service
from components.model.settings.settings import Executor as ExecutorName
from components.model.settings.settings import RoleSettings, Settings
from components.model.workload.catalogue import CATALOGUE, Catalogue
from tests.helpers.pulumi_mocks import Recording, record

SIZE = RoleSettings(cpu_units=512, memory_mib=1024, count=2)


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
        size=SIZE,
        count=2,
        secrets=frozenset({Secret.JWT_SECRET}),
        environment={"LINEAGE": "on"},
        statements=(_publish,),
        port=9000,
        calls=(execution_api.NAME, DATABASE),
    )


def batch(_settings: Settings, broker: Broker) -> Executor:
    """An executor that submits jobs, with an agent that watches them."""
    agent = Service(name="agent", command=("airflow", "agent"), size=SIZE, count=1, calls=("lineage",))
    return Executor(
        name="BatchExecutor",
        services=(agent,),
        environment={"AIRFLOW__BATCH__QUEUE": "jobs"},
        secrets=frozenset({Secret.FLOWER_LOGIN}),
        calls=(BROKER,),
        statements=(_submit,),
        parallelism=7,
        broker=broker,
    )


def queue(_settings: Settings) -> Broker:
    """A broker without a password, whose access IAM grants."""
    return Broker(port=5671, environment={"AIRFLOW__CELERY__BROKER_URL": "sqs://"}, statements=(_send,))


def _cluster(catalogue: Catalogue, executor: ExecutorName = ExecutorName.LOCAL) -> Recording:
    return record(lambda: AirflowCluster("air", Settings(executor=executor), catalogue=catalogue))


def _container(recording: Recording, name: str) -> dict[str, Any]:
    definitions = json.loads(recording.one("TaskDefinition", f"air-{name}").inputs["containerDefinitions"])
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
    assert [one["name"] for one in container["secrets"]] == ["AIRFLOW__API_AUTH__JWT_SECRET"]
    variables = _environment(recording, "lineage")
    assert (variables["AIRFLOW_ECS_ROLE"], variables["LINEAGE"]) == ("lineage", "on")
    assert container["healthCheck"]["command"][-1] == "lineage"
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
    for name in ("agent", "scheduler", "triggerer"):
        variables = _environment(recording, name)
        assert variables["AIRFLOW__CORE__EXECUTOR"] == "BatchExecutor,LocalExecutor"
        assert variables["AIRFLOW__BATCH__QUEUE"] == "jobs"
    secrets = {one["name"] for one in _container(recording, "scheduler")["secrets"]}
    assert "AIRFLOW__CELERY__FLOWER_BASIC_AUTH" in secrets
    assert ["batch:SubmitJob"] in [one["Action"] for one in _statements(recording, "scheduler")]
    assert _allowed(recording, "agent") == {"air-lineage-from-agent": 9000}
    assert _allowed(recording, "scheduler")["air-broker-from-scheduler"] == 6379
    assert "air-broker-from-triggerer" not in _allowed(recording, "triggerer")


def test_a_broker_is_one_function() -> None:
    """Whoever queues or takes tasks gets its statements and its port, and no secret where it has none."""
    recording = _cluster(
        replace(CATALOGUE, brokers=(queue, *CATALOGUE.brokers)), executor=ExecutorName.CELERY
    )
    for name in ("scheduler", "worker"):
        assert _environment(recording, name)["AIRFLOW__CELERY__BROKER_URL"] == "sqs://"
        secrets = {one["name"] for one in _container(recording, name)["secrets"]}
        assert "AIRFLOW__CELERY__BROKER_URL" not in secrets
        assert ["sqs:SendMessage"] in [one["Action"] for one in _statements(recording, name)]
        assert _allowed(recording, name)[f"air-broker-from-{name}"] == 5671
    queues = _container(recording, "worker")["command"]
    assert queues[queues.index("--queues") + 1] == worker.QUEUE
