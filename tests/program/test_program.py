"""The whole program, per shipped stack: which resources, whose children, what is locked, what is exported."""

import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest

from components import AirflowCluster
from components.base.component import Component
from components.model.settings.settings import Executor, ServiceSettings, Settings
from tests.helpers.pulumi_mocks import COMPONENT, Recording, Registration, forms, record
from tests.helpers.rendered_stacks import recording
from tests.program import stacks

EXPORTS = {
    "admin_username",
    "alarms_topic_arn",
    "alb_dns_name",
    "broker_endpoint",
    "cluster_name",
    "dags_bucket",
    "data_bucket",
    "database_endpoint",
    "image_uri",
    "log_groups",
    "logs_bucket",
    "nlb_addresses",
    "nlb_dns_name",
    "secret_arns",
    "service_names",
    "task_role_arns",
    "url",
}
ALWAYS = {"api-server", "execution-api", "scheduler", "dag-processor", "triggerer"}
SERVICES = {"dev": 1, "local": 4, "prod": 5}


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_the_resources_are_those_of_the_golden_list(stack: str) -> None:
    """Another name, type or parent is another URN: the resource is deleted and recreated.

    After a change that was meant: rewrite_golden.py.
    """
    assert stacks.lines(stacks.run_shipped(stack)) == stacks.golden(stack).read_text()


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_no_two_resources_share_type_and_name(stack: str) -> None:
    """The real engine refuses two equal URNs; mocks do not."""
    recording = stacks.run_shipped(stack)
    assert _twice([one.urn for one in recording.resources]) == []
    assert _twice([one.line for one in recording.resources]) == []


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_every_resource_belongs_to_a_component(stack: str) -> None:
    """Only the cluster itself stands alone; protection and providers reach everything through it."""
    recording = stacks.run_shipped(stack)
    orphans = [one.line for one in recording.resources if not one.parent]
    assert orphans == [f"{COMPONENT}AirflowCluster airflow-{stack}"]
    for one in recording.resources:
        parent = one.parent.split("::")[2].split("$")[-1] if one.parent else COMPONENT
        assert parent.startswith(COMPONENT), one.line


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_every_component_registers_just_its_annotated_outputs(stack: str) -> None:
    """Else they are missing from the state, and the component shows as still being made."""
    recording = stacks.run_shipped(stack)
    classes = {one.__name__: one for one in _subclasses(Component)}
    components = [one for one in recording.resources if one.type.startswith(COMPONENT)]
    assert len(components) > 20
    for one in components:
        component = classes[one.type.removeprefix(COMPONENT)]
        names = component.output_names()
        annotations = {name: component.__annotations__[name] for name in names}
        always = {name for name, kind in annotations.items() if type(None) not in get_args(kind)}
        assert always <= set(recording.outputs[one.urn]) <= set(annotations), one.line


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_what_holds_data_is_locked_and_one_setting_unlocks_it(stack: str) -> None:
    """Database, broker, buckets and the Fernet key in use, and nothing else."""
    recording = stacks.run_shipped(stack)
    locked = {one.type.rsplit(":", 1)[1] for one in recording.resources if one.protect}
    data = {"Instance", "Bucket", "ReplicationGroup", "RandomBytes"}
    kept = data if stack == "prod" else set[str]()
    assert locked == kept


def test_unprotected_means_nothing_is_in_the_way_of_a_destroy() -> None:
    """Neither Pulumi nor AWS refuses; what is kept has a name that nothing else will have."""
    recording = stacks.run("prod", stacks.configuration("prod") | {"protectData": "false"})
    assert not [one.line for one in recording.resources if one.protect]
    assert recording.one("Instance").inputs["deletionProtection"] is False
    assert recording.one("lb/loadBalancer:LoadBalancer").inputs["enableDeletionProtection"] is False
    assert recording.one("Instance").inputs["skipFinalSnapshot"] is False
    assert recording.one("Instance").inputs["finalSnapshotIdentifier"].endswith("-final-0badcafe")
    assert not any(one.inputs["forceDestroy"] for one in recording.all("Bucket"))
    assert recording.one("Repository").inputs["forceDelete"] is False
    assert 0 not in {one.inputs["recoveryWindowInDays"] for one in recording.all("Secret")}
    assert not any("name" in one.inputs for one in recording.all("Secret"))


def test_data_is_thrown_away_when_asked() -> None:
    """Nothing that costs money or holds data stays behind."""
    asked = {"protectData": "false", "discardData": "true"}
    recording = stacks.run("prod", stacks.configuration("prod") | asked)
    assert recording.one("Instance").inputs["skipFinalSnapshot"] is True
    assert all(one.inputs["forceDestroy"] for one in recording.all("Bucket"))
    assert recording.one("Repository").inputs["forceDelete"] is True
    assert {one.inputs["recoveryWindowInDays"] for one in recording.all("Secret")} == {0}


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_no_generated_value_is_anywhere_in_plaintext(stack: str) -> None:
    """Not in an input, an environment, an output or an export; raw, URL-encoded, as JSON or in base64."""
    recording = stacks.run_shipped(stack)
    clear = recording.in_plaintext()
    assert len(recording.planted) >= 6
    for value in recording.planted:
        assert not [form for form in forms(value) if form in clear], value


def test_a_leak_would_be_found() -> None:
    """A password in a container's environment, as a careless program would put it there."""

    def build() -> None:
        password = random.RandomPassword("p", length=8)
        known = pulumi.Output.unsecret(password.result)
        definition = pulumi.Output.json_dumps([{"environment": [{"name": "URL", "value": known}]}])
        aws.ecs.TaskDefinition("t", family="t", container_definitions=definition)

    recording = record(build)
    (value,) = (one for one in recording.planted if one.startswith("planted-p-"))
    assert [form for form in forms(value) if form in recording.in_plaintext()]


def test_the_search_would_find_a_secret() -> None:
    """The values are hard ones, and each way of writing them is looked for."""
    secret = 'planted-x-/"é+$~%'
    hidden = {
        "raw": secret,
        "within JSON within JSON": json.dumps(json.dumps({"password": secret})),
        "url": "postgresql://u:planted-x-%2F%22%C3%A9%2B%24%7E%25@h",
        "json": '{"password": "planted-x-/\\"é+$~%"}',
        "base64": "cGxhbnRlZC14LS8iw6krJH4l",
        "base64, shifted": "eHBsYW50ZWQteC0vIsOpKyR+JQ==",
    }
    for name, text in hidden.items():
        assert [form for form in forms(secret) if form in text], name


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_the_secrets_do_reach_secrets_manager(stack: str) -> None:
    """What is not in clear is not simply lost: each generated value is stored, marked as secret."""
    recording = stacks.run_shipped(stack)
    stored = " ".join(str(one.inputs["secretString"]) for one in recording.all("SecretVersion"))
    assert all(one.clear["secretString"] == "[secret]" for one in recording.all("SecretVersion"))
    for password in recording.all("RandomPassword"):
        assert password.name in stored


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_the_exports(stack: str) -> None:
    """By role and by kind; secrets by ARN."""
    exports = stacks.run_shipped(stack).exports
    workers = {"worker"} if stack == "prod" else set[str]()
    assert set(exports) == EXPORTS
    for name in ("service_names", "task_role_arns"):
        assert set(exports[name]) == ALWAYS | workers
    assert set(exports["log_groups"]) >= {*exports["service_names"], "migration"}
    assert all(arn.startswith("arn:aws:secretsmanager:") for arn in exports["secret_arns"].values())
    assert bool(exports["broker_endpoint"]) is bool(workers)
    assert exports["url"].startswith("http")
    assert exports["image_uri"].endswith("@sha256:" + "0" * 64)


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_no_service_starts_before_the_migration_has_run(stack: str) -> None:
    """And the migration itself not before the database's URL is known."""
    recording = stacks.run_shipped(stack)
    migration = recording.one("OneOffTask")
    services = recording.all("ecs/service:Service")
    assert len(services) == len(recording.all("Rollout")) == SERVICES[stack]
    for service in services:
        assert migration.urn in recording.before(service), service.name
    url = recording.one("SecretVersion", f"airflow-{stack}-database-url")
    assert {url.urn, recording.one("Instance").urn} <= recording.before(migration)


def test_asleep_no_task_runs_and_nothing_else_changes() -> None:
    """Services keep their definitions, and what keeps data stays."""
    awake = stacks.run_shipped("dev")
    asleep = stacks.run("dev", stacks.configuration("dev") | {"asleep": "true"})
    assert stacks.lines(asleep) == stacks.lines(awake)
    changed = [
        (one.line, {key for key in one.inputs if one.inputs[key] != before.inputs[key]} - {"__provider"})
        for one, before in zip(_sorted(asleep), _sorted(awake), strict=True)
    ]
    assert [change for change in changed if change[1]] == [
        ("aws:ecs/service:Service airflow-dev-api-server", {"desiredCount"}),
        (
            "pulumi-python:dynamic/index:Rollout airflow-dev-api-server-rollout",
            {"asleep", "desired_count", "maximum_count"},
        ),
    ]
    assert asleep.one("ecs/service:Service").inputs["desiredCount"] == 0


def test_a_stopped_scheduler_runs_no_task_and_nothing_else_changes() -> None:
    """So a preview after the command that sets it is empty, and removing it brings the same number back."""
    running = stacks.run_shipped("prod")
    stopped = stacks.run("prod", stacks.configuration("prod") | {"schedulerStopped": "true"})
    changed = [
        (one.line, {key for key in one.inputs if one.inputs[key] != before.inputs[key]} - {"__provider"})
        for one, before in zip(_sorted(stopped), _sorted(running), strict=True)
    ]
    assert [change for change in changed if change[1]] == [
        ("aws:ecs/service:Service airflow-prod-scheduler", {"desiredCount"}),
        (
            "pulumi-python:dynamic/index:Rollout airflow-prod-scheduler-rollout",
            {"desired_count", "maximum_count"},
        ),
    ]
    assert stopped.one("ecs/service:Service", "airflow-prod-scheduler").inputs["desiredCount"] == 0


@pytest.mark.parametrize(("executor", "name"), [("CeleryExecutor", "worker"), ("LocalExecutor", "scheduler")])
def test_asleep_services_stop_after_the_tasks_that_need_them(executor: str, name: str) -> None:
    """Awake they start at the same time."""
    chosen = {
        key: value
        for key, value in stacks.configuration("prod").items()
        if executor == "CeleryExecutor" or not key.startswith(("broker", "worker"))
    }
    for asleep in ("true", "false"):
        recording = stacks.run("prod", chosen | {"executor": executor, "asleep": asleep})
        rollout = recording.one("Rollout", f"airflow-prod-{name}-rollout")
        assert rollout.inputs["until_idle"] == (asleep == "true")
        others = [one for one in recording.all("ecs/service:Service") if one.name != f"airflow-prod-{name}"]
        after = [one.name for one in others if rollout.urn in recording.before(one)]
        assert after == ([one.name for one in others] if asleep == "true" else [])


def _sorted(recording: Recording) -> list[Registration]:
    return sorted(recording.resources, key=lambda one: one.line)


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_nothing_waits_for_what_it_does_not_need(stack: str) -> None:
    """Image, network and database are made side by side."""
    recording = stacks.run_shipped(stack)
    image, database = recording.one("BuiltImage"), recording.one("Instance")
    assert database.urn not in recording.before(image)
    assert image.urn not in recording.before(database)
    assert not {one.urn for one in recording.all("Subnet")} & recording.before(image)


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_no_change_is_ignored(stack: str) -> None:
    """What is ignored drifts; each exception has its reason: extended support is chosen once."""
    ignored = {(one.type, name) for one in stacks.run_shipped(stack).resources for name in one.ignore_changes}
    assert ignored == {("aws:rds/instance:Instance", "engineLifecycleSupport")}


def test_two_clusters_fit_into_one_program() -> None:
    """No name, group or repository is shared, and nothing collides."""
    flower = ServiceSettings(cpu_units=256, memory_mib=512, count=1)

    def build() -> None:
        AirflowCluster("one", Settings())
        AirflowCluster("two", Settings(executor=Executor.CELERY, flower=flower))

    recording = record(build)
    assert _twice([one.urn for one in recording.resources]) == []
    for one in recording.resources:
        owner = one.name.split("-")[0]
        assert owner in ("one", "two"), one.line
        strangers = [urn for urn in one.dependencies if not urn.rsplit("::", 1)[1].startswith(owner)]
        assert not strangers, one.line


def test_an_existing_image_means_no_build() -> None:
    """`imageUri` deploys it: no repository, no Docker."""
    recording = stacks.run("dev", stacks.configuration("dev") | {"imageUri": "docker.io/me/airflow:1"})
    assert not recording.all("Repository")
    assert not recording.all("BuiltImage")
    assert recording.exports["image_uri"] == "docker.io/me/airflow:1"


def test_bad_settings_stop_before_any_resource_exists() -> None:
    """One error with every error, each by its full key; no traceback for people."""
    bad = {
        "wrokerCount": "5",
        "extraEnvironment": '{"wroker": {}}',
        "schedulerMemoryMib": "1536",
        "loadBalancerAllowedCidrs": '["0.0.0.0/0"]',
        "imageExtraCaFile": "docker/ca/none.pem",
    }
    with pytest.raises(pulumi.RunError) as stopped:
        stacks.run("dev", bad)
    text = str(stopped.value)
    assert text.startswith("stack dev cannot be deployed with these settings:\n")
    assert text.count("\n  airflow-ecs:") == 5
    assert "airflow-ecs:wrokerCount is not a setting. Did you mean workerCount?" in text
    assert "maintenance, worker, flower, ecs-task, all); got 'wroker'. Did you mean worker?" in text
    assert "got 'docker/ca/none.pem', which does not exist" in text


def test_a_certificate_file_that_is_not_there_stops_too() -> None:
    """Alone, with nothing else wrong: as on a machine where the embedded account never ran."""
    with pytest.raises(pulumi.RunError, match=r"airflow-ecs:imageExtraCaFile must name a file in "):
        stacks.run("local", stacks.configuration("local") | {"imageExtraCaFile": "docker/ca/none.pem"})


def test_a_region_without_database_certificates_is_refused_before_any_resource_exists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line, not a migration that fails after a quarter of an hour; another image may have them."""
    warnings: list[str] = []

    def warn(text: str, *_: object) -> None:
        warnings.append(text)

    monkeypatch.setattr(pulumi.log, "warn", warn)
    settings = stacks.configuration("dev")
    message = "airflow-ecs:databaseSslMode verify-full needs the certificates of Amazon RDS in eu-nowhere-1; "
    with pytest.raises(pulumi.RunError, match=message):
        stacks.run("dev", settings, "eu-nowhere-1")
    assert not any("eu-nowhere-1" in text for text in warnings)
    stacks.run("dev", settings | {"databaseSslMode": "require"}, "eu-nowhere-1")
    stacks.run("dev", settings | {"imageUri": "docker.io/me/airflow:1"}, "eu-nowhere-1")
    assert any("what the existing image holds is not known" in text for text in warnings)


def test_a_file_of_objects_is_checked_before_any_resource_exists(tmp_path: Path) -> None:
    """All its errors beside those of the settings; a right one is applied by the migration."""
    file = tmp_path / "objects.yaml"
    file.write_text("connections: {a: {conn_type: http, password: hunter2}}\npools: {b: {slots: -2}}")
    settings = stacks.configuration("dev") | {"airflowResourcesFile": str(file)}
    with pytest.raises(pulumi.RunError) as stopped:
        stacks.run("dev", settings | {"wrokerCount": "5"})
    text = str(stopped.value)
    assert text.count("\n  airflow-ecs:") == 3
    assert f"airflow-ecs:airflowResourcesFile {file}: connections.a.password is in plaintext" in text
    assert f"airflow-ecs:airflowResourcesFile {file}: pools.b.slots must be a whole number" in text
    assert "hunter2" not in text
    file.write_text("pools: {b: {slots: 2}}")
    assert stacks.run("dev", settings).names("BucketObjectv2") == ["airflow-dev-migration-airflow-resources"]


def test_a_worker_group_has_a_service_and_all_that_belongs_to_one() -> None:
    """In place of the one service of workers; its role stays under the boundary."""
    recorded = recording("prod with worker groups")
    small, large = "worker-small", f"worker-{'l' * 20}"
    for output in ("service_names", "log_groups", "task_role_arns"):
        assert {name for name in recorded.exports[output] if "worker" in name} == {small, large}
    kind = "ecs/taskDefinition:TaskDefinition"
    task = recorded.one(kind, f"airflow-prod-{large}").inputs
    assert (task["cpu"], task["memory"], task["ephemeralStorage"]) == ("4096", "16384", {"sizeInGib": 100})
    assert "ephemeralStorage" not in recorded.one(kind, f"airflow-prod-{small}").inputs
    service = recorded.one("ecs/service:Service", f"airflow-prod-{small}").inputs
    assert service["capacityProviderStrategies"] == [
        {"base": 1, "capacityProvider": "FARGATE", "weight": 25},
        {"base": 0, "capacityProvider": "FARGATE_SPOT", "weight": 75},
    ]
    for name in (small, large):
        role = recorded.one("iam/role:Role", f"airflow-prod-{name}-task")
        assert role.inputs["permissionsBoundary"].endswith(":policy/boundary")
    allowed = json.loads(recorded.one("RolePolicy", f"airflow-prod-{large}-task").inputs["policy"])
    assert allowed["Statement"][-1]["Action"] == "sqs:SendMessage"


def test_a_scaled_worker_group_has_what_scales_it() -> None:
    """Its metric is that of its own service, in the namespace that the scheduler's task may publish in."""
    recorded = recording("prod with a scaled worker group")
    for kind, names in (("Target", [""]), ("appautoscaling/policy:Policy", ["-in", "-out"])):
        assert recorded.names(kind) == [f"airflow-prod-worker-burst{name}" for name in names]
    alarms = recorded.all("MetricAlarm")
    assert {one.inputs["dimensions"]["ServiceName"] for one in alarms} == {"worker-burst"}
    allowed = json.loads(recorded.one("RolePolicy", "airflow-prod-scheduler-task").inputs["policy"])
    (publish,) = (one for one in allowed["Statement"] if one["Action"] == ["cloudwatch:PutMetricData"])
    spaces = {one.inputs["namespace"] for one in alarms}
    assert spaces == {publish["Condition"]["StringEquals"]["cloudwatch:namespace"]}
    assert {one.startswith("airflow-ecs/airflow-prod") for one in spaces} == {True}
    assert recorded.exports["service_names"]["metrics"] == recorded.exports["service_names"]["scheduler"]


def test_a_wrong_worker_group_is_one_line_of_the_stack_file() -> None:
    """With its place in the list, and before any resource exists."""
    groups = json.dumps([{"name": "small", "queues": ["default"], "memoryMib": 9216}])
    settings = stacks.configuration("dev") | {"executor": "CeleryExecutor", "workerGroups": groups}
    with pytest.raises(pulumi.RunError) as stopped:
        stacks.run("dev", settings)
    (_, line) = str(stopped.value).splitlines()
    assert line.startswith("  airflow-ecs:workerGroups[0].memoryMib must be one of 2048, 3072, ")
    assert line.endswith("for 1024 CPU units; got 9216. Nearest: 8192, or change workerGroups[0].cpuUnits")


def test_what_was_seen_to_go_wrong_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """It can be deployed, and `up` says why one should not."""
    small = {"apiServerCpuUnits": "512", "apiServerMemoryMib": "1024"}
    stacks.run("prod", stacks.configuration("prod") | small)
    assert "airflow-ecs:apiServerCpuUnits and apiServerMemoryMib are 512 and 1024" in caplog.text


def test_what_this_machine_calls_is_called_as_the_provider_does() -> None:
    """`aws:profile` and `aws:assumeRoles` hold for the migration and the waits too."""
    role = {"roleArn": "arn:aws:iam::210987654321:role/deploy", "externalId": "agreed"}
    given = {"aws:profile": "data-prod", "aws:assumeRoles": json.dumps([role])}
    recording = stacks.run("prod", stacks.configuration("prod") | given)
    accesses = [one.inputs["access"] for one in [*recording.all("OneOffTask"), *recording.all("Rollout")]]
    assert len(accesses) > 5
    for access in accesses:
        assert access["profile"] == "data-prod"
        assert access["roles"] == [{"arn": role["roleArn"], "external_id": "agreed"}]


def _twice(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _subclasses(kind: type[Component]) -> list[type[Component]]:
    return [found for one in kind.__subclasses__() for found in (one, *_subclasses(one))]
