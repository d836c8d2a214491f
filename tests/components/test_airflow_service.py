"""`AirflowService` and `Migration` under mocks: how a role is deployed, and in which order."""

import pytest
from fake_ecs import ACCESS
from recording import Recording, record
from tasks import ROLES, placement, task_args

from components.airflow_service import AirflowService, AirflowServiceArgs
from components.migration import Migration, MigrationArgs

SERVICE = "ecs/service:Service"


def _service(role: str, *, namespace: bool = False, target: bool = False, spot: bool = False) -> Recording:
    def build() -> None:
        args = AirflowServiceArgs(
            task=task_args(ROLES[role]),
            placement=placement(),
            security_group_ids=["group"],
            count=2,
            spot=spot,
            namespace_id="namespace" if namespace else None,
            target_group_arn="arn:target" if target else None,
        )
        AirflowService("s", args)

    return record(build)


def _migration() -> Recording:
    def build() -> None:
        args = MigrationArgs(
            task=task_args(ROLES["migration"], health_check=False),
            placement=placement(),
            security_group_ids=["group"],
        )
        Migration("m", args)

    return record(build)


def test_a_service_in_full() -> None:
    """Never fewer tasks than wanted, at most twice as many, and back to the old ones when new ones fail."""
    assert _service("scheduler").one(SERVICE).inputs == {
        "cluster": "arn:cluster",
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "desiredCount": 2,
        "enableEcsManagedTags": True,
        "launchType": "FARGATE",
        "networkConfiguration": {
            "assignPublicIp": False,
            "securityGroups": ["group"],
            "subnets": ["subnet-a", "subnet-b"],
        },
        "platformVersion": "LATEST",
        "propagateTags": "SERVICE",
        "taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:TaskDefinition/s",
        "waitForSteadyState": False,
    }


def test_spot_is_a_capacity_provider() -> None:
    """AWS refuses a launch type beside it."""
    service = _service("worker", spot=True).one(SERVICE).inputs
    assert service["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert "launchType" not in service


def test_the_api_server_is_found_by_name_and_by_the_load_balancer() -> None:
    """An A record that lives ten seconds, and a grace period as long as its start."""
    recording = _service("api-server", namespace=True, target=True)
    assert recording.one("servicediscovery/service:Service").inputs["dnsConfig"] == {
        "dnsRecords": [{"ttl": 10, "type": "A"}],
        "namespaceId": "namespace",
        "routingPolicy": "MULTIVALUE",
    }
    service = recording.one(SERVICE).inputs
    assert recording.one("servicediscovery/service:Service").inputs["name"] == "api-server"
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
def test_a_service_outlives_none_of_its_rights(role: str) -> None:
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
        "cluster_arn": "arn:cluster",
        "container": "scheduler",
        "desired_count": 2,
        "log_group": "s",
        "service_name": "s",
        "task_definition_arn": "arn:aws:ecs:eu-west-1:123456789012:TaskDefinition/s",
        "timeout_seconds": 1500,
    }
    assert recording.one(SERVICE).urn in recording.one("Rollout").dependencies


def test_a_migration_runs_again_for_another_image_command_or_secret() -> None:
    """And for nothing else: size and network are no triggers."""
    recording = _migration()
    inputs = recording.one("OneOffTask").inputs
    assert inputs["triggers"] == {
        "command": "/opt/airflow/bin/migrate",
        "image": "repo@sha256:00",
        "secrets": " ".join(f"{kind}={kind}-v1" for kind in sorted(ROLES["migration"].secrets)),
    }
    assert (inputs["family"], inputs["container"], inputs["timeout_seconds"]) == ("m", "migration", 1800)


def test_a_migration_waits_for_its_rights() -> None:
    """ECS reads the secrets with them before the container starts."""
    recording = _migration()
    policies = {one.urn for one in recording.all("RolePolicy")}
    assert len(policies) == 2
    assert policies <= recording.one("OneOffTask").dependencies
