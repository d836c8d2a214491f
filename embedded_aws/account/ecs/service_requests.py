# pyright: basic
# moto has no types for its handlers.
"""The ECS requests about services.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import (
    EcsClientException,
    ECSException,
    InvalidParameterException,
    ServiceNotFoundException,
)

from embedded_aws.account.ecs import checks
from embedded_aws.account.ecs.scheduler import promote
from embedded_aws.account.ecs.service_model import Before, Deployment, Service
from embedded_aws.account.ecs.task_requests import TaskRequests
from embedded_aws.account.ecs.tasks import stop

if TYPE_CHECKING:
    from embedded_aws.account.ecs.model import JSON

_OF_DEPLOYMENT = (
    "networkConfiguration",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "serviceConnectConfiguration",
)
_DEPLOYMENTS = 5
_LISTED = 10
"""Services of a page: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html."""
"""With so many that still have tasks, ECS makes no other: https://github.com/aws/containers-roadmap/issues/2836"""
_OF_SERVICE = {
    "loadBalancers": [],
    "serviceRegistries": [],
    "healthCheckGracePeriodSeconds": None,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "propagateTags": "NONE",
    "availabilityZoneRebalancing": "ENABLED",  # of a new service; an update keeps what there is
}


class ServiceNotActiveException(ECSException):
    """The service is being deleted or is gone."""

    code = "ServiceNotActiveException"


class ServiceRequests(TaskRequests):
    """Handlers that moto's dispatcher finds by the action's name."""

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
                return ActionResult({"service": self._with_requested_fields(old.describe())})
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
                checks.strategy_change(primary.settings, given)
            settings = self._service_settings(service.settings | given, definition)
            wanted = self._deployment(service, definition, merged)
            reaches = ("loadBalancers", "serviceRegistries")
            renewed = (
                definition is not primary.definition
                or wanted.settings != primary.settings
                or any(settings[key] != service.settings[key] for key in reaches)
                or given.get("forceNewDeployment")
            )
            if renewed and len(service.deployments) >= _DEPLOYMENTS:
                raise InvalidParameterException(
                    f"{_DEPLOYMENTS} active deployments exist on the service, "
                    "unable to create new deployment."
                )
            service.before = Before(service.describe(), len(service.history))
            service.settings = settings
            if given.get("desiredCount") is not None:
                service.desired_count, service.steady = int(given["desiredCount"]), False
            if renewed:
                promote(service, wanted)
            self.runner.account.changed.notify_all()
            return ActionResult({"service": service.describe()})

    def delete_service(self) -> ActionResult:
        """Drain a service; `force` scales it to zero first. Protected tasks stay, as with any scale-in."""
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
                if task.protected:
                    continue
                reason = f"Scaling activity initiated by (deployment {service.primary.id}): service deleted"
                stop(self.runner.account, task, "ServiceSchedulerInitiated", reason)
            self.runner.account.changed.notify_all()
            return ActionResult({"service": service.describe()})

    def describe_services(self) -> ActionResult:
        """Return services; a deleted one is INACTIVE."""
        with self.runner.account.lock:
            cluster = self._cluster()
            services, failures = [], []
            for reference in self._get_params().get("services") or []:
                name = reference.rsplit("/", 1)[-1]
                service: Any = self.ecs_backend.services.get(f"{cluster.name}:{name}")
                if service is None:
                    arn = f"{cluster.arn.replace(':cluster/', ':service/')}/{name}"
                    failures.append({"arn": arn, "reason": "MISSING"})
                else:
                    services.append(self._with_requested_fields(service.answer()))
            return ActionResult({"services": services, "failures": failures})

    def list_services(self) -> ActionResult:
        """Return the ARNs of services that are not deleted."""
        with self.runner.account.lock:
            cluster = self._cluster()
            active = [service for service in self._services(cluster.arn) if service.status != "INACTIVE"]
            return self._page("serviceArns", [service.arn for service in active], _LISTED)

    def list_service_deployments(self) -> ActionResult:
        """Return a service's deployments, newest first."""
        given = self._get_params()
        with self.runner.account.lock:
            service = self._service(given["service"])
            wanted = given.get("status") or []
            deployments = [_service_deployment(service, d) for d in service.history]
            keys = (
                "serviceDeploymentArn",
                "serviceArn",
                "clusterArn",
                "status",
                "statusReason",
                "createdAt",
                "startedAt",
            )
            brief = [
                {key: d[key] for key in keys} for d in deployments if not wanted or d["status"] in wanted
            ]
            return ActionResult({"serviceDeployments": brief})

    def describe_service_deployments(self) -> ActionResult:
        """Return deployments by ARN."""
        arns = self._get_params().get("serviceDeploymentArns") or []
        with self.runner.account.lock:
            services: list[Any] = list(self.ecs_backend.services.values())
            by_arn = {
                d["serviceDeploymentArn"]: d
                for s in services
                for d in (_service_deployment(s, x) for x in s.history)
            }
            failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in by_arn]
            return ActionResult(
                {"serviceDeployments": [by_arn[a] for a in arns if a in by_arn], "failures": failures}
            )

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


def _refuse_other_kinds(given: JSON) -> None:
    if given.get("schedulingStrategy", "REPLICA") != "REPLICA":
        raise EcsClientException("The DAEMON scheduling strategy is not supported on Fargate.")
    if (given.get("deploymentController") or {}).get("type", "ECS") != "ECS":
        raise checks.UnsupportedFeatureError("this account knows the deployment controller ECS only")


def _service_deployment(service: Service, deployment: Deployment) -> JSON:
    """Return a `ServiceDeployment` of the API."""
    arn = service.arn.replace(":service/", ":service-deployment/")
    overtaken = deployment.rollout == "IN_PROGRESS" and deployment is not service.primary
    return {
        "serviceDeploymentArn": f"{arn}/{deployment.id.removeprefix('ecs-svc/')}",
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "status": {"COMPLETED": "SUCCESSFUL", "FAILED": "ROLLBACK_SUCCESSFUL"}.get(
            deployment.rollout, "STOPPED" if overtaken else "IN_PROGRESS"
        ),
        "statusReason": deployment.reason,
        "createdAt": deployment.created_at,
        "startedAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
    }
