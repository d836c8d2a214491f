"""Who gets into the running cluster, and who does not."""

import http.client
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import requests

from components.model.iam.iam_documents import document, statement
from tests.helpers.polling import wait_for
from tests.local.cluster.disclosure import contents_of, disclosed, secrets_of
from tests.local.cluster.running import PROJECT, Cluster

pytestmark = pytest.mark.cluster

Connect = Callable[..., psycopg.Connection]
READ = "secretsmanager:GetSecretValue"
FOREIGN_CAS = "/etc/ssl/certs/ca-certificates.crt"
"""In every base image; none of them signed the database's certificate."""


@pytest.fixture
def connect(cluster: Cluster) -> Connect:
    """Connects to the database as the migration does, but for what a test says."""
    return cluster.connect


@pytest.fixture
def distrustful_scheduler(cluster: Cluster) -> Iterator[str]:
    """A copy of the scheduler's task definition whose database URL names foreign CAs; its ARN."""
    ecs, secrets, iam = (cluster.client(name) for name in ("ecs", "secretsmanager", "iam"))
    url = re.sub(
        "sslrootcert=[^&]+", f"sslrootcert={quote(FOREIGN_CAS, safe='')}", cluster.secret("database-url")
    )
    secret = secrets.create_secret(Name="wrong-ca", SecretString=url)["ARN"]
    arn = cluster.services()["scheduler"]["taskDefinition"]
    known = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    (container,) = known["containerDefinitions"]
    for reference in container["secrets"]:
        if reference["valueFrom"] == cluster.outputs["secret_arns"]["database-url"]:
            reference["valueFrom"] = secret
    policy = {
        "RoleName": known["executionRoleArn"].rpartition("/")[2],
        "PolicyName": "wrong-ca",
    }
    iam.put_role_policy(**policy, PolicyDocument=json.dumps(document([statement([READ], [secret])])))
    kept = ("executionRoleArn", "taskRoleArn", "networkMode", "volumes", "cpu", "memory", "runtimePlatform")
    copy = ecs.register_task_definition(
        family="wrong-ca",
        containerDefinitions=[container],
        requiresCompatibilities=["FARGATE"],
        **{field: known[field] for field in kept},
    )["taskDefinition"]["taskDefinitionArn"]
    yield copy
    ecs.deregister_task_definition(taskDefinition=copy)
    iam.delete_role_policy(**policy)
    secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("password", ["admin", "airflow", "another"])
def test_wrong_password_is_refused(cluster: Cluster, password: str) -> None:
    """The generated one is the only one; no default of Airflow's is left."""
    login = {"username": "admin", "password": password}
    assert requests.post(f"{cluster.outputs['url']}/auth/token", json=login, timeout=30).status_code == 401


@pytest.mark.parametrize(
    "path", ["/execution/health", "/execution%2Fhealth", "/%65xecution/health", "//execution/health"]
)
def test_execution_api_is_closed_to_the_outside(cluster: Cluster, path: str) -> None:
    """However the path is written: tasks reach it inside the network, at a port that no listener leads to."""
    assert "healthy" not in answer(cluster.outputs["url"], "GET", path)
    (task,) = cluster.tasks(serviceName=cluster.outputs["service_names"]["execution-api"])
    inside = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    assert "healthy" in answer(f"http://{inside}:8081", "GET", path.replace("//", "/"))


def answer(url: str, method: str, path: str) -> str:
    """Ask for a path as it is written, which `requests` would mend, and give the answer's text."""
    there = urlsplit(url)
    connection = http.client.HTTPConnection(there.hostname or "", there.port or 80, timeout=30)
    try:
        connection.request(method, path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_database_wants_tls(connect: Connect) -> None:
    """With encryption the user gets in, without it the same user does not."""
    with connect() as connection:
        row = connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone()
    assert row == (True,)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(sslmode="disable")


def test_database_of_a_foreign_ca_gets_no_password(connect: Connect) -> None:
    """Whoever poses as the database needs its certificate."""
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(sslrootcert=str(PROJECT / "docker/ca/rds-global-bundle.pem"))


def test_a_service_with_a_wrong_ca_does_not_start(cluster: Cluster, distrustful_scheduler: str) -> None:
    """It ends at once, and its last line says why."""
    service = cluster.services()["scheduler"]
    (task,) = cluster.client("ecs").run_task(
        cluster=cluster.outputs["cluster_name"],
        taskDefinition=distrustful_scheduler,
        launchType="FARGATE",
        networkConfiguration=service["networkConfiguration"],
    )["tasks"]

    def ended() -> dict[str, Any] | None:
        found = cluster.tasks(family="wrong-ca", desiredStatus="STOPPED")
        return next((one for one in found if one["lastStatus"] == "STOPPED"), None)

    assert wait_for("the task with the wrong CA ended", ended)["containers"][0]["exitCode"] != 0
    log = cluster.container_log(cluster.outputs["log_groups"]["scheduler"], task["taskArn"])
    assert "certificate" in log.splitlines()[-1]


@pytest.mark.parametrize("service", ["scheduler", "dag-processor"])
def test_code_may_what_its_services_role_may(cluster: Cluster, service: str) -> None:
    """A DAG that asks for data while it is parsed fails with AccessDenied, as on AWS; its tasks may ask."""
    code = f"import boto3; boto3.client('s3').list_objects_v2(Bucket={cluster.outputs['data_bucket']!r})"
    running = cluster.services()[service]
    definition = running["taskDefinition"]
    ecs = cluster.client("ecs")
    [container] = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"][
        "containerDefinitions"
    ]
    override = {"name": container["name"], "command": ["python", "-c", code]}
    (task,) = ecs.run_task(
        cluster=cluster.outputs["cluster_name"],
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=running["networkConfiguration"],
        overrides={"containerOverrides": [override]},
    )["tasks"]

    def ended() -> dict[str, Any] | None:
        given = {"cluster": cluster.outputs["cluster_name"], "tasks": [task["taskArn"]]}
        # Not known at once: ECS is eventually consistent.
        found = ecs.describe_tasks(**given)["tasks"]
        return next((one for one in found if one["lastStatus"] == "STOPPED"), None)

    code_of_end = wait_for("the task ended", ended)["containers"][0]["exitCode"]
    log = cluster.container_log(cluster.outputs["log_groups"][service], task["taskArn"])
    refused = "because no identity-based policy allows the s3:ListBucket action"
    assert (code_of_end == 0, refused in log) == (service == "scheduler", service == "dag-processor"), log


def test_no_secret_stands_in_plaintext(cluster: Cluster) -> None:
    """Neither in task definitions nor in outputs, logs or state."""
    assert disclosed(secrets_of(cluster), contents_of(cluster)) == []
