# pyright: basic
# boto3's answers have no types.
"""RunTask starts real processes, and tells how they ended."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.ecs.exceptions import InvalidParameterException

from embedded_aws.account.ecs import capacity

from .conftest import client, wait

if TYPE_CHECKING:
    from .conftest import Stage


NOWHERE = {"awslogs-group": "/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}
UNKNOWN_FOLDER = [{"sourceVolume": "v", "containerPath": "/opt/none"}]


@pytest.mark.conformance(
    operation="ecs:DescribeTasks",
    says="A stopped task has the exit codes of its containers, a stop code and a reason.",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="The `awslogs` driver sends standard output and standard error to the stream "
    "`prefix/container/task`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html",
)
def test_exit_code_and_output(stage: Stage) -> None:
    """Both streams arrive in the log group."""
    task = stage.run("print('hello'); print('wörld', file=sys.stderr); sys.exit(3)")
    container = task["containers"][0]
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert (container["exitCode"], container["lastStatus"]) == (3, "STOPPED")
    assert sorted(stage.output(task)) == ["hello", "wörld"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Overrides replace a container's command and add to its environment.",
)
@pytest.mark.conformance(
    operation="ecs-agent:GET task metadata",
    says="A container finds its task's ARN and addresses at `$ECS_CONTAINER_METADATA_URI_V4/task`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html",
)
def test_environment_overrides_and_metadata(stage: Stage) -> None:
    """RunTask's overrides win; the agent tells address and credentials."""
    code = """
import urllib.request
def ask(url):
    return json.load(urllib.request.urlopen(url))
metadata = ask(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + "/task")
credentials = ask(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
print(json.dumps([dict(os.environ), metadata, credentials, os.getuid()]))
"""
    overrides = {
        "containerOverrides": [
            {"name": "web", "command": [code], "environment": [{"name": "VERSION", "value": "9"}]}
        ]
    }
    definition = stage.definition("sys.exit(1)", task_role=stage.role())
    started = stage.start(definition, overrides=overrides, startedBy="me", group="mine")
    task = stage.until_stopped(started["taskArn"])
    environment, metadata, credentials, uid = json.loads(stage.output(task)[0])
    address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    assert task["containers"][0]["exitCode"] == 0
    assert (task["startedBy"], task["group"]) == ("me", "mine")
    assert (environment["VERSION"], environment["AWS_REGION"]) == ("9", "us-east-1")
    assert metadata["TaskARN"] == task["taskArn"]
    assert metadata["Containers"][0]["Networks"][0]["IPv4Addresses"] == [address]
    assert address.startswith("127.")
    assert credentials["AccessKeyId"]
    assert uid == 1234


@pytest.fixture
def secret(stage: Stage) -> str:
    """Return the ARN of a secret with two keys."""
    text = json.dumps({"user": "u", "password": "hush"})
    return stage.secretsmanager.create_secret(Name=stage.name("secret"), SecretString=text)["ARN"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A secret is injected whole, or by one key of its JSON.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
)
@pytest.mark.parametrize(
    ("suffix", "expected"), [(":password::", "hush"), ("", '{"user": "u", "password": "hush"}')]
)
def test_secret_is_injected(stage: Stage, secret: str, suffix: str, expected: str) -> None:
    """Whole, and by one key of its JSON."""
    task = stage.run("print(os.environ['IT'])", secrets=[{"name": "IT", "valueFrom": secret + suffix}])
    assert stage.output(task) == [expected]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A task whose secret cannot be read does not start: `ResourceInitializationError`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
)
@pytest.mark.parametrize("suffix", [":nothing::", None])
def test_missing_secret_stops_the_task(stage: Stage, secret: str, suffix: str | None) -> None:
    """Before any container runs."""
    reference = secret[:-7] + "x-AAAAAA" if suffix is None else secret + suffix
    task = stage.run("print('never')", secrets=[{"name": "IT", "valueFrom": reference}])
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError: unable to pull secrets")
    assert "exitCode" not in task["containers"][0]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A task that cannot be started stops with `TaskFailedToStart` and a reason.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
)
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"image": "registry.example/nothing:1"}, "CannotPullContainerError"),
        ({"logConfiguration": {"logDriver": "awslogs", "options": NOWHERE}}, "ResourceInitializationError"),
        ({"user": "somebody"}, "CannotStartContainerError"),
        ({"mountPoints": UNKNOWN_FOLDER, "volumes": [{"name": "v"}]}, "CannotStartContainerError"),
    ],
)  # fmt: skip
def test_what_cannot_start_has_a_reason(stage: Stage, more: dict[str, Any], reason: str) -> None:
    """In stoppedReason, with the prefix of AWS."""
    task = stage.run("print('never')", **more)
    assert task["stopCode"] == "TaskFailedToStart"
    assert reason in task["stoppedReason"]


def test_only_declared_volumes_are_writable(stage: Stage) -> None:
    """A volume that is no VOLUME of the image belongs to root, as on Fargate."""
    code = """
for path in ("/opt/x", "/tmp/x", "/opt/data/x", "/opt/other/x"):
    try:
        open(path, "w").close()
        print(path)
    except OSError:
        pass
"""
    points = [{"sourceVolume": name, "containerPath": f"/opt/{name}"} for name in ("data", "other")]
    task = stage.run(code, mountPoints=points, volumes=[{"name": "data"}, {"name": "other"}])
    assert stage.output(task) == ["/opt/data/x"]  # other is no VOLUME of the image, so it belongs to root


def test_writable_root_is_the_tasks_own(stage: Stage) -> None:
    """The image stays as it is."""
    code = "import pathlib; f = pathlib.Path('/opt/mark'); print(f.exists()); f.touch()"
    for _ in range(2):
        assert stage.output(stage.run(code, readonlyRootFilesystem=False)) == ["False"]


@pytest.mark.conformance(
    operation="ecs:StopTask",
    says="Containers get SIGTERM, and SIGKILL after `stopTimeout`.",
)
def test_stop_ends_gently_then_hard(stage: Stage) -> None:
    """SIGTERM, and SIGKILL after stopTimeout; at once for all tasks."""
    catch = (
        "import signal; signal.signal(signal.SIGTERM, lambda *_: {}); print('up', flush=True); time.sleep(60)"
    )
    gentle = catch.format("sys.exit(5)")
    stubborn = catch.format("print('no', flush=True)")
    started = [
        stage.start(stage.definition(code, stopTimeout=seconds))
        for code, seconds in ((gentle, 100), (stubborn, 2))
    ]
    for task in started:
        wait(
            lambda task=task: (
                stage.output(task) if stage.task(task["taskArn"])["lastStatus"] == "RUNNING" else []
            )
        )
        stage.ecs.stop_task(cluster=stage.cluster, task=task["taskArn"], reason="enough")
    began = time.monotonic()
    ended = [stage.until_stopped(task["taskArn"]) for task in started]
    assert [task["containers"][0]["exitCode"] for task in ended] == [5, 137]
    assert {(task["stopCode"], task["stoppedReason"]) for task in ended} == {("UserInitiated", "enough")}
    assert time.monotonic() - began < 60
    assert stage.output(ended[1]) == ["up", "no"]


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="A task of no service goes on while its health check fails.",
)
def test_health_check_runs_inside(stage: Stage) -> None:
    """CMD and CMD-SHELL; a task of no service goes on when it is ill."""
    check = {"interval": 5, "timeout": 5, "retries": 2, "startPeriod": 20}
    code = "import time; open('/opt/data/ok', 'w').close(); time.sleep(60)"
    point = {
        "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/opt/data"}],
        "volumes": [{"name": "tmp"}],
        "user": "0",
    }
    well = stage.start(
        stage.definition(
            code, healthCheck=check | {"command": ["CMD", "test", "-e", "/opt/data/ok"]}, **point
        )
    )
    check = {"interval": 5, "timeout": 2, "retries": 1}
    unhealthy_task = stage.start(
        stage.definition(code, healthCheck=check | {"command": ["CMD-SHELL", "exit 1"]}, **point)
    )
    for task, expected in ((well, "HEALTHY"), (unhealthy_task, "UNHEALTHY")):
        wait(lambda task=task, expected=expected: stage.task(task["taskArn"])["healthStatus"] == expected)
        assert stage.task(task["taskArn"])["lastStatus"] == "RUNNING"
        stage.ecs.stop_task(cluster=stage.cluster, task=task["taskArn"])


ON_DEMAND, SPOT = "FARGATE", "FARGATE_SPOT"
NO_WEIGHT = "At least one capacity provider must have a weight value greater than zero"


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="The base of a capacity provider strategy is placed first, then tasks by weight.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html",
)
def test_a_strategy_divides_tasks_by_base_then_by_weight(stage: Stage) -> None:
    """Two on demand, then three of four on Spot; a service asks the same function for each task."""
    strategy = [_capacity(ON_DEMAND, base=2, weight=1), _capacity(SPOT, weight=3)]
    used: list[str | None] = []
    for _ in range(6):
        used.append(capacity.next_provider(strategy, used))
    assert used[:2] == [ON_DEMAND, ON_DEMAND]
    assert (used.count(ON_DEMAND), used.count(SPOT)) == (3, 3)
    cluster = stage.name("cluster")
    stage.ecs.create_cluster(clusterName=cluster, capacityProviders=[ON_DEMAND, SPOT])
    (task,) = stage.ecs.run_task(
        cluster=cluster,
        taskDefinition=stage.definition("pass"),
        networkConfiguration=stage.network,
        capacityProviderStrategy=[_capacity(ON_DEMAND, weight=0), _capacity(SPOT)],
    )["tasks"]
    assert task["capacityProviderName"] == SPOT


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="One capacity provider of a strategy has a base, and one at least a weight.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html",
    error="InvalidParameterException",
)
def test_a_strategy_that_places_no_task_is_refused(stage: Stage) -> None:
    """Two bases, no weight, what is out of range."""
    refused = {
        "Only one capacity provider": [_capacity(ON_DEMAND, base=1), _capacity(SPOT, base=1)],
        NO_WEIGHT: [_capacity(ON_DEMAND, weight=0), _capacity(SPOT, weight=0)],
        "names each capacity provider once": [_capacity(SPOT), _capacity(SPOT)],
        "on FARGATE and FARGATE_SPOT only": [_capacity("mine")],
    }
    definition = stage.definition("pass")
    for message, strategy in refused.items():
        with pytest.raises(ClientError, match=f"InvalidParameterException.*{message}"):
            stage.start(definition, capacityProviderStrategy=strategy)
    with pytest.raises(InvalidParameterException, match="valid range"):
        capacity.check([_capacity(SPOT, weight=1001)])


def _capacity(provider: str, *, base: int = 0, weight: int = 1) -> dict[str, Any]:
    return {"capacityProvider": provider, "base": base, "weight": weight}


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="Ephemeral storage is 21 to 200 GiB, where it is given.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html",
    error="ClientException",
)
def test_ephemeral_storage_has_limits(stage: Stage) -> None:
    """20 GiB come without asking, and cannot be asked for."""
    wanted: dict[str, Any] = {
        "family": "storage",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "one", "image": stage.image}],
    }
    for size in (20, 201):
        with pytest.raises(ClientError, match="minimum supported value of ephemeral storage is 21 GiB"):
            stage.ecs.register_task_definition(**wanted, ephemeralStorage={"sizeInGiB": size})
    found = stage.ecs.register_task_definition(**wanted, ephemeralStorage={"sizeInGiB": 21})
    assert found["taskDefinition"]["ephemeralStorage"] == {"sizeInGiB": 21}


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="With the condition `SUCCESS` a container starts after its dependency has ended with 0.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html",
)
@pytest.mark.parametrize(("code", "expected"), [("sys.exit(0)", 0), ("sys.exit(1)", None)])
def test_dependencies_order_containers(stage: Stage, code: str, expected: int | None) -> None:
    """A dependency that can never hold stops the task."""
    first = {
        "name": "first",
        "image": stage.image,
        "command": [code],
        "essential": False,
        "readonlyRootFilesystem": True,
    }
    waits = [{"containerName": "first", "condition": "SUCCESS"}]
    task = stage.run("print('second')", others=[first], dependsOn=waits)
    codes = {container["name"]: container.get("exitCode") for container in task["containers"]}
    assert codes["web"] == expected
    assert ("exited with 1" in task["stoppedReason"]) == (expected is None)


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A repeated request with the same client token starts no further task.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html",
)
def test_client_token_starts_one_task(stage: Stage) -> None:
    """A client that asks again after a lost answer gets the same task."""
    definition = stage.definition("pass")
    first, second = (stage.start(definition, clientToken="t-1") for _ in range(2))
    assert first["taskArn"] == second["taskArn"]


@pytest.mark.conformance(
    operation="ecs:DescribeTaskDefinition",
    says="Port mappings and health checks come back with their defaults.",
)
def test_definition_comes_back_in_canonical_form(stage: Stage) -> None:
    """With the defaults that AWS writes in."""
    arn = stage.definition("pass", healthCheck={"command": ["CMD", "true"]})
    container = stage.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"][
        "containerDefinitions"
    ][0]
    assert container["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert container["healthCheck"] == {
        "command": ["CMD", "true"],
        "interval": 30,
        "timeout": 5,
        "retries": 3,
    }
    assert (container["cpu"], container["mountPoints"], container["essential"]) == (0, [], True)


REFUSED_SHARES: dict[str, list[dict[str, int]]] = {
    "The 'memory' setting for container 'c0' is greater than for the task": [{"memory": 1025}],
    "The 'memoryReservation' setting for container 'c1' is greater than": [{}, {"memoryReservation": 1025}],
    "sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'": [
        {"cpu": 256},
        {"cpu": 257},
    ],
    "total amount of memory reserved for all containers within a task must be lower": [
        {"memory": 512},
        {"memory": 1024, "memoryReservation": 513},
    ],
}


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="No container, nor all together, need more CPU or memory than the task has.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
    error="ClientException",
)
@pytest.mark.parametrize("words", REFUSED_SHARES)
def test_containers_share_what_the_task_has(stage: Stage, words: str) -> None:
    """What is reserved counts, where it is less than the limit; all of the task's may be given away."""

    def register(shares: list[dict[str, int]]) -> None:
        containers = [{"name": f"c{i}", "image": "repo/x", **share} for i, share in enumerate(shares)]
        stage.ecs.register_task_definition(
            family="shares", cpu="512", memory="1024", requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc", containerDefinitions=containers,
        )  # fmt: skip

    with pytest.raises(ClientError, match=words) as refused:
        register(REFUSED_SHARES[words])
    assert refused.value.response["Error"]["Code"] == "ClientException"
    register([{"cpu": 256, "memory": 1024, "memoryReservation": 512}, {"cpu": 256, "memory": 512}])


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A cluster that does not exist is an error.",
    error="ClusterNotFoundException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A task definition that does not exist is an error.",
    error="ClientException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A subnet that does not exist is an error, and so is a task without a network.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:StopTask",
    says="A task that does not exist is an error.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="A service that does not exist is an error.",
    error="ServiceNotFoundException",
)
@pytest.mark.conformance(
    operation="ecs:DeleteService",
    says="A service that does not exist is not deleted.",
    error="ServiceNotFoundException",
)
@pytest.mark.conformance(
    operation="ecs:ListTasks",
    says="Tasks of a cluster that does not exist are not listed.",
    error="ClusterNotFoundException",
)
@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="Fargate has fixed pairs of CPU and memory.",
    error="ClientException",
)
@pytest.mark.conformance(
    operation="ecs:DescribeServices",
    says="A service that does not exist is a failure in the answer: `MISSING`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html",
)
def test_refusals_have_codes_of_aws(stage: Stage) -> None:
    """Also of an action that the account does not know: no HTML, nothing to retry."""
    definition = stage.definition("pass")
    ecs, network = stage.ecs, stage.network
    nowhere = {"awsvpcConfiguration": {"subnets": ["subnet-00000000"]}}
    run = {"cluster": stage.cluster, "taskDefinition": definition, "networkConfiguration": network}
    calls: list[tuple[str, Any, dict[str, Any]]] = [
        ("ClusterNotFoundException", ecs.run_task, run | {"cluster": "none"}),
        ("ClientException", ecs.run_task, run | {"taskDefinition": "none"}),
        ("InvalidParameterException", ecs.run_task, run | {"networkConfiguration": nowhere}),
        ("InvalidParameterException", ecs.run_task, run | {"networkConfiguration": {}}),
        ("InvalidParameterException", ecs.run_task, run | {"launchType": "EC2"}),
        ("InvalidParameterException", ecs.stop_task, {"cluster": stage.cluster, "task": "a" * 32}),
        ("ServiceNotFoundException", ecs.update_service, {"cluster": stage.cluster, "service": "none"}),
        ("ServiceNotFoundException", ecs.delete_service, {"cluster": stage.cluster, "service": "none"}),
        ("ClusterNotFoundException", ecs.list_tasks, {"cluster": "none"}),
        ("UnsupportedOperation", ecs.submit_task_state_change, {"cluster": stage.cluster}),
    ]
    for code, call, arguments in calls:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        assert caught.value.response["Error"]["Code"] == code, arguments
    with pytest.raises(ClientError, match="No Fargate configuration exists"):
        ecs.register_task_definition(
            family="x", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="8192",
            containerDefinitions=[{"name": "a", "image": "a"}],
        )  # fmt: skip
    assert (
        ecs.describe_services(cluster=stage.cluster, services=["none"])["failures"][0]["reason"] == "MISSING"
    )


@pytest.mark.conformance(
    operation="servicequotas:GetAWSDefaultServiceQuota",
    says="An account starts with six Fargate vCPUs.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html#service-quotas-fargate",
)
def test_the_default_quota_of_fargate_is_that_of_a_new_account(stage: Stage) -> None:
    """On demand; the account's own quota is raised, so that any cluster fits."""
    asked = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}
    quotas = client(stage.environment, "service-quotas")
    assert quotas.get_aws_default_service_quota(**asked)["Quota"]["Value"] == 6
    assert quotas.get_service_quota(**asked)["Quota"]["Value"] > 6


@pytest.mark.conformance(
    operation="ecs:ListTaskDefinitions",
    says="Revisions of exactly one family, in order, the last one first where `sort` is `DESC`, in pages.",
)
@pytest.mark.conformance(
    operation="ecs:DescribeTaskDefinition", says="A revision has the time when it was registered."
)
def test_revisions_are_listed_in_order(stage: Stage) -> None:
    """Ten come after nine, and a family whose name begins alike is another one."""
    family, before = stage.name("listed"), time.time()
    container = {"name": "web", "image": stage.image, "memory": 128}
    arns = [
        stage.ecs.register_task_definition(family=family, containerDefinitions=[container])["taskDefinition"][
            "taskDefinitionArn"
        ]
        for _ in range(11)
    ]
    stage.ecs.register_task_definition(family=f"{family}-else", containerDefinitions=[container])
    assert stage.ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"] == arns
    pages = stage.ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix=family, sort="DESC", PaginationConfig={"PageSize": 4}
    )
    assert [page["taskDefinitionArns"] for page in pages] == [arns[:6:-1], arns[6:2:-1], arns[2::-1]]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        stage.ecs.list_task_definitions(familyPrefix=family, nextToken="x")
    found = stage.ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    assert before - 1 < found["registeredAt"].timestamp() < time.time() + 1
