"""From the Dockerfile to a DAG that ran, in containers of a Docker daemon.

The tests run in order and share the cluster; the last ones change the project's copy. What they do not prove:
the official image plugin (the engine's stand-in builds and pushes), ECR, Fargate.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pulumi import automation as auto

from tests.containers.deployment import Deployment
from tests.engine.changes import preview

pytestmark = [pytest.mark.engine, pytest.mark.long]

DAG_SECONDS = 600
Record = Callable[[str, object], None]


def test_every_service_runs_the_pushed_image_and_is_healthy(deployment: Deployment) -> None:
    """By digest, and the registry has it under that digest."""
    uri = deployment.image_uri()
    assert deployment.layers(uri)
    found = {
        service: (task["healthStatus"], deployment.container_definition(task, service)["image"])
        for service, task in deployment.tasks().items()
    }
    services = ("api-server", "dag-processor", "execution-api", "flower", "scheduler", "triggerer", "worker")
    assert found == dict.fromkeys(services, ("HEALTHY", uri))


def test_containers_match_their_definitions(deployment: Deployment) -> None:
    """No root, no capability, no writable file but in three volumes, no more memory or CPU than paid for."""
    for service, task in deployment.tasks().items():
        container, definition = deployment.container(task, service), deployment.definition(task)
        config, host = container["Config"], container["HostConfig"]
        assert config["User"] == "50000:0", service
        # The image has an init process of its own.
        assert (host["ReadonlyRootfs"], host.get("Init"), host["CapDrop"]) == (True, None, ["ALL"]), service
        memory_mib = int(deployment.container_definition(task, service)["memory"])
        assert host["Memory"] == host["MemorySwap"] == memory_mib * 1024**2, service
        parts = len(definition["containerDefinitions"])
        assert host["NanoCpus"] == int(definition["cpu"]) * 10**9 // 1024 // parts, service
        assert [config["Entrypoint"][0], *config["Cmd"]] == [
            "/opt/airflow/bin/entrypoint",
            *deployment.container_definition(task, service)["command"],
        ], service
        writable = {mount["Destination"] for mount in container["Mounts"] if mount["RW"]}
        assert writable == {"/tmp", "/opt/airflow/logs", "/opt/airflow/run"}, service  # noqa: S108


def test_nothing_tried_to_write_elsewhere(deployment: Deployment) -> None:
    """A service that wants more than its volumes says so in its log."""
    logs = deployment.aws("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    lines = [
        event["message"] for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]
    ]
    assert any("migrate: done" in line for line in lines)
    assert [line for line in lines if "Read-only file system" in line or "Permission denied" in line] == []


def test_the_smoke_dag_succeeds(deployment: Deployment) -> None:
    """Load balancer, API server, DAG processor, scheduler, broker, worker and execution API together."""
    deployment.api.wait_for_dag("smoke", DAG_SECONDS)
    assert deployment.api.run_dag("smoke", {}, DAG_SECONDS)["state"] == "success"


def test_no_layer_holds_a_credential(deployment: Deployment) -> None:
    """Neither the cluster's secrets, nor the registry's login, nor what lies beside the build context."""
    uri = deployment.image_uri()
    repository, _, digest = uri.partition("/")[2].partition("@")
    manifest = deployment.registry.manifest(repository, digest)
    secrets = deployment.aws("secretsmanager")
    values = [
        secrets.get_secret_value(SecretId=arn)["SecretString"]
        for arn in deployment.outputs["secret_arns"].values()
    ]
    looked_for = [
        value.encode() for value in (*values, deployment.registry.login.password, deployment.planted)
    ]
    places = [deployment.registry.blob(repository, manifest["config"]["digest"])]
    places += [gzip.decompress(deployment.registry.blob(repository, one)) for one in deployment.layers(uri)]
    assert any(b"airflow_ecs_image/entrypoint.py" in place for place in places)
    assert not [place[:60] for place in places for value in looked_for if value in place]


def test_an_unchanged_context_changes_nothing(deployment: Deployment) -> None:
    """So nothing is built either."""
    assert preview(deployment.stack) == set()


@pytest.fixture
def dockerfile(deployment: Deployment) -> Iterator[Path]:
    """The copy's Dockerfile, mended in the end."""
    path = deployment.project / "docker/Dockerfile"
    text = path.read_text()
    yield path
    path.write_text(text)


def test_a_broken_dockerfile_stops_with_the_builds_own_words(
    deployment: Deployment, dockerfile: Path
) -> None:
    """And what runs goes on running."""
    before = deployment.image_uri()
    dockerfile.write_text(f"{dockerfile.read_text()}RUN echo the shelf is empty >&2 && exit 7\n")
    with pytest.raises(auto.CommandError, match="the shelf is empty") as caught:
        deployment.up()
    assert "exit code: 7" in str(caught.value)
    assert deployment.image_uri() == before
    assert {task["healthStatus"] for task in deployment.tasks().values()} == {"HEALTHY"}


def test_a_changed_dag_rebuilds_and_pushes_the_last_layer_alone(
    deployment: Deployment, record_testsuite_property: Record
) -> None:
    """DAGs come last: seconds and kilobytes."""
    before = deployment.layers(deployment.image_uri())
    dag = deployment.project / "dags/smoke.py"
    dag.write_text(dag.read_text() + "# changed\n")
    uri, seconds = deployment.build_and_push("changed-dag")
    after = deployment.layers(uri)
    pushed = {digest: size for digest, size in after.items() if digest not in before}
    container = {"seconds": round(seconds), "layers": len(pushed), "bytes": sum(pushed.values())}
    record_testsuite_property("a changed DAG", json.dumps(container))
    assert list(after)[:-1] == list(before)[:-1]
    assert container["layers"] == 1
    assert container["bytes"] < 100_000
