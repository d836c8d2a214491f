# pyright: basic
# moto has no types for its handlers.
"""The ECS requests about tasks and services; moto answers the others.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/
"""

from __future__ import annotations

import copy
import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.responses import ActionResult
from moto.ecs import urls
from moto.ecs.exceptions import (
    EcsClientException,
    ECSException,
    InvalidParameterException,
    ServiceNotFoundException,
)
from moto.ecs.models import ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse

from local.aws.ecs import checks
from local.aws.ecs.model import Deployment, Service, Task, now
from local.aws.ecs.scheduler import promote
from local.aws.ecs.tasks import stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.aws.ecs.model import JSON
    from local.aws.ecs.runner import Runner

_OF_DEPLOYMENT = (
    "networkConfiguration",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "serviceConnectConfiguration",
)
_OF_SERVICE = {
    "loadBalancers": [],
    "serviceRegistries": [],
    "healthCheckGracePeriodSeconds": None,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "propagateTags": "NONE",
    "availabilityZoneRebalancing": "DISABLED",
}
_LONGEST_PROTECTION_MINUTES = 2880
_TAGS = "TAGS"


class ServiceNotActiveException(ECSException):
    """The service is being deleted or is gone."""

    code = "ServiceNotActiveException"


class EcsResponse(EC2ContainerServiceResponse):
    """Handlers that moto's dispatcher finds by the action's name."""

    runner: ClassVar[Runner]
    run_tokens: ClassVar[dict[str, list[Task]]] = {}

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
                return ActionResult({"tasks": [t.describe() for t in self.run_tokens[token]], "failures": []})
            definition = checks.definition(self.ecs_backend, given.get("taskDefinition"))
            strategy = given.get("capacityProviderStrategy")
            checks.launch(given.get("launchType"), strategy)
            network = checks.network(self.ecs_backend, given.get("networkConfiguration"))
            count = int(given.get("count", 1))
            if not 1 <= count <= 10:  # noqa: PLR2004 - the limit of the API
                raise InvalidParameterException("Count must be between 1 and 10.")
            overrides = given.get("overrides") or {}
            _check_overrides(definition, overrides)
            tags = list(given.get("tags") or [])
            if given.get("propagateTags") == "TASK_DEFINITION":
                tags += definition.tags
            tasks = [
                self.runner.launch(
                    cluster_arn=cluster.arn,
                    definition=definition,
                    network=network,
                    group=given.get("group") or f"family:{definition.family}",
                    launch_type=None if strategy else given.get("launchType") or "FARGATE",
                    capacity_provider=strategy[0]["capacityProvider"] if strategy else None,
                    platform_version=given.get("platformVersion") or "LATEST",
                    overrides=overrides,
                    started_by=given.get("startedBy") or "",
                    tags=tags,
                    enable_execute_command=bool(given.get("enableExecuteCommand")),
                )
                for _ in range(count)
            ]
            if token:
                self.run_tokens[token] = tasks
            return ActionResult({"tasks": [task.describe() for task in tasks], "failures": []})

    def start_task(self) -> ActionResult:
        """Refused: there are no container instances."""
        raise InvalidParameterException(
            "StartTask needs container instances, and this account has none: use RunTask."
        )

    def execute_command(self) -> ActionResult:
        """Refused: no session manager here."""
        raise checks.AccessDeniedError(
            "ExecuteCommand is not available in this account: run a one-off task instead."
        )

    def describe_tasks(self) -> ActionResult:
        """Return tasks; a stopped one is known for an hour."""
        with self.runner.account.lock:
            cluster = self._cluster()
            known = {task.id: task for task in self._tasks(cluster.name)}
            found, failures = [], []
            for reference in self._get_params().get("tasks") or []:
                task = known.get(reference.rsplit("/", 1)[-1])
                if task is None:
                    arn = (
                        reference
                        if ":" in reference
                        else f"{cluster.arn.replace(':cluster/', ':task/')}/{reference}"
                    )
                    failures.append({"arn": arn, "reason": "MISSING"})
                else:
                    found.append(self._told(task.describe()))
            return ActionResult({"tasks": found, "failures": failures})

    def list_tasks(self) -> ActionResult:
        """Filter by desired status (RUNNING if not asked), service, family and starter."""
        given = self._get_params()
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
            return ActionResult({"taskArns": [task.arn for task in tasks]})

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
        minutes = int(given.get("expiresInMinutes") or 120)
        if not 1 <= minutes <= _LONGEST_PROTECTION_MINUTES:
            raise InvalidParameterException("expiresInMinutes must be between 1 and 2880.")
        with self.runner.account.lock:
            cluster = self._cluster()
            tasks = [self._task(cluster.name, reference) for reference in given.get("tasks") or []]
            return ActionResult(
                protect(self.runner, tasks, enabled=given["protectionEnabled"], minutes=minutes)
            )

    def get_task_protection(self) -> ActionResult:
        """Tell which tasks are protected until when."""
        given = self._get_params()
        with self.runner.account.lock:
            cluster = self._cluster()
            tasks = [self._task(cluster.name, reference) for reference in given.get("tasks") or []]
            found = tasks or [t for t in self._tasks(cluster.name) if t.deployment and t.status != "STOPPED"]
            return ActionResult({"protectedTasks": [protection(task) for task in found], "failures": []})

    def create_service(self) -> ActionResult:
        """Create a service and its first deployment."""
        given = self._get_params()
        with self.runner.account.changed:
            cluster = self._cluster()
            name = given["serviceName"]
            key = f"{cluster.name}:{name}"
            old: Any = self.ecs_backend.services.get(key)
            if old is not None and old.status == "DRAINING":
                raise InvalidParameterException("Unable to Start a service that is still Draining.")
            if old is not None and old.status == "ACTIVE":
                checks.client_token(old.client_token, given.get("clientToken"), "service")
                return ActionResult({"service": self._told(old.describe())})
            _refuse_other_kinds(given)
            definition = checks.definition(self.ecs_backend, given.get("taskDefinition"))
            service = Service(
                name=name,
                cluster_arn=cluster.arn,
                account_id=self.ecs_backend.account_id,
                region=self.ecs_backend.region_name,
                desired_count=int(given.get("desiredCount") or 0),
                settings=self._service_settings(given, definition),
                tags=list(given.get("tags") or []),
                client_token=given.get("clientToken"),
            )
            promote(service, self._deployment(service, definition, given))
            services: Any = self.ecs_backend.services
            services[key] = service
            self.runner.account.changed.notify_all()
            return ActionResult({"service": service.describe()})

    def update_service(self) -> ActionResult:
        """Change a service; what its tasks are made of makes a new deployment."""
        given = self._get_params()
        with self.runner.account.changed:
            self._cluster()
            service = self._service(given["service"])
            if service.status != "ACTIVE":
                raise ServiceNotActiveException("Service was not ACTIVE.")
            primary = service.primary
            definition = (
                checks.definition(self.ecs_backend, given["taskDefinition"])
                if given.get("taskDefinition")
                else primary.definition
            )
            merged = primary.settings | {
                key: given[key] for key in _OF_DEPLOYMENT if given.get(key) is not None
            }
            if given.get("capacityProviderStrategy"):
                merged.pop("launchType", None)
            settings = self._service_settings(service.settings | given, definition)
            wanted = self._deployment(service, definition, merged)
            reaches = ("loadBalancers", "serviceRegistries")
            renewed = (
                definition is not primary.definition
                or wanted.settings != primary.settings
                or any(settings[key] != service.settings[key] for key in reaches)
                or given.get("forceNewDeployment")
            )
            service.settings = settings
            if given.get("desiredCount") is not None:
                service.desired_count, service.steady = int(given["desiredCount"]), False
            if renewed:
                if primary.rollout == "IN_PROGRESS":
                    primary.turn("FAILED", "A newer deployment took its place.")
                promote(service, wanted)
            self.runner.account.changed.notify_all()
            return ActionResult({"service": service.describe()})

    def delete_service(self) -> ActionResult:
        """Drain a service; `force` scales it to zero first."""
        given = self._get_params()
        with self.runner.account.changed:
            self._cluster()
            service = self._service(given["service"])
            if service.status != "ACTIVE":
                raise ServiceNotFoundException
            if service.desired_count > 0 and not given.get("force"):
                raise InvalidParameterException("The service cannot be stopped while it is scaled above 0.")
            service.desired_count, service.status = 0, "DRAINING"
            for task in service.tasks:
                reason = f"Scaling activity initiated by (deployment {service.primary.id}): service deleted"
                stop(self.runner.account, task, "ServiceSchedulerInitiated", reason)
            self.runner.account.changed.notify_all()
            return ActionResult({"service": service.describe()})

    def describe_services(self) -> ActionResult:
        """Return services; a deleted one is INACTIVE."""
        with self.runner.account.lock:
            cluster = self._cluster()
            found, failures = [], []
            for reference in self._get_params().get("services") or []:
                name = reference.rsplit("/", 1)[-1]
                service: Any = self.ecs_backend.services.get(f"{cluster.name}:{name}")
                if service is None:
                    arn = f"{cluster.arn.replace(':cluster/', ':service/')}/{name}"
                    failures.append({"arn": arn, "reason": "MISSING"})
                else:
                    found.append(self._told(service.describe()))
            return ActionResult({"services": found, "failures": failures})

    def list_services(self) -> ActionResult:
        """Return the ARNs of services that are not deleted."""
        with self.runner.account.lock:
            cluster = self._cluster()
            active = [service for service in self._services(cluster.arn) if service.status != "INACTIVE"]
            return ActionResult({"serviceArns": [service.arn for service in active]})

    def list_service_deployments(self) -> ActionResult:
        """Return a service's deployments, newest first."""
        given = self._get_params()
        with self.runner.account.lock:
            service = self._service(given["service"])
            wanted = given.get("status") or []
            found = [_service_deployment(service, d) for d in service.history]
            keys = (
                "serviceDeploymentArn",
                "serviceArn",
                "clusterArn",
                "status",
                "statusReason",
                "createdAt",
                "startedAt",
            )
            brief = [{key: d[key] for key in keys} for d in found if not wanted or d["status"] in wanted]
            return ActionResult({"serviceDeployments": brief})

    def describe_service_deployments(self) -> ActionResult:
        """Return deployments by ARN."""
        arns = self._get_params().get("serviceDeploymentArns") or []
        with self.runner.account.lock:
            services: list[Any] = list(self.ecs_backend.services.values())
            known = {
                d["serviceDeploymentArn"]: d
                for s in services
                for d in (_service_deployment(s, x) for x in s.history)
            }
            failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
            return ActionResult(
                {"serviceDeployments": [known[a] for a in arns if a in known], "failures": failures}
            )

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

    def _told(self, described: JSON) -> JSON:
        """Leave tags out unless they were asked for."""
        if _TAGS not in (self._get_params().get("include") or []):
            described.pop("tags", None)
        return described

    def _service_settings(self, given: JSON, definition: Any) -> JSON:
        settings = {key: given.get(key, default) for key, default in _OF_SERVICE.items()}
        settings["deploymentConfiguration"] = checks.deployment(given.get("deploymentConfiguration"))
        settings["loadBalancers"] = list(settings["loadBalancers"] or [])
        settings["serviceRegistries"] = list(settings["serviceRegistries"] or [])
        checks.load_balancers(self.ecs_backend, settings["loadBalancers"], definition)
        checks.registries(self.ecs_backend, settings["serviceRegistries"])
        if settings["loadBalancers"] and settings["healthCheckGracePeriodSeconds"] is None:
            settings["healthCheckGracePeriodSeconds"] = 0
        return settings

    def _deployment(self, service: Service, definition: Any, given: JSON) -> Deployment:
        strategy = given.get("capacityProviderStrategy")
        launch_type = None if strategy else given.get("launchType") or "FARGATE"
        checks.launch(launch_type, strategy)
        settings: JSON = {
            "platformVersion": given.get("platformVersion") or "LATEST",
            "platformFamily": "Linux",
            "networkConfiguration": {
                "awsvpcConfiguration": checks.network(self.ecs_backend, given.get("networkConfiguration"))
            },
        }
        if strategy:
            settings["capacityProviderStrategy"] = [{"base": 0, "weight": 0} | item for item in strategy]
        else:
            settings["launchType"] = launch_type
        if given.get("serviceConnectConfiguration"):
            settings["serviceConnectConfiguration"] = copy.deepcopy(given["serviceConnectConfiguration"])
        return Deployment(service=service, definition=definition, settings=settings)


def install(runner: Runner) -> None:
    """Let moto's server answer ECS with these handlers."""
    EcsResponse.runner = runner
    urls.url_paths = dict.fromkeys(urls.url_paths, EcsResponse.dispatch)


def services() -> Iterator[Any]:
    """Return the services of all accounts and regions."""
    for regions in ecs_backends.values():
        for backend in regions.values():
            yield from backend.services.values()


def protection(task: Task) -> JSON:
    """Return a `ProtectedTask` of the API."""
    told: JSON = {"taskArn": task.arn, "protectionEnabled": task.protected}
    return told | ({"expirationDate": task.protected_until} if task.protected else {})


def protect(runner: Runner, tasks: list[Task], *, enabled: bool, minutes: int) -> JSON:
    """Protect tasks or stop protecting them; a task of no service, or one that is stopping, is a failure."""
    with runner.account.changed:
        protected, failures = [], []
        for task in tasks:
            if task.deployment is None or task.desired_status == "STOPPED":
                failures.append({"arn": task.arn, "reason": "TASK_NOT_VALID"})
                continue
            task.protected_until = now() + dt.timedelta(minutes=minutes) if enabled else None
            protected.append(protection(task))
        runner.account.changed.notify_all()
        return {"protectedTasks": protected, "failures": failures}


def _complete(container: JSON) -> None:
    """Write the defaults into a container definition that AWS gives back."""
    container.setdefault("systemControls", [])
    for mapping in container.get("portMappings") or []:
        mapping.setdefault("hostPort", mapping.get("containerPort"))
        mapping.setdefault("protocol", "tcp")
    if container.get("healthCheck"):
        container["healthCheck"] = {"interval": 30, "timeout": 5, "retries": 3} | container["healthCheck"]


def _check_overrides(definition: Any, overrides: JSON) -> None:
    names = {container["name"] for container in definition.container_definitions}
    for override in overrides.get("containerOverrides") or []:
        if override.get("name") not in names:
            raise InvalidParameterException(
                "Override for container named {} is not a container in the TaskDefinition.".format(
                    override.get("name")
                )
            )


def _refuse_other_kinds(given: JSON) -> None:
    if given.get("schedulingStrategy", "REPLICA") != "REPLICA":
        raise EcsClientException("The DAEMON scheduling strategy is not supported on Fargate.")
    if (given.get("deploymentController") or {}).get("type", "ECS") != "ECS":
        raise checks.AccessDeniedError("this account knows the deployment controller ECS only")


def _service_deployment(service: Service, deployment: Deployment) -> JSON:
    """Return a `ServiceDeployment` of the API."""
    arn = service.arn.replace(":service/", ":service-deployment/")
    return {
        "serviceDeploymentArn": f"{arn}/{deployment.id.removeprefix('ecs-svc/')}",
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "status": {"COMPLETED": "SUCCESSFUL", "FAILED": "ROLLBACK_SUCCESSFUL"}.get(
            deployment.rollout, "IN_PROGRESS"
        ),
        "statusReason": deployment.reason,
        "createdAt": deployment.created_at,
        "startedAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
    }
