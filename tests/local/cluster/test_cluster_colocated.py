"""`make up SETTINGS="singleTask=true ..."`: all services as containers of one task, as in the stack `dev`."""

import pytest

from tests.local.cluster.running import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="co-located")]

ROLES = ["api-server", "dag-processor", "execution-api", "scheduler", "triggerer"]


def test_one_task_holds_every_service(single_task_cluster: Cluster) -> None:
    """One service, one task, five healthy containers at one address; the other services are gone."""
    names = single_task_cluster.outputs["service_names"]
    assert sorted(names) == ROLES
    (service,) = set(names.values())
    listed = single_task_cluster.client("ecs").list_services(
        cluster=single_task_cluster.outputs["cluster_name"]
    )["serviceArns"]
    assert [arn.rpartition("/")[2] for arn in listed] == [service]
    (task,) = single_task_cluster.tasks(serviceName=service)
    containers = task["containers"]
    assert {one["name"]: one["healthStatus"] for one in containers} == dict.fromkeys(ROLES, "HEALTHY")
    assert len({one["networkInterfaces"][0]["privateIpv4Address"] for one in containers}) == 1


def test_it_runs_a_dag(single_task_cluster: Cluster) -> None:
    """Tasks run in the scheduler's container and reach the execution API in the one beside."""
    assert single_task_cluster.run_dag("smoke")["state"] == "success"


def test_each_container_has_only_its_own_secrets(single_task_cluster: Cluster) -> None:
    """Sharing a task does not share the environment: the DAG processor cannot forge a token."""
    (arn,) = {
        task["taskDefinitionArn"] for task in single_task_cluster.tasks() if len(task["containers"]) > 1
    }
    definition = single_task_cluster.client("ecs").describe_task_definition(taskDefinition=arn)
    secrets = {
        one["name"]: {secret["name"] for secret in one["secrets"]}
        for one in definition["taskDefinition"]["containerDefinitions"]
    }
    holders = {role for role in ROLES if "AIRFLOW_ECS_JWT_PRIVATE_KEYS" in secrets[role]}
    assert holders == {"api-server", "execution-api", "scheduler"}
