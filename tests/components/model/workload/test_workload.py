"""Who runs what, who may read which secret, who may call whom."""

from dataclasses import replace
from typing import Any

import pytest

from airflow_ecs_image import database_role, entrypoint, health, secret_files
from components.model.secrets import VARIABLES, Secret
from components.model.services import airflow_env, api_server, execution_api, migration, worker
from components.model.services.service import Service
from components.model.settings import service_rules
from components.model.settings.errors import SettingsError
from components.model.settings.settings import (
    AirflowResourcesSettings,
    DatabaseSettings,
    Executor,
    IamSettings,
    LoadBalancerSettings,
    ServiceSettings,
    Settings,
    WorkerGroup,
    WorkerSettings,
)
from components.model.workload.catalogue import CATALOGUE, first
from components.model.workload.traffic_rules import traffic_rules
from components.model.workload.workload import workload
from tests.components.model.samples import (
    CELERY,
    CLEANED,
    ECS,
    ENDPOINTS,
    FLOWER,
    LOCAL,
    SCALED,
    SSO,
    members,
)

URL, MASTER, BROKER = Secret.DATABASE_URL, Secret.DATABASE_MASTER, Secret.BROKER_URL
FERNET, API, JWT = Secret.FERNET_KEY, Secret.API_SECRET_KEY, Secret.JWT_PRIVATE_KEYS

SECRETS_LOCAL = {
    "api-server": {URL, FERNET, API, JWT},
    "execution-api": {URL, FERNET, JWT},
    "scheduler": {URL, FERNET, JWT},
    "dag-processor": {URL, FERNET},
    "triggerer": {URL, FERNET},
    "migration": {URL, MASTER, Secret.ADMIN_PASSWORD},
}
SECRETS_CELERY = SECRETS_LOCAL | {
    "scheduler": {URL, FERNET, JWT, BROKER},
    "worker": {BROKER},
    "flower": {BROKER, Secret.FLOWER_LOGIN},
}
SECRETS_ECS = SECRETS_LOCAL | {"ecs-task": set[Secret]()}
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
FLOWS_ECS = FLOWS_LOCAL | {("ecs-task", "api-server", 8081)}
FLOWS_FLOWER = FLOWS_CELERY | {("load-balancer", "flower", 5555), ("flower", "broker", 6379)}
FLOWS_CLEANED = FLOWS_FLOWER | {("maintenance", "database", 5432)}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (LOCAL, SECRETS_LOCAL),
        (FLOWER, SECRETS_CELERY),
        (CLEANED, SECRETS_CLEANED),
        (ECS, SECRETS_ECS),
    ],
)
def test_each_service_reads_just_its_secrets(settings: Settings, expected: dict[str, set[Secret]]) -> None:
    """The whole matrix: one secret more or less is a change of who can do what."""
    assert {service.name: set(service.secrets) for service in members(settings)} == expected


def test_who_writes_connections_can_encrypt_them() -> None:
    """The migration has the Fernet key where a file names any, and only there."""
    objects = Settings(airflow_resources=AirflowResourcesSettings(file="objects.yaml"))
    assert migration.service(objects).secrets - migration.service(LOCAL).secrets == {FERNET}
    assert workload(objects).tasks == workload(LOCAL).tasks


def test_where_users_code_runs_on_workers_no_key_of_the_cluster_is() -> None:
    """A DAG's author cannot read the metadata, sign tokens or decrypt connections."""
    (workers,) = (service for service in workload(CELERY).services if service.name == "worker")
    assert not {URL, FERNET, API, JWT, Secret.ADMIN_PASSWORD} & workers.secrets


@pytest.mark.parametrize("settings", [LOCAL, FLOWER, CLEANED])
def test_only_who_signs_tokens_has_a_key_of_theirs(settings: Settings) -> None:
    """Who verifies them signs them too. The image starts these three with a key alone, all others without."""
    signers = {"api-server", "execution-api", "scheduler"}
    assert {one.name for one in members(settings) if JWT in one.secrets} == signers
    (variable,) = VARIABLES[JWT]
    assert {name for name, needs in entrypoint.SERVICES.items() if variable in needs.variables} == signers


def test_the_providers_secret_is_the_api_servers_alone() -> None:
    """Nobody else signs users in."""
    readers = [service.name for service in members(SSO) if Secret.SSO_CLIENT_SECRET in service.secrets]
    assert readers == ["api-server"]


CALLS_LOCAL = {
    "api-server": ("database",),
    "execution-api": ("database",),
    "scheduler": ("execution-api", "database"),
    "dag-processor": ("database",),
    "triggerer": ("database",),
    "migration": ("database",),
}
CALLS_ECS = CALLS_LOCAL | {"ecs-task": ("execution-api",)}
CALLS_CLEANED = CALLS_LOCAL | {
    "scheduler": ("execution-api", "database", "broker"),
    "worker": ("execution-api", "broker"),
    "flower": ("broker",),
    "maintenance": ("database",),
}


@pytest.mark.parametrize(
    ("settings", "expected"), [(LOCAL, CALLS_LOCAL), (CLEANED, CALLS_CLEANED), (ECS, CALLS_ECS)]
)
def test_who_calls_whom(settings: Settings, expected: dict[str, tuple[str, ...]]) -> None:
    """The whole matrix. Nobody calls the API server: its port is the load balancer's alone."""
    assert {service.name: service.calls for service in members(settings)} == expected
    port_8080 = [flow.source for flow in traffic_rules(workload(settings)) if flow.port == api_server.PORT]
    assert port_8080 == ["load-balancer"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (LOCAL, FLOWS_LOCAL),
        (CELERY, FLOWS_CELERY),
        (FLOWER, FLOWS_FLOWER),
        (CLEANED, FLOWS_CLEANED),
        (ECS, FLOWS_ECS),
    ],
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
    assert given - {database_role.VARIABLE} == set(secret_files.VARIABLES)
    assert VARIABLES[MASTER] == (database_role.VARIABLE,)


def test_of_an_existing_database_no_master_user_is_known() -> None:
    """The migration has the user that the settings name, as all others do."""
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:login-AbCdEf"
    existing = replace(LOCAL, database=DatabaseSettings(host="db.example.com", secret_arn=arn))
    assert migration.service(existing).secrets == {URL, Secret.ADMIN_PASSWORD}


@pytest.mark.parametrize("settings", [LOCAL, CELERY, FLOWER, CLEANED])
def test_every_service_runs_an_explicit_command_and_has_a_health_check(settings: Settings) -> None:
    """An image's own command is never relied on; the health check names the service."""
    for service in members(settings):
        assert service.command
        assert all(service.command)
        assert service.health_check == ("CMD", "/opt/airflow/bin/healthcheck", service.name)


def test_services_come_with_the_executor_and_with_flower() -> None:
    """Nobody pays for a worker that has nothing to do."""
    always = ["api-server", "execution-api", "scheduler", "dag-processor", "triggerer"]
    assert [service.name for service in workload(LOCAL).services] == always
    assert [service.name for service in workload(CELERY).services] == [*always, "worker"]
    assert [service.name for service in workload(FLOWER).services] == [*always, "worker", "flower"]


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
    """The service's name in the cluster's namespace, as `AirflowService` registers it."""
    assert execution_api.url("x.internal") == "http://execution-api.x.internal:8081/execution/"


def test_users_and_tasks_have_a_server_each() -> None:
    """So that a port, which security groups know, says who may call; a path does not."""
    servers = {
        service.name: service for service in workload(FLOWER).services if "api-server" in service.command
    }
    apps = {name: service.command[service.command.index("--apps") + 1] for name, service in servers.items()}
    assert apps == {"api-server": "core", "execution-api": "execution"}
    assert [one.name for one in workload(FLOWER).targets] == ["api-server", "flower"]


def test_a_network_load_balancer_reaches_the_other_alone() -> None:
    """At each of its ports; what stands behind that one stays its own."""
    balancer = LoadBalancerSettings(nlb=True, domain="airflow.example.com")
    settings = replace(LOCAL, load_balancer=balancer)
    flows = {(one.source, one.target, one.port) for one in traffic_rules(workload(settings))}
    outer = {("network-load-balancer", "load-balancer", port) for port in (80, 443)}
    assert flows == FLOWS_LOCAL | outer


SINGLE = replace(CELERY, single_task=True, api_server=ServiceSettings(memory_mib=4096))


def test_each_service_has_a_task_of_its_own_or_five_share_one() -> None:
    """The API server's, which always holds both servers; workers and Flower stay apart."""
    pair = ["api-server", "execution-api"]
    assert [[service.name for service in task] for task in workload(FLOWER).tasks] == [
        pair,
        *([service] for service in ("scheduler", "dag-processor", "triggerer", "worker", "flower")),
    ]
    assert [[service.name for service in task] for task in workload(SINGLE).tasks] == [
        [*pair, "scheduler", "dag-processor", "triggerer"],
        ["worker"],
    ]


def test_the_services_whose_own_settings_a_single_task_refuses_are_those_that_it_hosts() -> None:
    """`co_located` of a field in `Settings`, and `host` of a service. The execution API has no settings."""
    ((host, *others), _) = workload(SINGLE).tasks
    refused = {name.replace("_", "-") for name in service_rules.co_located(SINGLE)}
    assert {service.name for service in others} == refused | {"execution-api"}
    assert {service.host for service in others} == {host.name}


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
def test_a_task_of_airflow_ends_with_the_service_that_runs_it(settings: Settings, keeping: set[str]) -> None:
    """Its container is not to be replaced for balance; a trigger is taken over by another triggerer."""
    assert {service.name for service in workload(settings).services if service.keeps_tasks} == keeping


def test_the_image_knows_the_services_and_no_others() -> None:
    """How it starts each, and how it sees that each is healthy."""
    running = {service.image_service for one in (FLOWER, SCALED) for service in workload(one).services}
    assert set(health.CHECKS) == running
    assert set(health.JOB_TYPES) <= running
    # `task` is what a running Airflow task calls itself; "" is a container that somebody runs.
    everything = {service.image_service for one in (CLEANED, SCALED, ECS) for service in members(one)}
    assert set(entrypoint.SERVICES) - {"task", ""} == everything


def test_additions_are_for_services_of_the_catalogue() -> None:
    """Also for one that this cluster has not: who turns Flower off need not forget its variables."""
    extra = {"flower": {"TIER": "1"}, "maintenance": {"TIER": "2"}, "all": {"TIER": "3"}}
    assert workload(replace(LOCAL, extra_environment=extra))
    with pytest.raises(SettingsError) as refused:
        workload(replace(LOCAL, extra_environment={"wroker": {}}, extra_secrets={"postgres": {}}))
    assert [error.path for error in refused.value.errors] == [("extra_environment",), ("extra_secrets",)]
    assert str(refused.value).splitlines()[0] == (
        "extra_environment must be given by service (api-server, execution-api, scheduler, dag-processor, "
        "triggerer, metrics, migration, maintenance, worker, flower, ecs-task, all); got 'wroker'. Did you "
        "mean worker?"
    )


GROUP = WorkerGroup(name="large", queues=("default",), environment={"TIER": "1"})
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:tier-AbCdEf"


@pytest.mark.parametrize(
    ("plain", "secret", "service"),
    [
        ({"extra_environment": {"scheduler": {"TIER": "1"}}}, "all", "scheduler"),
        ({"extra_environment": {"all": {"TIER": "1"}}}, "scheduler", "scheduler"),
        ({"airflow_settings": {"AIRFLOW__A__B": "1"}}, "migration", "migration"),
        ({"executor": Executor.CELERY, "worker_groups": (GROUP,)}, "worker", "worker-large"),
        ({"executor": Executor.CELERY, "worker_groups": (GROUP,)}, "worker-large", "worker-large"),
    ],
)
def test_a_variable_is_in_plaintext_or_secret(plain: dict[str, Any], secret: str, service: str) -> None:
    """Where one container had both, AWS would refuse the task definition in the middle of an `up`."""
    name = "AIRFLOW__A__B" if "airflow_settings" in plain else "TIER"
    given = {"extra_secrets": {secret: {name: SECRET}}}
    with pytest.raises(SettingsError) as refused:
        workload(replace(LOCAL, **plain, **given))
    where = f'extra_secrets["{secret}"]["{name}"]'
    assert str(refused.value) == (
        f"{where} must not be a variable in plaintext of the service {service} too. Remove one of both"
    )
    assert workload(replace(LOCAL, **plain, extra_secrets={"flower": {name: SECRET}, secret: {"X": SECRET}}))


def test_a_made_up_service_can_have_additions() -> None:
    """Its name is known to the catalogue that it is in, and to no other."""
    settings = replace(LOCAL, iam=IamSettings(extra_statements={"lineage": []}))

    def lineage(_settings: Settings) -> Service:
        return Service(name="lineage", command=("lineage",), size=ServiceSettings(), count=1)

    assert workload(settings, replace(CATALOGUE, services=(*CATALOGUE.services, lineage)))
    with pytest.raises(
        SettingsError, match=r"^iam\.extra_statements must be given by service .*got 'lineage'"
    ):
        workload(settings)


def test_further_workers_are_started_and_checked_as_workers() -> None:
    """Whatever their name is, which the image does not know."""
    broker = first("broker", (make(CELERY) for make in CATALOGUE.brokers))
    large = worker.service(CELERY, broker, size=WorkerSettings(), name="worker-large", queues=("large",))
    assert large.health_check == ("CMD", "/opt/airflow/bin/healthcheck", "worker")
    assert airflow_env.environment(CELERY, large, ENDPOINTS)["AIRFLOW_ECS_SERVICE"] == "worker"
