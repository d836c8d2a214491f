"""Rules for ECS: clusters, services, task definitions and what stands in their containers."""

import re
from collections.abc import Callable
from typing import Any, Final

from components.model.aws import fargate
from components.model.rendered import Rendered, containers, known, listed, mapping
from components.model.settings.plaintext import is_secret
from policy.rule import Check, NotKnownError, Rule, Stack, must_be, table, value

NO_SECRETS: Final = {
    "AIRFLOW_CONN_AWS_DEFAULT",
    "AIRFLOW_ECS_SECRET_VERSIONS",
    "AIRFLOW__SECRETS__BACKEND_KWARGS",
}
"""What the program sets itself: the task's own role, versions of secrets, where Airflow looks for them."""
DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
ROOT_USERS: Final = {"", "0", "root"}
MAX_STOP_SECONDS: Final = 120
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"""
CHECK_TIMEOUT_SECONDS: Final = 15
UNHEALTHY_AFTER_SECONDS: Final = (60, 180)
START_SECONDS: Final = (120, 240)
"""Airflow's roles start in up to 100 s on the smallest sizes."""
TASK: Final = ("ecs/TaskDefinition",)
SERVICE: Final = ("ecs/Service",)


def _each(check: Callable[[dict[str, Any]], str | None]) -> Check:
    """Check every container of a task definition."""

    def check_all(one: Rendered, _: Stack) -> str | None:
        if not known(one.inputs.get("containerDefinitions")):
            raise NotKnownError("containerDefinitions")
        wrong = [
            f"container {container.get('name')}: {why}"
            for container in containers(one)
            if (why := check(container))
        ]
        return "; ".join(wrong) or None

    return check_all


def _privileged(container: dict[str, Any]) -> str | None:
    return "privileged is true" if container.get("privileged") else None


def _writable(container: dict[str, Any]) -> str | None:
    return None if container.get("readonlyRootFilesystem") is True else "its root file system is writable"


def _root(container: dict[str, Any]) -> str | None:
    user = str(container.get("user", "")).split(":")[0]
    return f"it runs as {user or 'the user of the image'}" if user in ROOT_USERS else None


def _capable(container: dict[str, Any]) -> str | None:
    capabilities = mapping(mapping(container.get("linuxParameters")).get("capabilities"))
    if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
        return "it keeps Linux capabilities"
    return None


def _secret_in_plaintext(container: dict[str, Any]) -> str | None:
    names = [
        pair["name"]
        for pair in listed(container.get("environment"))
        if pair["name"] not in NO_SECRETS and is_secret(pair["name"], pair.get("value"))
    ]
    return f"{', '.join(names)} in its environment" if names else None


def _silent(container: dict[str, Any]) -> str | None:
    driver = mapping(container.get("logConfiguration")).get("logDriver")
    return None if driver in {"awslogs", "awsfirelens"} else "its output is not kept"


def _moving_image(container: dict[str, Any]) -> str | None:
    return None if DIGEST.search(container.get("image", "")) else "its image is named by a tag"


def _no_stop_time(container: dict[str, Any]) -> str | None:
    found = container.get("stopTimeout", 30)
    return None if found == MAX_STOP_SECONDS else f"stopTimeout is {found}, not {MAX_STOP_SECONDS}"


def _may_die(container: dict[str, Any]) -> str | None:
    return None if container.get("essential", True) else "its task goes on without it"


def _slow_check(container: dict[str, Any]) -> str | None:
    """A busy task needs time to answer, and one that is ill should be known in minutes."""
    check = mapping(container.get("healthCheck"))
    if not check:
        return None
    interval, timeout, retries = (check.get(name, 0) for name in ("interval", "timeout", "retries"))
    if not CHECK_TIMEOUT_SECONDS <= timeout <= interval:
        return f"healthCheck.timeout is {timeout}, not {CHECK_TIMEOUT_SECONDS} to the interval"
    seconds = interval * retries
    if not min(UNHEALTHY_AFTER_SECONDS) <= seconds <= max(UNHEALTHY_AFTER_SECONDS):
        return f"it counts as unhealthy after {seconds} s, not after {_span(UNHEALTHY_AFTER_SECONDS)}"
    start = check.get("startPeriod", 0)
    if not min(START_SECONDS) <= start <= max(START_SECONDS):
        return f"healthCheck.startPeriod is {start}, not {_span(START_SECONDS)}"
    return None


def _span(limits: tuple[int, int]) -> str:
    return f"{limits[0]} to {limits[1]} s"


def _secrets_kept(container: dict[str, Any]) -> str | None:
    init = mapping(container.get("linuxParameters")).get("initProcessEnabled")
    return "its init process keeps its secrets" if init and container.get("secrets") else None


def _same_roles(one: Rendered, _: Stack) -> str | None:
    task, execution = value(one, "taskRoleArn"), value(one, "executionRoleArn")
    if not task or not execution:
        return "taskRoleArn and executionRoleArn must both be set"
    return "taskRoleArn and executionRoleArn are the same" if task == execution else None


def _plain_efs(one: Rendered, _: Stack) -> str | None:
    volumes: list[dict[str, Any]] = value(one, "volumes") or []
    plain = [
        volume.get("name")
        for volume in volumes
        if (efs := volume.get("efsVolumeConfiguration")) and efs.get("transitEncryption") != "ENABLED"
    ]
    return f"volume {plain[0]} is mounted without TLS" if plain else None


def _no_insights(one: Rendered, _: Stack) -> str | None:
    settings: list[dict[str, Any]] = value(one, "settings") or []
    wanted = {"enabled", "enhanced"}
    if any(each["name"] == "containerInsights" and each["value"] in wanted for each in settings):
        return None
    return "containerInsights is not enabled"


def _rolling(one: Rendered, _: Stack) -> str | None:
    all_old, twice, most_of_all = 100, 200, 400
    if value(one, "deploymentMinimumHealthyPercent") != all_old:
        return "deploymentMinimumHealthyPercent is not 100"
    most = value(one, "deploymentMaximumPercent") or twice
    return (
        None if all_old < most <= most_of_all else "deploymentMaximumPercent is not above 100 and up to 400"
    )


def _breaker(one: Rendered, _: Stack) -> str | None:
    breaker = table(one, "deploymentCircuitBreaker")
    return None if breaker.get("enable") and breaker.get("rollback") else "it does not roll back by itself"


def _other_machine(one: Rendered, _: Stack) -> str | None:
    if value(one, "requiresCompatibilities") != [fargate.LAUNCH_TYPE]:
        return "requiresCompatibilities is not FARGATE alone"
    system = value(one, "runtimePlatform.operatingSystemFamily") or "LINUX"
    return None if system == "LINUX" else f"it needs {system}"


def _untagged(one: Rendered, _: Stack) -> str | None:
    tagged = value(one, "propagateTags") == "SERVICE" and value(one, "enableEcsManagedTags") is True
    return None if tagged else "propagateTags is not SERVICE, or enableEcsManagedTags is off"


def _fargate(one: Rendered, _: Stack) -> str | None:
    strategies: list[dict[str, Any]] = value(one, "capacityProviderStrategies") or []
    providers = {each.get("capacityProvider") for each in strategies}
    launched = value(one, "launchType") == fargate.LAUNCH_TYPE
    return None if launched or providers & {fargate.ON_DEMAND, fargate.SPOT} else "it does not run on Fargate"


RULES: Final = (
    Rule(
        name="ecs-container-insights",
        kinds=("ecs/Cluster",),
        ids=("ECS.12", "CT.ECS.PR.2", "CKV_AWS_65"),
        description="A cluster collects the metrics of its tasks.",
        remedy="Set containerInsights to true.",
        check=_no_insights,
    ),
    Rule(
        name="ecs-no-public-address",
        kinds=SERVICE,
        ids=("ECS.2", "CT.ECS.PR.9", "CKV_AWS_333"),
        description="Tasks have no public address.",
        remedy="Set nat to single or perZone.",
        check=must_be("networkConfiguration.assignPublicIp", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecs-latest-platform",
        kinds=SERVICE,
        ids=("ECS.10", "CT.ECS.PR.1", "CKV_AWS_332"),
        description="A service runs on the latest Fargate platform.",
        remedy="Set platformVersion to LATEST.",
        check=must_be("platformVersion", "LATEST", None),
    ),
    Rule(
        name="ecs-fargate",
        kinds=SERVICE,
        ids=("ECS.19",),
        description="A service runs on Fargate, where AWS patches the machines.",
        remedy="Set launchType to FARGATE, or a strategy of Fargate's capacity providers.",
        check=_fargate,
    ),
    Rule(
        name="ecs-fargate-task",
        kinds=TASK,
        ids=("ECS.19",),
        description="A task can run on Fargate only, under Linux.",
        remedy="Set requiresCompatibilities to FARGATE.",
        check=_other_machine,
    ),
    Rule(
        name="ecs-tagged",
        kinds=SERVICE,
        ids=(),
        description="A task is tagged with its owner, on the bill too.",
        remedy="Set propagateTags to SERVICE and enableEcsManagedTags.",
        check=_untagged,
    ),
    Rule(
        name="ecs-rollback",
        kinds=SERVICE,
        ids=(),
        description="A deployment that does not become healthy is rolled back.",
        remedy="Set deploymentCircuitBreaker with enable and rollback.",
        check=_breaker,
    ),
    Rule(
        name="ecs-rolling-update",
        kinds=SERVICE,
        ids=(),
        description="A new task is healthy before an old one ends.",
        remedy="Set deploymentMinimumHealthyPercent to 100 and deploymentMaximumPercent to "
        "400: old tasks that protect themselves leave room for new ones.",
        check=_rolling,
    ),
    Rule(
        name="ecs-no-exec",
        kinds=SERVICE,
        ids=(),
        description="No shell can be opened in a running task.",
        remedy="Unset enableExecuteCommand; use a one-off task for a shell.",
        check=must_be("enableExecuteCommand", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecs-own-network",
        kinds=TASK,
        ids=("ECS.17", "CT.ECS.PR.4", "CT.ECS.PR.8"),
        description="A task has a network interface of its own.",
        remedy="Set networkMode to awsvpc.",
        check=must_be("networkMode", "awsvpc"),
    ),
    Rule(
        name="ecs-own-processes",
        kinds=TASK,
        ids=("ECS.3", "CT.ECS.PR.10", "CKV_AWS_335"),
        description="A task does not see the processes of its host.",
        remedy="Unset pidMode.",
        check=must_be("pidMode", None, "task"),
    ),
    Rule(
        name="ecs-separate-roles",
        kinds=TASK,
        ids=("CKV_AWS_249",),
        description="The execution role of ECS and the role of the task itself are different.",
        remedy="Give the task a separate role.",
        check=_same_roles,
    ),
    Rule(
        name="ecs-efs-over-tls",
        kinds=TASK,
        ids=("ECS.18", "CKV_AWS_97"),
        description="A shared file system is mounted over TLS.",
        remedy="Set efsVolumeConfiguration.transitEncryption to ENABLED.",
        check=_plain_efs,
    ),
    Rule(
        name="ecs-unprivileged",
        kinds=TASK,
        ids=("ECS.4", "CT.ECS.PR.11", "CKV_AWS_334"),
        description="A container is not privileged on its host.",
        remedy="Unset privileged.",
        check=_each(_privileged),
    ),
    Rule(
        name="ecs-read-only-root",
        kinds=TASK,
        ids=("ECS.5", "CT.ECS.PR.6", "CKV_AWS_336"),
        description="A container cannot change its own image.",
        remedy="Set readonlyRootFilesystem, and a volume for each folder that is written to.",
        check=_each(_writable),
    ),
    Rule(
        name="ecs-not-root",
        kinds=TASK,
        ids=("ECS.20", "CT.ECS.PR.3", "CT.ECS.PR.8"),
        description="A container does not run as root.",
        remedy="Set user to a number above 0.",
        check=_each(_root),
    ),
    Rule(
        name="ecs-no-capabilities",
        kinds=TASK,
        ids=(),
        description="A container has no Linux capabilities.",
        remedy="Drop ALL in linuxParameters.capabilities, and add none.",
        check=_each(_capable),
    ),
    Rule(
        name="ecs-no-secret-in-plaintext",
        kinds=TASK,
        ids=("ECS.8", "CT.ECS.PR.12"),
        description="A container's environment holds no secrets.",
        remedy="Store it in Secrets Manager and name its ARN in the container's secrets.",
        check=_each(_secret_in_plaintext),
    ),
    Rule(
        name="ecs-logs",
        kinds=TASK,
        ids=("ECS.9", "CT.ECS.PR.5"),
        description="The output of a container is retained.",
        remedy="Set logConfiguration with awslogs.",
        check=_each(_silent),
    ),
    Rule(
        name="ecs-image-by-digest",
        kinds=TASK,
        ids=(),
        description="A container's image cannot change under its name.",
        remedy="Name the image by its digest: imageUri ...@sha256:...",
        check=_each(_moving_image),
    ),
    Rule(
        name="ecs-time-to-stop",
        kinds=TASK,
        ids=(),
        description="A container has the maximum time that Fargate allows for finishing its work.",
        remedy="Set stopTimeout to 120.",
        check=_each(_no_stop_time),
    ),
    Rule(
        name="ecs-essential",
        kinds=TASK,
        ids=(),
        description="A task whose container ended is replaced.",
        remedy="Unset essential.",
        check=_each(_may_die),
    ),
    Rule(
        name="ecs-health-check",
        kinds=TASK,
        ids=(),
        description="A health check tolerates a busy task and detects an unhealthy one within minutes.",
        remedy="Use the timings of components/model/services/containers.py.",
        check=_each(_slow_check),
    ),
    Rule(
        name="ecs-memory-limit",
        kinds=TASK,
        ids=("CT.ECS.PR.7",),
        description="A container has a memory limit.",
        remedy="Set memory.",
        check=_each(lambda container: None if container.get("memory") else "it has no memory limit"),
    ),
    Rule(
        name="ecs-init-process",
        kinds=TASK,
        ids=(),
        description="ECS's init process does not expose a container's secrets to all of its processes.",
        remedy="Leave linuxParameters.initProcessEnabled out: the image has an init process of its own.",
        check=_each(_secrets_kept),
    ),
)
