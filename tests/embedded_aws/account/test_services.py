# pyright: basic
# boto3's answers have no types.
"""Services keep their count, roll out without a lost request, and roll back what is broken."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import requests
from botocore.exceptions import ClientError

from .conftest import wait

if TYPE_CHECKING:
    from .conftest import Stage

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class Balanced:
    """A load balancer before a target group; `url` is where it answers."""

    def __init__(self, stage: Stage) -> None:
        elb, name = stage.elbv2, stage.name("lb")
        self.arn = elb.create_load_balancer(Name=name, Subnets=stage.subnets)["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        self.address = elb.describe_load_balancers(LoadBalancerArns=[self.arn])["LoadBalancers"][0]["DNSName"]
        self.group = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=8080, VpcId=stage.vpc, TargetType="ip", HealthCheckPath="/",
            HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2,
        )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
        self.forward = [{"Type": "forward", "TargetGroupArn": self.group}]
        self.listener = elb.create_listener(
            LoadBalancerArn=self.arn, Protocol="HTTP", Port=8000, DefaultActions=self.forward
        )["Listeners"][0]["ListenerArn"]
        self.url = f"http://{self.address}:8000"
        self.of_service: dict[str, Any] = {
            "loadBalancers": [{"targetGroupArn": self.group, "containerName": "web", "containerPort": 8080}]
        }


@pytest.fixture
def balanced(stage: Stage) -> Balanced:
    """Return a new load balancer."""
    return Balanced(stage)


class Visitors:
    """Threads that ask a URL for the whole time of a `with`, and keep what went wrong."""

    def __init__(self, url: str) -> None:
        self.versions: list[str] = []
        self.failures: list[str] = []
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._visit, args=(url + path,)) for path in ("/", "/", "/slow")
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, url: str) -> None:
        session = requests.Session()
        while not self._ended.is_set():
            try:
                answer = session.get(url, timeout=10)
                answer.raise_for_status()
                self.versions.append(answer.json()["version"])
            except requests.RequestException as error:
                self.failures.append(str(error))
            self._ended.wait(0.02)


@pytest.mark.conformance(
    operation="ecs:CreateService",
    says="A Fargate task has an address of its own, so tasks of one service listen at the same port.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
)
@pytest.mark.conformance(
    operation="elasticloadbalancing:RegisterTargets",
    says="A target gets the client's protocol and port in `X-Forwarded-Proto` and `X-Forwarded-Port`.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html",
)
def test_two_tasks_serve_one_port_behind_a_load_balancer(stage: Stage, balanced: Balanced) -> None:
    """Each on its own address; headers are those of an ALB."""
    name = stage.serve(stage.definition(), count=2, **balanced.of_service)
    service = stage.until_complete(name)
    assert (service["runningCount"], service["pendingCount"]) == (2, 0)
    answers = [requests.get(balanced.url, timeout=5).json() for _ in range(8)]
    assert {answer["address"] for answer in answers} == {
        stage.address_of(arn) for arn in stage.tasks_of(name)
    }
    assert answers[0]["headers"]["x-forwarded-proto"] == "http"
    assert answers[0]["headers"]["x-forwarded-port"] == "8000"
    answer = stage.elbv2.describe_target_health(TargetGroupArn=balanced.group)["TargetHealthDescriptions"]
    assert [target["TargetHealth"]["State"] for target in answer] == ["healthy", "healthy"]


@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="The circuit breaker fails a deployment after at least three tasks that did not start.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
)
@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="With rollback, a failed deployment is replaced by the last one that completed.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
)
@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="In a rolling update new tasks replace old ones within the minimum and maximum percentages.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html",
)
@pytest.mark.conformance(
    operation="elasticloadbalancing:DeregisterTargets",
    says="A target that is deregistered finishes the requests that are in flight.",
)
def test_new_version_loses_no_request_and_a_broken_one_is_rolled_back(
    stage: Stage, balanced: Balanced
) -> None:
    """Visitors see the old version, then the new one, and never a broken one."""
    good = stage.definition(version="2")
    name = stage.serve(
        stage.definition(version="1"), count=2, deploymentConfiguration=BREAKER, **balanced.of_service
    )
    stage.until_complete(name)
    with Visitors(balanced.url) as visitors:
        stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=good)
        stage.until_complete(name)
        wait(lambda: visitors.versions[-1] == "2")
        broken = stage.definition("sys.exit(7)", version="3")
        stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=broken)
        failed = wait(
            lambda: [d for d in stage.service(name)["deployments"] if d["rolloutState"] == "FAILED"]
        )[0]
        service = stage.until_complete(name)
    assert visitors.failures == []
    assert set(visitors.versions) == {"1", "2"}
    assert failed["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert (failed["taskDefinition"], failed["failedTasks"]) == (broken, 3)
    assert service["taskDefinition"] == good
    messages = [event["message"] for event in service["events"]]
    assert any("deployment failed: tasks failed to start." in message for message in messages)
    assert any("rolling back to deployment ecs-svc/" in message for message in messages)
    assert any("web exited with 7" in message for message in messages)
    found = stage.ecs.list_service_deployments(cluster=stage.cluster, service=name)["serviceDeployments"]
    assert sorted(d["status"] for d in found) == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL"]


@pytest.mark.conformance(
    operation="ecs:CreateService",
    says="Where fewer tasks run than the desired count, the service starts another one.",
)
@pytest.mark.conformance(
    operation="ecs:DescribeTasks",
    says="A task whose essential container ends is stopped with the code `EssentialContainerExited`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
)
def test_killed_process_is_replaced(stage: Stage) -> None:
    """The task tells the signal; the service is steady again."""
    name = stage.serve(stage.definition())
    stage.until_complete(name)
    old = stage.tasks_of(name)[0]
    address = stage.address_of(old)
    os.kill(listening_process(address), signal.SIGKILL)
    stopped = stage.until_stopped(old)
    assert (stopped["stopCode"], stopped["containers"][0]["exitCode"]) == ("EssentialContainerExited", 137)
    new = wait(lambda: [arn for arn in stage.tasks_of(name) if arn != old])
    wait(lambda: stage.task(new[0])["lastStatus"] == "RUNNING")
    wait(lambda: any("has reached a steady state" in e["message"] for e in stage.service(name)["events"][:2]))


def listening_process(address: str) -> int:
    """Return the process that runs the foreign service with an address."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                environment = (folder / "environ").read_bytes()
                program = (folder / "cmdline").read_bytes()
            except OSError:  # it has ended, or is somebody else's
                continue
            hostname = f"HOSTNAME=ip-{address.replace('.', '-')}.".encode()
            if hostname in environment and program.startswith(b"python3\0"):
                return int(folder.name)
    raise AssertionError(f"no process serves {address}")


@pytest.mark.conformance(
    operation="ecs:RegisterTaskDefinition",
    says="A service stops and replaces a task whose container's health check fails.",
)
def test_unhealthy_task_is_replaced(stage: Stage) -> None:
    """By the container's own health check."""
    check = {
        "command": ["CMD-SHELL", "test ! -e /opt/data/ill"],
        "interval": 5,
        "retries": 1,
        "startPeriod": 20,
    }
    code = "import time; time.sleep(4); open('/opt/data/ill', 'w').close(); time.sleep(60)"
    volume: dict[str, Any] = {
        "mountPoints": [{"sourceVolume": "v", "containerPath": "/opt/data"}],
        "volumes": [{"name": "v"}],
    }
    name = stage.serve(stage.definition(code, healthCheck=check, **volume))
    stage.until_complete(name)
    first = stage.tasks_of(name)[0]
    stopped = stage.until_stopped(first)
    assert stopped["stoppedReason"] == "Task failed container health checks"
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"


@pytest.mark.conformance(
    operation="ecs:CreateService",
    says="Running tasks of a service with a registry are found under its name, and stopped ones are not.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html",
)
def test_names_resolve_inside_containers(stage: Stage) -> None:
    """In a container that runs already, while the service scales."""
    cloud_map, domain = stage.servicediscovery, f"{stage.name('zone')}.internal"
    cloud_map.create_private_dns_namespace(Name=domain, Vpc=stage.vpc)
    namespace = next(n["Id"] for n in cloud_map.list_namespaces()["Namespaces"] if n["Name"] == domain)
    registry = cloud_map.create_service(
        Name="web",
        NamespaceId=namespace,
        DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
        HealthCheckCustomConfig={"FailureThreshold": 1},
    )["Service"]["Arn"]
    name = stage.serve(stage.definition(), count=2, serviceRegistries=[{"registryArn": registry}])
    stage.until_complete(name)
    code = f"import socket; print(sorted({{a[4][0] for a in socket.getaddrinfo('web.{domain}', 80)}}))"
    watcher = stage.start(
        stage.definition(
            f"import time\nfor _ in range(60): exec({code!r}, globals()); sys.stdout.flush(); time.sleep(0.3)"
        )
    )
    addresses = sorted(stage.address_of(arn) for arn in stage.tasks_of(name))
    wait(lambda: str(addresses) in stage.output(watcher))
    stage.ecs.update_service(cluster=stage.cluster, service=name, desiredCount=1)
    left = wait(lambda: tasks if len(tasks := stage.tasks_of(name)) == 1 else [])
    wait(lambda: stage.output(watcher)[-1] == str([stage.address_of(left[0])]))
    stage.ecs.stop_task(cluster=stage.cluster, task=watcher["taskArn"])


@pytest.mark.conformance(
    operation="servicediscovery:CreateService",
    says="Without a health check a name resolves to every registered instance, healthy or not.",
    source="https://docs.aws.amazon.com/cloud-map/latest/dg/services-health-checks.html",
)
@pytest.mark.conformance(
    operation="servicediscovery:DeleteService",
    says="A service with registered instances is not deleted.",
    error="ResourceInUse",
)
@pytest.mark.parametrize("asked", [True, False], ids=["custom health check", "no health check"])
def test_a_name_resolves_past_unhealthy_tasks_only_with_a_health_check(stage: Stage, *, asked: bool) -> None:
    """As on AWS: without one, a task is found as soon as it runs, and nobody waits until it serves."""
    cloud_map, domain = stage.servicediscovery, f"{stage.name('zone')}.internal"
    cloud_map.create_private_dns_namespace(Name=domain, Vpc=stage.vpc)
    namespace = next(n["Id"] for n in cloud_map.list_namespaces()["Namespaces"] if n["Name"] == domain)
    registry = cloud_map.create_service(
        Name="web",
        NamespaceId=namespace,
        DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
        **({"HealthCheckCustomConfig": {"FailureThreshold": 1}} if asked else {}),
    )["Service"]
    name = stage.serve(stage.definition(), serviceRegistries=[{"registryArn": registry["Arn"]}])
    stage.until_complete(name)
    first = stage.address_of(stage.tasks_of(name)[0])
    starting = stage.definition(healthCheck={"command": ["CMD", "false"], "startPeriod": 300})
    stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=starting)
    wait(lambda: len(_instances(stage, registry["Id"])) == 2)
    both = {one["Attributes"]["AWS_INSTANCE_IPV4"] for one in _instances(stage, registry["Id"])}
    wait(lambda: stage.addresses(f"web.{domain}") == ({first} if asked else both))
    with pytest.raises(ClientError, match="ResourceInUse"):
        cloud_map.delete_service(Id=registry["Id"])


def _instances(stage: Stage, service_id: str) -> list[dict[str, Any]]:
    return stage.servicediscovery.list_instances(ServiceId=service_id)["Instances"]


@pytest.mark.conformance(
    operation="ecs:ListServices",
    says="A page has ten services where the request names no number, and at most 100.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html",
)
def test_services_and_tasks_are_listed_in_pages(stage: Stage) -> None:
    """Who looks at the first page alone misses some; a paginator finds all."""
    definition = stage.definition()
    made = {stage.serve(definition, count=0) for _ in range(11)}
    assert len(stage.ecs.list_services(cluster=stage.cluster)["serviceArns"]) == 10
    pages = stage.ecs.get_paginator("list_services").paginate(cluster=stage.cluster)
    assert made <= {arn.rpartition("/")[2] for page in pages for arn in page["serviceArns"]}
    for wrong in ({"maxResults": 101}, {"nextToken": "x"}):
        for listing in (stage.ecs.list_services, stage.ecs.list_tasks):
            with pytest.raises(ClientError, match="InvalidParameterException"):
                listing(cluster=stage.cluster, **wrong)


@pytest.mark.conformance(
    operation="ecs:CreateService",
    says="A target group that no load balancer uses, or a container or port that does not exist, is refused.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:DeleteService",
    says="A service with a desired count above zero is deleted by force only.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:DeleteCluster",
    says="A cluster with active services is not deleted.",
    error="ClusterContainsServicesException",
)
@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="A deleted service is not updated.",
    error="ServiceNotActiveException",
)
def test_refusals_of_services(stage: Stage, balanced: Balanced) -> None:
    """In the words and codes of AWS."""
    definition = stage.definition()
    group = stage.elbv2.create_target_group(
        Name=stage.name("tg"), Protocol="HTTP", Port=1, VpcId=stage.vpc, TargetType="ip"
    )
    unused = group["TargetGroups"][0]["TargetGroupArn"]
    wrong: list[tuple[str, dict[str, Any]]] = [
        (
            "does not have an associated load balancer",
            {"targetGroupArn": unused, "containerName": "web", "containerPort": 8080},
        ),
        (
            "does not exist in the task definition",
            {"targetGroupArn": balanced.group, "containerName": "x", "containerPort": 8080},
        ),
        (
            "did not have a container port 1",
            {"targetGroupArn": balanced.group, "containerName": "web", "containerPort": 1},
        ),
    ]
    for text, balancer in wrong:
        with pytest.raises(ClientError, match=text):
            stage.serve(definition, loadBalancers=[balancer])
    name = stage.serve(definition)
    with pytest.raises(ClientError, match="scaled above 0"):
        stage.ecs.delete_service(cluster=stage.cluster, service=name)
    with pytest.raises(ClientError, match="ClusterContainsServicesException"):
        stage.ecs.delete_cluster(cluster=stage.cluster)
    stage.made.remove(name)
    stage.ecs.delete_service(cluster=stage.cluster, service=name, force=True)
    wait(lambda: stage.service(name)["status"] == "INACTIVE")
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        stage.ecs.update_service(cluster=stage.cluster, service=name, desiredCount=1)


@pytest.mark.conformance(
    operation="ecs:CreateService",
    says="With `propagateTags` a task gets the tags of its service.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html",
)
def test_settings_of_a_service_come_back(stage: Stage) -> None:
    """What a second preview compares."""
    given = {
        "enableExecuteCommand": True,
        "availabilityZoneRebalancing": "DISABLED",
        "propagateTags": "SERVICE",
        "enableECSManagedTags": True,
        "deploymentConfiguration": BREAKER | {"maximumPercent": 150, "minimumHealthyPercent": 50},
    }
    name = stage.name("service")
    stage.ecs.create_service(
        cluster=stage.cluster, serviceName=name, taskDefinition=stage.definition(), desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        networkConfiguration=stage.network, tags=[{"key": "team", "value": "data"}], **given,
    )  # fmt: skip
    stage.made.append(name)
    service = stage.service(name)
    deployment = service["deploymentConfiguration"]
    assert {key: service[key] for key in given if key != "deploymentConfiguration"} == {
        key: value for key, value in given.items() if key != "deploymentConfiguration"
    }
    assert (deployment["maximumPercent"], deployment["deploymentCircuitBreaker"]["rollback"]) == (150, True)
    assert service["capacityProviderStrategy"] == [
        {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}
    ]
    assert "launchType" not in service
    task = wait(lambda: stage.tasks_of(name))[0]
    answer = stage.ecs.describe_tasks(cluster=stage.cluster, tasks=[task], include=["TAGS"])["tasks"][0]
    assert answer["tags"] == [{"key": "team", "value": "data"}]
    assert answer["capacityProviderName"] == "FARGATE_SPOT"


@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="A failed deployment starts no more tasks, and a first one has nothing to go back to.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
)
def test_a_first_deployment_that_failed_starts_no_task_until_it_is_forced(stage: Stage) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html."""
    name = stage.serve(stage.definition("sys.exit(7)"), deploymentConfiguration=BREAKER)
    wait(lambda: stage.service(name)["deployments"][0]["rolloutState"] == "FAILED")
    failed = stage.service(name)["deployments"]
    wait(lambda: not stage.tasks_of(name))
    stage.run("import time; time.sleep(3)")  # in which the scheduler looks at every service
    assert stage.tasks_of(name) == []
    assert [(one["status"], one["rolloutState"]) for one in failed] == [("PRIMARY", "FAILED")]
    stage.ecs.update_service(cluster=stage.cluster, service=name, forceNewDeployment=True)
    assert wait(lambda: stage.tasks_of(name))
    assert stage.service(name)["deployments"][0]["id"] != failed[0]["id"]


@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="Another capacity provider strategy needs a forced new deployment.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html",
    error="InvalidParameterException",
)
def test_another_kind_of_capacity_is_a_new_deployment_that_must_be_forced(stage: Stage) -> None:
    """From a launch type to a strategy, and from one strategy to another; the revision stays."""
    name = stage.serve(stage.definition())
    for provider in ("FARGATE_SPOT", "FARGATE"):
        wanted = {"capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}]}
        with pytest.raises(ClientError, match=r"InvalidParameterException.*you must force a new deployment"):
            stage.ecs.update_service(cluster=stage.cluster, service=name, **wanted)
        stage.ecs.update_service(cluster=stage.cluster, service=name, forceNewDeployment=True, **wanted)
        service = stage.until_complete(name)
        assert "launchType" not in service
        tasks = stage.ecs.describe_tasks(cluster=stage.cluster, tasks=stage.tasks_of(name))["tasks"]
        assert {one["capacityProviderName"] for one in tasks} == {provider}
        assert {one["startedBy"] for one in tasks} == {service["deployments"][0]["id"]}
        stage.ecs.update_service(cluster=stage.cluster, service=name, **wanted)
        assert len(stage.service(name)["deployments"]) == 1


@pytest.mark.conformance(
    operation="ecs:CreateService",
    says="Where `availabilityZoneRebalancing` is not set, a new service has it enabled and an update keeps "
    "what it has.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html",
)
def test_a_new_service_is_balanced_over_the_zones_unless_disabled(stage: Stage) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html."""
    name = stage.serve(stage.definition())
    assert stage.service(name)["availabilityZoneRebalancing"] == "ENABLED"
    for given in ({"availabilityZoneRebalancing": "DISABLED"}, {"desiredCount": 2}):
        stage.ecs.update_service(cluster=stage.cluster, service=name, **given)
        wait(lambda: stage.service(name)["availabilityZoneRebalancing"] == "DISABLED")


@pytest.mark.conformance(
    operation="ecs:DescribeServices",
    says="ECS is eventually consistent: an answer after a change may be from before it.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html",
)
def test_one_answer_after_an_update_is_still_the_old_one(stage: Stage) -> None:
    """The third or the fourth: ECS is consistent in the end only."""
    first, second = stage.definition(version="1"), stage.definition(version="2")
    name = stage.serve(first)
    for before, after in ((first, second), (second, first)):
        stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=after)
        answer = [stage.service(name)["taskDefinition"] for _ in range(6)]
        assert sorted(answer) == sorted([before, *[after] * 5])
        assert before in answer[2:4]


@pytest.mark.conformance(
    operation="ecs:DeregisterTaskDefinition",
    says="An inactive revision goes on where it runs, and no service is updated to it.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html",
)
@pytest.mark.conformance(
    operation="ecs:ListServiceDeployments",
    says="A deployment that another one replaces before it completes is `STOPPED`.",
)
def test_a_deployment_that_another_overtakes_has_not_failed(stage: Stage) -> None:
    """It goes on in the lists until its tasks are gone; an inactive revision can be deployed no more."""
    slow = stage.definition(
        "import time; time.sleep(90)", healthCheck={"command": ["CMD", "false"], "startPeriod": 60}
    )
    name = stage.serve(slow)
    stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=stage.definition())
    states = {one["rolloutState"] for one in stage.service(name)["deployments"]}
    assert states == {"IN_PROGRESS"}
    found = stage.ecs.list_service_deployments(cluster=stage.cluster, service=name)["serviceDeployments"]
    assert [one["status"] for one in found] == ["IN_PROGRESS", "STOPPED"]
    stage.ecs.deregister_task_definition(taskDefinition=slow)
    with pytest.raises(ClientError, match=r"ClientException.*TaskDefinition is inactive"):
        stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=slow)
