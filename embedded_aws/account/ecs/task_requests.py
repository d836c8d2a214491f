# pyright: basic
# moto has no types for its handlers.
"""The ECS requests about clusters and tasks.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException, InvalidParameterException, ServiceNotFoundException
from moto.ecs.responses import EC2ContainerServiceResponse

from embedded_aws.account.ecs import capacity, checks, run_checks
from embedded_aws.account.ecs.protection import protect, protection
from embedded_aws.account.ecs.tasks import stop
from embedded_aws.account.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.account.ecs.model import JSON, Task
    from embedded_aws.account.ecs.runner import Runner

_PROTECTED_AT_ONCE = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html"""
_LARGEST_PAGE = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html"""
_TAGS = "TAGS"
_DESCRIBED_AT_ONCE = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"""
_FILTERS = frozenset({"containerInstance", "family", "launchType", "serviceName"})
_UNKNOWN_SECONDS = 10.0
"""ECS is eventually consistent: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""


class TaskRequests(EC2ContainerServiceResponse):
    """Handlers that moto's dispatcher finds by the action's name."""

    runner: ClassVar[Runner]
    run_tokens: ClassVar[dict[str, tuple[JSON, list[Task]]]] = {}

    def register_task_definition(self) -> ActionResult:
        """Check what Fargate checks, and store containers as AWS gives them back."""
        given = self._get_params()
        checks.task_definition(given)
        for container in given.get("containerDefinitions") or []:
            _complete(container)
        return super().register_task_definition()

    def describe_clusters(self) -> ActionResult:
        """Count tasks and services."""
        with self.runner.account.lock:
            for cluster in self.ecs_backend.clusters.values():
                tasks = [task for task in self._tasks(cluster.name) if task.status != "STOPPED"]
                running = sum(task.status == "RUNNING" for task in tasks)
                cluster.running_tasks_count, cluster.pending_tasks_count = running, len(tasks) - running
                cluster.active_services_count = sum(s.status == "ACTIVE" for s in self._services(cluster.arn))
            return super().describe_clusters()

    def delete_cluster(self) -> ActionResult:
        """Refuse while something is in the cluster."""
        with self.runner.account.lock:
            cluster = self._cluster()
            if any(service.status != "INACTIVE" for service in self._services(cluster.arn)):
                raise ECSException(
                    "ClusterContainsServicesException",
                    "The Cluster cannot be deleted while Services are active.",
                )
            if any(task.status != "STOPPED" for task in self._tasks(cluster.name)):
                raise ECSException(
                    "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."
                )
            return super().delete_cluster()

    def run_task(self) -> ActionResult:
        """Start tasks; the same client token gives the same tasks."""
        given = self._get_params()
        with self.runner.account.lock:
            cluster = self._cluster()
            token = f"{cluster.arn} {given['clientToken']}" if given.get("clientToken") else ""
            if token in self.run_tokens:
                return self._run_again(token, given)
            definition = checks.definition(self.ecs_backend, given.get("taskDefinition"))
            strategy = given.get("capacityProviderStrategy")
            checks.launch(given.get("launchType"), strategy)
            network = checks.network(self.ecs_backend, given.get("networkConfiguration"))
            run_checks.request(given, definition, cluster)
            overrides = given.get("overrides") or {}
            tags = list(given.get("tags") or [])
            if given.get("propagateTags") == "TASK_DEFINITION":
                tags += definition.tags
            providers: list[str | None] = []
            for _ in range(int(given.get("count", 1))):
                providers.append(capacity.next_provider(strategy or [], providers))
            tasks = [
                self.runner.launch(
                    cluster_arn=cluster.arn,
                    definition=definition,
                    network=network,
                    group=given.get("group") or f"family:{definition.family}",
                    launch_type=None if strategy else given.get("launchType") or "FARGATE",
                    capacity_provider=provider,
                    platform_version=given.get("platformVersion") or "LATEST",
                    overrides=overrides,
                    started_by=given.get("startedBy") or "",
                    tags=tags,
                    enable_execute_command=bool(given.get("enableExecuteCommand")),
                )
                for provider in providers
            ]
            for task in tasks:
                task.unknown_until = time.monotonic() + _UNKNOWN_SECONDS
            if token:
                self.run_tokens[token] = given, tasks
            return ActionResult({"tasks": [task.describe() for task in tasks], "failures": []})

    def _run_again(self, token: str, given: JSON) -> ActionResult:
        """Give the tasks of the same request, which was sent before."""
        before, tasks = self.run_tokens[token]
        if before != given:
            raise run_checks.ConflictError(
                "ConflictException", "The client token is in use with a different RunTask request."
            )
        return ActionResult({"tasks": [task.describe() for task in tasks], "failures": []})

    def start_task(self) -> ActionResult:
        """Refused: there are no container instances."""
        raise InvalidParameterException(
            "StartTask needs container instances, and this account has none: use RunTask."
        )

    def execute_command(self) -> ActionResult:
        """Refused: no session manager here."""
        raise checks.UnsupportedFeatureError(
            "ExecuteCommand is not available in this account: run a one-off task instead."
        )

    def describe_tasks(self) -> ActionResult:
        """Return tasks; a stopped one is known for an hour, one that was run just now not at once."""
        references = self._get_params().get("tasks") or []
        if len(references) > _DESCRIBED_AT_ONCE:
            raise InvalidParameterException("Tasks cannot have more than 100 elements.")
        with self.runner.account.lock:
            cluster = self._cluster()
            tasks, missing = self._known(cluster, references)
            late = [task for task in tasks if task.is_unknown()]
            missing += [{"arn": task.arn, "reason": "MISSING"} for task in late]
            tasks = [task for task in tasks if task not in late]
            descriptions = [self._with_requested_fields(task.describe()) for task in tasks]
            return ActionResult({"tasks": descriptions, "failures": missing})

    def list_tasks(self) -> ActionResult:
        """Filter by desired status (RUNNING if not asked), service, family and starter."""
        given = self._get_params()
        if given.get("startedBy") and (others := sorted(given.keys() & _FILTERS)):
            raise InvalidParameterException(f"startedBy must be the only filter; {others[0]} is another one.")
        with self.runner.account.lock:
            cluster = self._cluster()
            tasks = [
                t
                for t in self._tasks(cluster.name)
                if t.desired_status == given.get("desiredStatus", "RUNNING")
            ]
            if given.get("serviceName"):
                service = self._service(given["serviceName"])
                tasks = [t for t in tasks if t.group == f"service:{service.name}"]
            if given.get("family"):
                tasks = [t for t in tasks if t.definition.family == given["family"]]
            if given.get("startedBy"):
                tasks = [t for t in tasks if t.started_by == given["startedBy"]]
            if given.get("launchType"):
                tasks = [t for t in tasks if t.launch_type == given["launchType"]]
            return self._page("taskArns", [task.arn for task in tasks], _LARGEST_PAGE)

    def _page(self, name: str, arns: list[str], default: int) -> ActionResult:
        """Return one page of a list of ARNs, of `default` entries if not asked for otherwise."""
        given = self._get_params()
        size = given.get("maxResults") or default
        if not 1 <= size <= _LARGEST_PAGE:
            raise InvalidParameterException("maxResults must be between 1 and 100.")
        try:
            shown, more = page(arns, given.get("nextToken"), size)
        except ValueError:
            raise InvalidParameterException("Invalid token") from None
        return ActionResult({name: shown, **({"nextToken": more} if more else {})})

    def stop_task(self) -> ActionResult:
        """Stop one task."""
        given = self._get_params()
        with self.runner.account.lock:
            cluster = self._cluster()
            task = self._task(cluster.name, given["task"])
            stop(self.runner.account, task, "UserInitiated", given.get("reason") or "Task stopped by user")
            return ActionResult({"task": task.describe()})

    def update_task_protection(self) -> ActionResult:
        """Protect tasks of services against scale-in and deployments, or stop protecting them."""
        given = self._get_params()
        references = given.get("tasks") or []
        if not 1 <= len(references) <= _PROTECTED_AT_ONCE:
            raise InvalidParameterException("tasks must have between 1 and 10 entries.")
        with self.runner.account.lock:
            cluster = self._cluster()
            tasks, missing = self._known(cluster, references)
            result = protect(
                self.runner.account,
                tasks,
                enabled=given["protectionEnabled"],
                minutes=given.get("expiresInMinutes"),
            )
            return ActionResult(result | {"failures": [*result["failures"], *missing]})

    def get_task_protection(self) -> ActionResult:
        """Tell which tasks are protected until when."""
        given = self._get_params()
        with self.runner.account.lock:
            cluster = self._cluster()
            tasks, missing = self._known(cluster, given.get("tasks") or [])
            selected = tasks or [
                t for t in self._tasks(cluster.name) if t.deployment and t.status != "STOPPED"
            ]
            return ActionResult(
                {"protectedTasks": [protection(task) for task in selected], "failures": missing}
            )

    def _known(self, cluster: Any, references: list[str]) -> tuple[list[Any], list[JSON]]:
        """Find tasks by id or ARN; (those that there are, a failure for each of the others)."""
        by_id = {task.id: task for task in self._tasks(cluster.name)}
        prefix = cluster.arn.replace(":cluster/", ":task/")
        ids = [reference.rsplit("/", 1)[-1] for reference in references]
        failures = [
            {"arn": f"{prefix}/{task_id}", "reason": "MISSING"} for task_id in ids if task_id not in by_id
        ]
        return [by_id[task_id] for task_id in ids if task_id in by_id], failures

    def _cluster(self) -> Any:
        cluster = self.ecs_backend._get_cluster(self._get_params().get("cluster") or "default")  # noqa: SLF001
        if cluster.status != "ACTIVE":
            raise ECSException("ClusterNotFoundException", "Cluster not found.")
        return cluster

    def _tasks(self, cluster: str) -> Iterator[Any]:
        yield from self.ecs_backend.tasks.get(cluster, {}).values()

    def _services(self, cluster_arn: str) -> Iterator[Any]:
        services: Any = self.ecs_backend.services.values()
        yield from (service for service in services if service.cluster_arn == cluster_arn)

    def _task(self, cluster: str, reference: str) -> Any:
        for task in self._tasks(cluster):
            if task.id == reference.rsplit("/", 1)[-1]:
                return task
        raise InvalidParameterException("The referenced task was not found.")

    def _service(self, reference: str) -> Any:
        """Find a service by name in the request's cluster, or by its long ARN."""
        *_, name = reference.rsplit("/", 1)
        cluster = reference.split("/")[1] if reference.startswith("arn:") else self._cluster().name
        service = self.ecs_backend.services.get(f"{cluster}:{name}")
        if service is None:
            raise ServiceNotFoundException
        return service

    def _with_requested_fields(self, described: JSON) -> JSON:
        """Leave tags out unless they were asked for."""
        if _TAGS not in (self._get_params().get("include") or []):
            described.pop("tags", None)
        return described


def _complete(container: JSON) -> None:
    """Write the defaults into a container definition that AWS gives back."""
    container.setdefault("systemControls", [])
    for mapping in container.get("portMappings") or []:
        mapping.setdefault("hostPort", mapping.get("containerPort"))
        mapping.setdefault("protocol", "tcp")
    if container.get("healthCheck"):
        container["healthCheck"] = {"interval": 30, "timeout": 5, "retries": 3} | container["healthCheck"]
