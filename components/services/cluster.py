"""The ECS cluster, and the private names under which its services find each other."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.aws import fargate

DNS_TTL_SECONDS = 10
"""How long a caller may go on asking a task that is gone."""


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What a `Cluster` is made from."""

    vpc_id: pulumi.Input[str]
    """The VPC in which private names resolve."""
    container_insights: bool
    """Whether CloudWatch collects metrics of each container."""


class Cluster(Component):
    """Makes an ECS cluster on Fargate and Fargate Spot, and a private DNS namespace."""

    arn: pulumi.Output[str]
    """ARN of the cluster."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    namespace: pulumi.Output[str]
    """The private domain."""
    namespace_id: pulumi.Output[str]
    """Its id in Cloud Map."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        cluster = aws.ecs.Cluster(
            name,
            settings=[
                {"name": "containerInsights", "value": "enabled" if args.container_insights else "disabled"}
            ],
            opts=self._child(),
        )
        aws.ecs.ClusterCapacityProviders(
            name,
            cluster_name=cluster.name,
            capacity_providers=[fargate.ON_DEMAND, fargate.SPOT],
            opts=self._child(),
        )
        namespace = aws.servicediscovery.PrivateDnsNamespace(
            name, name=f"{name}.internal", vpc=args.vpc_id, opts=self._child()
        )
        self.arn = cluster.arn
        self.cluster_name = cluster.name
        self.namespace = namespace.name
        self.namespace_id = namespace.id
        self._register()
