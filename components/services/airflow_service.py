"""One long-running Airflow service as an ECS service."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.aws.fargate import Capacity
from ..model.iam import iam_documents
from .autoscaling import Autoscaling, AutoscalingArgs
from .cluster import DNS_TTL_SECONDS
from .placement import PlacedTask
from .rollout import Rollout
from .task_definition import TaskDefinition, TaskDefinitionArgs

ROLLOUT_SECONDS = 1500
"""How long `up` waits for a service; ECS's own circuit breaker gives up long before."""

MAXIMUM_PERCENT = 400
"""How many tasks, old and new, may run during a deployment. Old ones that protect themselves count too, and
with 200 a second deployment would find no room. The same for all: no change of executor touches it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
"""


@dataclass(frozen=True, kw_only=True)
class AirflowServiceArgs:
    """What an `AirflowService` is made from."""

    task: PlacedTask
    """What runs, and where."""
    namespace_id: pulumi.Input[str]
    """The private namespace, for services that have a name in it."""
    target_group_arn: pulumi.Input[str] | None
    """Where the load balancer finds it, or None."""
    settling_seconds: int
    """How long its new tasks must stay healthy."""
    until_idle: bool = False
    """Whether `up` waits until its tasks have no Airflow task left."""


class AirflowService(Component):
    """Makes a service that starts new tasks before old ones end, and rolls back what does not get healthy.

    Errors: `up` fails when the service was rolled back or does not get healthy; see `Rollout`.
    """

    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    log_group: pulumi.Output[str]
    """Name of its log group."""
    task_role_arn: pulumi.Output[str]
    """The role that its tasks run with."""

    def __init__(
        self, name: str, args: AirflowServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        placement, service = args.task.placement, args.task.definition.service
        task = TaskDefinition(name, args.task.definition, self._child())
        ecs_service = self._service(name, args, task)
        scaling = self._autoscaling(name, args, ecs_service)
        rollout = Rollout(
            f"{name}-rollout",
            cluster_arn=placement.cluster_arn,
            service_name=ecs_service.name,
            task_definition_arn=task.task_definition_arn,
            container=service.name,
            log_group=task.log_group,
            access=placement.access,
            timeout_seconds=ROLLOUT_SECONDS,
            settling_seconds=args.settling_seconds,
            until_idle=args.until_idle,
            capacity_provider_strategy=service.size.capacity.strategy,
            desired_count=service.count,
            maximum_count=service.maximum_count,
            scaled_externally=service.scaled,
            asleep=service.asleep,
            # Asleep, nothing scales any more before the count is 0.
            opts=self._child(pulumi.ResourceOptions(depends_on=scaling)),
        )
        rollout.remaining.apply(lambda remaining: _log_remaining(self, remaining))
        self.service_name = ecs_service.name
        self.log_group = task.log_group
        self.task_role_arn = task.task_role_arn
        self._register()

    def _service(self, name: str, args: AirflowServiceArgs, task: TaskDefinition) -> aws.ecs.Service:
        placement, service = args.task.placement, args.task.definition.service
        return aws.ecs.Service(
            name,
            cluster=placement.cluster_arn,
            task_definition=task.task_definition_arn,
            desired_count=service.count,
            capacity_provider_strategies=_strategy(service.size.capacity),
            # Else the provider, and AWS, refuse another strategy.
            force_new_deployment=True,
            availability_zone_rebalancing=_zone_rebalancing(args.task.definition),
            platform_version="LATEST",
            network_configuration={
                "subnets": [*placement.subnet_ids],
                "security_groups": [*placement.security_group_ids],
                "assign_public_ip": placement.assign_public_ip,
            },
            load_balancers=[
                {
                    "target_group_arn": args.target_group_arn,
                    "container_name": service.name,
                    "container_port": service.port or 0,
                }
            ]
            if args.target_group_arn is not None
            else None,
            health_check_grace_period_seconds=service.start_seconds
            if args.target_group_arn is not None
            else None,
            service_registries=self._registries(name, args),
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=MAXIMUM_PERCENT,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            tags={iam_documents.SERVICE_TAG: service.name},
            wait_for_steady_state=False,  # `Rollout` waits, and knows more
            opts=self._child(_service_options(task, scaled_externally=service.scaled)),
        )

    def _autoscaling(
        self, name: str, args: AirflowServiceArgs, ecs_service: aws.ecs.Service
    ) -> list[pulumi.Resource]:
        service = args.task.definition.service
        if service.scaling is None:
            return []
        scaling = AutoscalingArgs(
            cluster_name=args.task.placement.cluster_name,
            service_name=ecs_service.name,
            group=service.name,
            scaling=service.scaling,
        )
        return [Autoscaling(name, scaling, self._child())]

    def _registries(
        self, name: str, args: AirflowServiceArgs
    ) -> aws.ecs.ServiceServiceRegistriesArgsDict | None:
        private_name = next(
            (one.private_name for one in args.task.definition.services if one.private_name), None
        )
        if private_name is None:
            return None
        registry = aws.servicediscovery.Service(
            name,
            name=private_name,
            dns_config={
                "namespace_id": args.namespace_id,
                "dns_records": [{"type": "A", "ttl": DNS_TTL_SECONDS}],
                "routing_policy": "MULTIVALUE",
            },
            # With it ECS reports health to Cloud Map; without, the name resolves to tasks that still start.
            # https://docs.aws.amazon.com/cloud-map/latest/dg/services-health-checks.html
            health_check_custom_config={"failure_threshold": 1},
            force_destroy=True,  # ECS deregisters the last tasks after the service is deleted
            opts=self._child(),
        )
        return {"registry_arn": registry.arn}


def _service_options(task: TaskDefinition, *, scaled_externally: bool) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        # A service that outlives its roles' policies hangs while it drains.
        depends_on=[task],
        # Else each refresh brings a count from outside into the state, and `up` takes it back.
        # https://github.com/hashicorp/terraform-provider-aws/issues/335
        ignore_changes=["desiredCount"] if scaled_externally else None,
    )


def _strategy(capacity: Capacity) -> list[aws.ecs.ServiceCapacityProviderStrategyArgsDict]:
    return [
        {"capacity_provider": one["capacityProvider"], "base": one["base"], "weight": one["weight"]}
        for one in capacity.strategy
    ]


def _zone_rebalancing(task: TaskDefinitionArgs) -> str:
    # A task that is replaced to balance the zones would end the Airflow tasks in it.
    return "DISABLED" if any(service.keeps_tasks for service in task.services) else "ENABLED"


def _log_remaining(service: AirflowService, remaining: list[str] | None) -> None:
    for task in remaining or []:
        pulumi.log.warn(f"an old task still works: {task}", service)
