"""`AirflowService` and `Migration` under mocks: how a service is deployed, and in which order."""

import json
from dataclasses import replace

import pytest

from components.data.storage import Storage, StorageArgs
from components.model.airflow_resources import airflow_resources
from components.one_off_tasks.migration import Migration, MigrationArgs
from components.services.airflow_service import AirflowService, AirflowServiceArgs
from tests.components.fake_ecs import ACCESS
from tests.components.tasks import SERVICES, placed, task_args
from tests.helpers.pulumi_mocks import Recording, record

SERVICE = "ecs/service:Service"


def _service(
    name: str,
    *,
    private_name: str = "",
    target: bool = False,
    spot: bool = False,
    scaled_externally: bool = False,
    keeps_tasks: bool = False,
) -> Recording:
    known = SERVICES[name]
    service = replace(
        known,
        count=2,
        size=replace(known.size, spot=spot, scaled_externally=scaled_externally),
        keeps_tasks=keeps_tasks,
        private_name=private_name,
    )

    def build() -> None:
        args = AirflowServiceArgs(
            task=placed(task_args(service)),
            namespace_id="namespace",
            target_group_arn="arn:target" if target else None,
            settling_seconds=60,
        )
        AirflowService("s", args)

    return record(build)


def _migration(file: str = "") -> Recording:
    def build() -> None:
        args = MigrationArgs(
            task=placed(task_args(SERVICES["migration"], health_check=False)),
            resources=airflow_resources.parse(file) if file else None,
            storage=Storage(
                "s",
                StorageArgs(
                    log_retention_days=30,
                    kms_key_arn=None,
                    logs_bucket_arn=None,
                    dags=False,
                    protect=True,
                    discard_data=False,
                ),
            ),
        )
        Migration("m", args)

    return record(build)


def test_a_service_in_full() -> None:
    """Never fewer tasks than wanted, room for tasks that protect themselves, and back when new ones fail."""
    assert _service("scheduler").one(SERVICE).inputs == {
        "availabilityZoneRebalancing": "ENABLED",
        "capacityProviderStrategies": [{"base": 0, "capacityProvider": "FARGATE", "weight": 1}],
        "cluster": "arn:cluster",
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMaximumPercent": 400,
        "deploymentMinimumHealthyPercent": 100,
        "desiredCount": 2,
        "enableEcsManagedTags": True,
        "forceNewDeployment": True,
        "networkConfiguration": {
            "assignPublicIp": False,
            "securityGroups": ["group"],
            "subnets": ["subnet-a", "subnet-b"],
        },
        "platformVersion": "LATEST",
        "propagateTags": "SERVICE",
        "tags": {"airflow-service": "scheduler"},
        "taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/s:1",
        "waitForSteadyState": False,
    }


@pytest.mark.parametrize(("spot", "provider"), [(True, "FARGATE_SPOT"), (False, "FARGATE")])
def test_spot_or_not_is_a_capacity_provider(provider: str, *, spot: bool) -> None:
    """Never a launch type, so that one is changed for the other in place; `up` waits for just this one."""
    recording = _service("worker", spot=spot)
    service = recording.one(SERVICE).inputs
    assert service["capacityProviderStrategies"] == [{"base": 0, "capacityProvider": provider, "weight": 1}]
    assert "launchType" not in service
    assert (
        recording.one("Rollout").inputs["capacity_provider_strategy"] == service["capacityProviderStrategies"]
    )


@pytest.mark.parametrize("scaled", [True, False])
def test_a_count_that_somebody_else_changes_is_ignored(*, scaled: bool) -> None:
    """A deploy leaves it, and a refresh finds no drift, if engine and provider keep to it."""
    recording = _service("worker", scaled_externally=scaled)
    service = recording.one(SERVICE)
    assert service.inputs["desiredCount"] == 2
    assert service.ignore_changes == (("desiredCount",) if scaled else ())
    assert recording.one("Rollout").inputs["scaled_externally"] is scaled


@pytest.mark.parametrize(("keeps_tasks", "value"), [(False, "ENABLED"), (True, "DISABLED")])
def test_tasks_are_moved_between_zones_unless_airflow_tasks_end_with_them(
    value: str, *, keeps_tasks: bool
) -> None:
    """Given in both cases: unset, AWS enables it for a new service."""
    service = _service("worker", keeps_tasks=keeps_tasks).one(SERVICE).inputs
    assert service["availabilityZoneRebalancing"] == value


def test_the_api_server_is_found_by_name_and_by_the_load_balancer() -> None:
    """An A record that lives ten seconds and leads to healthy tasks; a grace period as long as its start."""
    recording = _service("api-server", private_name="execution-api", target=True)
    assert recording.one("servicediscovery/service:Service").inputs == {
        "dnsConfig": {
            "dnsRecords": [{"ttl": 10, "type": "A"}],
            "namespaceId": "namespace",
            "routingPolicy": "MULTIVALUE",
        },
        "forceDestroy": True,
        "healthCheckCustomConfig": {"failureThreshold": 1},
        "name": "execution-api",
    }
    service = recording.one(SERVICE).inputs
    assert service["serviceRegistries"]["registryArn"].endswith(":Service/s")
    assert service["loadBalancers"] == [
        {"containerName": "api-server", "containerPort": 8080, "targetGroupArn": "arn:target"}
    ]
    assert service["healthCheckGracePeriodSeconds"] == 180


def test_flower_is_found_by_the_load_balancer_only() -> None:
    """Nobody calls it by name."""
    recording = _service("flower", target=True)
    assert recording.one(SERVICE).inputs["loadBalancers"][0]["containerPort"] == 5555
    assert "serviceRegistries" not in recording.one(SERVICE).inputs


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_a_service_is_deleted_before_its_permissions(role: str) -> None:
    """It depends on its roles' policies, so that it is gone before them; else it hangs while it drains."""
    recording = _service(role)
    service = recording.one(SERVICE)
    assert {one.urn for one in recording.all("RolePolicy")} <= service.dependencies
    assert recording.one("LogGroup").urn in service.dependencies


def test_up_waits_for_what_was_deployed() -> None:
    """The rollout watches this service, this revision and this number of tasks."""
    recording = _service("scheduler")
    rollout = recording.one("Rollout").inputs
    assert {key: value for key, value in rollout.items() if key != "__provider"} == {
        "access": ACCESS,
        "capacity_provider_strategy": [{"base": 0, "capacityProvider": "FARGATE", "weight": 1}],
        "cluster_arn": "arn:cluster",
        "container": "scheduler",
        "until_idle": False,
        "desired_count": 2,
        "maximum_count": 2,
        "scaled_externally": False,
        "asleep": False,
        "log_group": "s",
        "service_name": "s",
        "task_definition_arn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/s:1",
        "timeout_seconds": 1500,
        "settling_seconds": 60,
    }
    assert recording.one(SERVICE).urn in recording.one("Rollout").dependencies


def test_a_migration_runs_again_for_another_image_command_or_secret() -> None:
    """And for nothing else: size and network are no triggers."""
    recording = _migration()
    inputs = recording.one("OneOffTask").inputs
    assert inputs["triggers"] == {
        "command": "/opt/airflow/bin/migrate",
        "image": "repo@sha256:00",
        "secrets": " ".join(f"{kind}={kind}-v1" for kind in sorted(SERVICES["migration"].secrets)),
    }
    assert (inputs["family"], inputs["container"], inputs["timeout_seconds"]) == ("m", "migration", 1800)


def test_a_migration_waits_for_its_permissions() -> None:
    """ECS reads the secrets with them before the container starts."""
    recording = _migration()
    policies = {one.urn for one in recording.all("RolePolicy")}
    assert len(policies) == 2
    assert policies <= recording.one("OneOffTask").dependencies


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dwh-a1B2c3"
POOL = "pools: {p: {slots: 1}}"
CONNECTION = f"connections: {{c: {{conn_type: http, password: {{secret_arn: '{SECRET}'}}}}}}"


def test_the_airflow_resources_of_a_file_reach_the_migration_through_s3() -> None:
    """Address and hash in its environment; the right to read just this and the secrets that it names."""
    recording, resources = _migration(CONNECTION), airflow_resources.parse(CONNECTION)
    file = recording.one("BucketObjectv2").inputs
    assert (file["bucket"], file["key"], file["content"]) == (
        "s-data",
        "airflow-ecs/airflow-resources.json",
        resources.text,
    )
    (container,) = json.loads(
        recording.one("ecs/taskDefinition:TaskDefinition").inputs["containerDefinitions"]
    )
    environment = {one["name"]: one["value"] for one in container["environment"]}
    assert (
        environment.items()
        >= {
            "A": "1",
            "AIRFLOW_ECS_RESOURCES_SHA256": resources.sha256,
            "AIRFLOW_ECS_RESOURCES_URL": "s3://s-data/airflow-ecs/airflow-resources.json",
        }.items()
    )
    *_, read, secrets = json.loads(recording.one("RolePolicy", "m-task").inputs["policy"])["Statement"]
    arn = "arn:aws:s3:eu-west-1:123456789012:Bucket/s-data/airflow-ecs/airflow-resources.json"
    assert (read["Action"], read["Resource"]) == (["s3:GetObject"], [arn])
    assert (secrets["Action"], secrets["Resource"]) == (["secretsmanager:GetSecretValue"], [SECRET])


def test_another_content_of_the_file_runs_the_migration_and_no_file_adds_nothing() -> None:
    """A stack without a file runs none because of this."""
    triggers = [
        _migration(file).one("OneOffTask").inputs["triggers"] for file in ("", POOL, f"# why{chr(10)}{POOL}")
    ]
    assert "airflow-resources" not in triggers[0]
    assert (
        triggers[1]
        == triggers[2]
        == {**triggers[0], "airflow-resources": airflow_resources.parse(POOL).sha256}
    )
    assert not _migration().all("BucketObjectv2")
