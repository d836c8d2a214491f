"""What all services of a cluster share: encryption key, network, security groups, ECS cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..base.resource_defaults import ResourceDefaults
from ..data.encryption_key import EncryptionKey, EncryptionKeyArgs
from ..existing.existing import Existing
from ..existing.existing_network import ExistingNetwork
from ..model.aws.aws_access import AwsAccess
from ..model.services import ingress
from ..model.settings.settings import Nat, Settings
from ..model.workload.traffic_rules import external_traffic_rules, traffic_rules
from ..model.workload.workload import Workload
from ..network.network import Network, NetworkArgs
from ..network.security_groups import SecurityGroups, SecurityGroupsArgs
from .cluster import Cluster, ClusterArgs
from .placement import Placement
from .quotas import warn_of_quotas


@dataclass(frozen=True, kw_only=True)
class SharedInfrastructureArgs:
    """Inputs of `SharedInfrastructure`."""

    workload: Workload
    """The settings, and what runs: so which service connects to which."""
    existing: Existing
    """Infrastructure that exists."""
    region: str
    """The AWS region."""
    access: AwsAccess | None
    """Credentials with which this machine runs tasks and watches rollouts."""

    @property
    def settings(self) -> Settings:
        """The settings of the cluster."""
        return self.workload.settings


class SharedInfrastructure(Component):
    """Makes the key of stored data, the network, a security group for each member, and the ECS cluster.

    Key and network are made only where the settings name none.
    """

    security_group_ids: Mapping[str, pulumi.Output[str]]
    """Id of the security group by service."""
    defaults: ResourceDefaults
    """Defaults of IAM roles and log groups."""
    network: Network | ExistingNetwork
    """The VPC."""
    cluster: Cluster
    """The ECS cluster."""
    ready: Sequence[pulumi.Resource]
    """Routes, security group rules, capacity providers: a task must not start before they exist."""
    internet: Sequence[pulumi.Resource]
    """The internet gateway: a public load balancer must not be created before it exists."""

    def __init__(
        self, name: str, args: SharedInfrastructureArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        invoke = pulumi.InvokeOptions(parent=self)
        self._account_id = aws.get_caller_identity(opts=invoke).account_id
        warn_of_quotas(args.workload, invoke)
        settings = args.settings
        self.defaults = ResourceDefaults(
            account_id=self._account_id,
            iam=settings.iam,
            kms_key_arn=self._kms_key_arn(),
            log_retention_days=settings.logs.retention_days,
        )
        self.network = args.existing.network or self._network()
        groups = self._security_groups()
        self.cluster = Cluster(
            name,
            ClusterArgs(vpc_id=self.network.vpc_id, container_insights=settings.container_insights),
            self._child(),
        )
        self.security_group_ids = groups.ids
        created = [self.network] if isinstance(self.network, Network) else []
        self.ready = [*created, groups, self.cluster]
        self.internet = [network.internet for network in created]
        self._register()

    @property
    def region(self) -> str:
        """The AWS region."""
        return self._args.region

    @property
    def logs_prefix(self) -> str:
        """What the names of the tasks' logs begin with, in a bucket that other clusters may use."""
        return f"{self._name}/tasks"

    @property
    def load_balancer_cidrs(self) -> Sequence[str]:
        """The networks of the Application Load Balancer's subnets."""
        network, settings = self.network, self._args.settings
        internal = settings.load_balancer.application_internal
        return network.private_cidrs if internal else network.public_cidrs

    @property
    def access(self) -> Mapping[str, Any]:
        """Credentials with which this machine runs tasks, watches rollouts and handles images."""
        args = self._args
        return (args.access or AwsAccess()).to(self._account_id, args.region)

    def placement(self, service: str) -> Placement:
        """Give where a service's tasks run: with its own security group, and those that the settings add."""
        settings, network = self._args.settings, self.network
        public = settings.nat is Nat.NONE
        return Placement(
            cluster_arn=self.cluster.arn,
            cluster_name=self.cluster.cluster_name,
            subnet_ids=network.public_subnet_ids if public else network.private_subnet_ids,
            security_group_ids=[self.security_group_ids[service], *settings.task_security_group_ids],
            assign_public_ip=public,
            access=self.access,
        )

    def _kms_key_arn(self) -> pulumi.Output[str] | None:
        args, settings = self._args, self._args.settings
        if settings.kms.key_arn:
            return pulumi.Output.from_input(settings.kms.key_arn)
        if not settings.kms.create_key:
            return None
        return EncryptionKey(
            f"{self._name}-key",
            EncryptionKeyArgs(
                account_id=self._account_id,
                partition=aws.get_partition(opts=pulumi.InvokeOptions(parent=self)).partition,
                region=args.region,
                alarms=bool(settings.alarms.emails),
                protect=settings.protect_data,
            ),
            self._child(),
        ).arn

    def _network(self) -> Network:
        settings = self._args.settings
        return Network(
            f"{self._name}-network",
            NetworkArgs(
                cidr=settings.vpc.cidr,
                zone_count=settings.availability_zone_count,
                nat=settings.nat,
                flow_log_retention_days=settings.vpc.flow_log_retention_days,
                defaults=self.defaults,
            ),
            self._child(),
        )

    def _security_groups(self) -> SecurityGroups:
        settings, workload = self._args.settings, self._args.workload
        return SecurityGroups(
            self._name,
            SecurityGroupsArgs(
                vpc_id=self.network.vpc_id,
                members=[host.name for host, *_ in workload.tasks]
                + [service.name for service in workload.one_off],
                flows=traffic_rules(workload),
                external_sources=external_traffic_rules(settings),
                public_load_balancer=ingress.public_load_balancer(settings.load_balancer),
                load_balancer_ports=ingress.ports(settings.load_balancer),
                ingress_cidrs=settings.load_balancer.allowed_cidrs,
                calls_oidc_provider=bool(settings.load_balancer.oidc.issuer_url),
            ),
            self._child(),
        )
