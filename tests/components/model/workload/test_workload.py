"""Who runs what, who may read which secret, who may call whom."""

from dataclasses import replace

import pytest

from airflow_ecs_image import entrypoint, health, keys
from components.model.secrets import VARIABLES, Secret
from components.model.services import execution_api, migration
from components.model.settings.role_names import ROLES
from components.model.settings.settings import (
    AirflowObjectsSettings,
    LoadBalancerSettings,
    RoleSettings,
    Settings,
)
from components.model.workload.traffic import traffic_rules
from components.model.workload.workload import workload
from tests.components.model.samples import CELERY, CLEANED, FLOWER, LOCAL, SSO, members

URL, BROKER = Secret.DATABASE_URL, Secret.BROKER_URL
FERNET, API, JWT = Secret.FERNET_KEY, Secret.API_SECRET_KEY, Secret.JWT_SECRET

SECRETS_LOCAL = {
    "api-server": {URL, FERNET, API, JWT},
    "execution-api": {URL, FERNET, JWT},
    "scheduler": {URL, FERNET, JWT},
    "dag-processor": {URL, FERNET},
    "triggerer": {URL, FERNET},
    "migration": {URL, Secret.ADMIN_PASSWORD},
}
SECRETS_CELERY = SECRETS_LOCAL | {
    "scheduler": {URL, FERNET, JWT, BROKER},
    "worker": {BROKER},
    "flower": {BROKER, Secret.FLOWER_LOGIN},
}
SECRETS_CLEANED = SECRETS_CELERY | {"maintenance": {URL}}
FLOWS_LOCAL = {
    ("load-balancer", "api-server", 8080),
    ("scheduler", "api-server", 8081),
    ("api-server", "database", 5432),
    ("scheduler", "database", 5432),
    ("dag-processor", "database", 5432),
    ("triggerer", "database", 5432),
    ("migration", "database", 5432),
}
FLOWS_CELERY = FLOWS_LOCAL | {
    ("worker", "api-server", 8081),
    ("worker", "broker", 6379),
    ("scheduler", "broker", 6379),
}
FLOWS_FLOWER = FLOWS_CELERY | {("load-balancer", "flower", 5555), ("flower", "broker", 6379)}
FLOWS_CLEANED = FLOWS_FLOWER | {("maintenance", "database", 5432)}


@pytest.mark.parametrize(
    ("settings", "expected"), [(LOCAL, SECRETS_LOCAL), (FLOWER, SECRETS_CELERY), (CLEANED, SECRETS_CLEANED)]
)
def test_each_role_reads_just_its_secrets(settings: Settings, expected: dict[str, set[Secret]]) -> None:
    """The whole matrix: one secret more or less is a change of who can do what."""
    assert {service.name: set(service.secrets) for service in members(settings)} == expected


def test_who_writes_connections_can_encrypt_them() -> None:
    """The migration has the Fernet key where a file names any, and only there."""
    objects = Settings(airflow_objects=AirflowObjectsSettings(file="objects.yaml"))
    assert migration.service(objects).secrets - migration.service(LOCAL).secrets == {FERNET}
    assert workload(objects).tasks == workload(LOCAL).tasks


def test_where_users_code_runs_on_workers_no_key_of_the_cluster_is() -> None:
    """A DAG's author cannot read the metadata, sign tokens or decrypt connections."""
    (worker,) = (service for service in workload(CELERY).services if service.name == "worker")
    assert not {URL, FERNET, API, JWT, Secret.ADMIN_PASSWORD} & worker.secrets


def test_the_providers_secret_is_the_api_servers_alone() -> None:
    """Nobody else signs users in."""
    readers = [service.name for service in members(SSO) if Secret.SSO_CLIENT_SECRET in service.secrets]
    assert readers == ["api-server"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [(LOCAL, FLOWS_LOCAL), (CELERY, FLOWS_CELERY), (FLOWER, FLOWS_FLOWER), (CLEANED, FLOWS_CLEANED)],
)
def test_only_needed_traffic_is_let_through(settings: Settings, expected: set[tuple[str, str, int]]) -> None:
    """The whole matrix, each flow once."""
    flows = traffic_rules(workload(settings))
    assert {(flow.source, flow.target, flow.port) for flow in flows} == expected
    assert len(flows) == len(expected)


def test_every_secret_reaches_somebody_under_a_name_of_its_own() -> None:
    """A secret that nobody reads need not exist, and no variable carries two."""
    assert set(VARIABLES) == set(Secret)
    read = [service.secrets for settings in (FLOWER, SSO) for service in members(settings)]
    assert set[Secret]().union(*read) == set(Secret)
    variables = [variable for names in VARIABLES.values() for variable in names]
    assert len(variables) == len(set(variables))


def test_the_image_takes_every_secret_out_of_the_environment() -> None:
    """What it does not know would stay in the environment of each task."""
    given = {variable for names in VARIABLES.values() for variable in names}
    assert given == set(keys.VARIABLES)


@pytest.mark.parametrize("settings", [LOCAL, CELERY, FLOWER, CLEANED])
def test_every_role_runs_an_explicit_command_and_is_watched(settings: Settings) -> None:
    """An image's own command is never relied on; the health check names the service."""
    for service in members(settings):
        assert service.command
        assert all(service.command)
        assert service.health_command == ("CMD", "/opt/airflow/bin/healthcheck", service.name)


def test_roles_come_with_the_executor_and_with_flower() -> None:
    """Nobody pays for a worker that has nothing to do."""
    always = ["api-server", "execution-api", "scheduler", "dag-processor", "triggerer"]
    assert [service.name for service in workload(LOCAL).services] == always
    assert [service.name for service in workload(CELERY).services] == [*always, "worker"]
    assert [service.name for service in workload(FLOWER).services] == [*always, "worker", "flower"]
    assert {service.name for service in workload(FLOWER).services} == {*ROLES, "execution-api"}


def test_tasks_run_in_the_scheduler_or_on_workers() -> None:
    """And triggers in the triggerer, whose code is the users' as well."""
    assert {service.name for service in workload(LOCAL).services if service.runs_tasks} == {
        "scheduler",
        "triggerer",
    }
    assert {service.name for service in workload(FLOWER).services if service.runs_tasks} == {
        "worker",
        "triggerer",
    }


def test_tasks_find_the_execution_api_by_its_private_name() -> None:
    """The role's name in the cluster's namespace, as `AirflowService` registers it."""
    assert execution_api.url("x.internal") == "http://execution-api.x.internal:8081/execution/"


def test_users_and_tasks_have_a_server_each() -> None:
    """So that a port, which security groups know, says who may call; a path does not."""
    servers = {
        service.name: service for service in workload(FLOWER).services if "api-server" in service.command
    }
    apps = {name: service.command[service.command.index("--apps") + 1] for name, service in servers.items()}
    assert apps == {"api-server": "core", "execution-api": "execution"}
    assert [one.name for one in workload(FLOWER).targets] == ["api-server", "flower"]
    callers = [one.name for one in members(FLOWER) if "execution-api" in one.calls]
    assert callers == ["scheduler", "worker"]


def test_a_network_load_balancer_reaches_the_other_alone() -> None:
    """At each of its ports; what stands behind that one stays its own."""
    balancer = LoadBalancerSettings(network=True, domain="airflow.example.com")
    settings = replace(LOCAL, load_balancer=balancer)
    flows = {(one.source, one.target, one.port) for one in traffic_rules(workload(settings))}
    outer = {("network-load-balancer", "load-balancer", port) for port in (80, 443)}
    assert flows == FLOWS_LOCAL | outer


SINGLE = replace(CELERY, single_task=True, api_server=RoleSettings(memory_mib=4096))


def test_each_role_has_a_task_of_its_own_or_five_share_one() -> None:
    """The API server's, which always holds both servers; workers and Flower stay apart."""
    pair = ["api-server", "execution-api"]
    assert [[service.name for service in task] for task in workload(FLOWER).tasks] == [
        pair,
        *([service] for service in ROLES[1:]),
    ]
    assert [[service.name for service in task] for task in workload(SINGLE).tasks] == [
        [*pair, "scheduler", "dag-processor", "triggerer"],
        ["worker"],
    ]


def test_what_shares_a_task_shares_its_ways() -> None:
    """Each once; to itself too, since the name leads to every copy of the task."""
    flows = [(one.source, one.target, one.port) for one in traffic_rules(workload(SINGLE))]
    assert len(flows) == len(set(flows))
    assert set(flows) == {
        ("load-balancer", "api-server", 8080),
        ("api-server", "api-server", 8081),
        ("worker", "api-server", 8081),
        ("api-server", "database", 5432),
        ("migration", "database", 5432),
        ("api-server", "broker", 6379),
        ("worker", "broker", 6379),
    }


@pytest.mark.parametrize(("settings", "keeping"), [(LOCAL, {"scheduler"}), (CELERY, {"worker"})])
def test_a_task_of_airflow_ends_with_the_role_that_runs_it(settings: Settings, keeping: set[str]) -> None:
    """Its container is not to be replaced for balance; a trigger is taken over by another triggerer."""
    assert {service.name for service in workload(settings).services if service.keeps_tasks} == keeping


def test_the_image_knows_the_services_and_no_others() -> None:
    """How it starts each, and how it sees that each is healthy."""
    running = {service.name for service in workload(FLOWER).services}
    assert set(entrypoint.SERVERS) == running
    assert set(health.CHECKS) == running
    assert set(health.JOB_TYPES) <= running
    # `task` is what a running Airflow task calls itself.
    assert set(entrypoint.REQUIRED) - {"task"} == {service.name for service in members(CLEANED)}
