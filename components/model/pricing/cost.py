"""What rendered resources cost in a month, line by line, from their types and inputs alone.

What depends on use (data, requests, log volume) is not guessed: such a resource is listed with its unit
price and without an amount. Every other type is priced below, or named in `FREE` with the reason.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from . import prices
from .prices import HOURS_PER_MONTH, Fargate, Prices
from .rendered import Rendered, known, listed, mapping, of_kind

HOURS_PER_DAY: Final = 24
CPU_UNITS_PER_VCPU: Final = 1024
MIB_PER_GB: Final = 1024
UNREAD: Final = "its size is known only after the deployment"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One position of a bill.

    Attributes:
        resource: logical name of the resource.
        item: what is paid for.
        usd_month: amount in a month of 730 hours; None where it depends on use, or no price is known.
        note: unit price, or why there is no amount.
        sleeps: whether it costs nothing while the cluster sleeps.
        unknown: whether a price is missing, so that a sum with this line is too low.
    """

    resource: str
    item: str
    usd_month: float | None = None
    note: str = ""
    sleeps: bool = False
    unknown: bool = False


@dataclass(frozen=True, kw_only=True)
class Bill:
    """The lines of a stack in a region."""

    region: str
    lines: Sequence[Line]

    @property
    def usd_month(self) -> float:
        """Sum of all amounts."""
        return sum(line.usd_month or 0 for line in self.lines)

    @property
    def unknown(self) -> list[Line]:
        """Lines without a price: with one of them the sum is a lower bound."""
        return [line for line in self.lines if line.unknown]

    def awake(self, hours_per_day: float) -> float:
        """Sum when the tasks run only so many hours of each day, 0 to 24."""
        share = hours_per_day / HOURS_PER_DAY
        return sum((line.usd_month or 0) * (share if line.sleeps else 1) for line in self.lines)


FREE: Final[Mapping[str, str]] = {
    "appautoscaling/Policy": "only its alarms cost",
    "appautoscaling/ScheduledAction": "no charge",
    "appautoscaling/Target": "no charge",
    "cloudwatch/EventRule": "events of AWS services are free",
    "cloudwatch/EventTarget": "no charge by itself",
    "cloudwatch/LogMetricFilter": "no charge",
    "cloudwatch/LogResourcePolicy": "no charge",
    "ec2/DefaultSecurityGroup": "no charge",
    "ec2/FlowLog": "its log group is charged",
    "ec2/InternetGateway": "no charge by itself",
    "ec2/Route": "no charge",
    "ec2/RouteTable": "no charge",
    "ec2/RouteTableAssociation": "no charge",
    "ec2/SecurityGroup": "no charge",
    "ec2/Subnet": "no charge",
    "ec2/Vpc": "no charge",
    "ecr/LifecyclePolicy": "no charge",
    "ecs/CapacityProvider": "no charge by itself",
    "ecs/ClusterCapacityProviders": "no charge",
    "ecs/TaskDefinition": "paid by the service that runs it",
    "efs/AccessPoint": "no charge",
    "efs/BackupPolicy": "backups are charged by use",
    "efs/FileSystemPolicy": "no charge",
    "efs/MountTarget": "no charge",
    "elasticache/ParameterGroup": "no charge",
    "elasticache/SubnetGroup": "no charge",
    "elasticache/User": "no charge",
    "elasticache/UserGroup": "no charge",
    "iam/InstanceProfile": "no charge",
    "iam/Policy": "no charge",
    "iam/Role": "no charge",
    "iam/RolePolicy": "no charge",
    "iam/RolePolicyAttachment": "no charge",
    "kms/Alias": "no charge",
    "kms/KeyPolicy": "no charge",
    "lb/Listener": "part of the load balancer",
    "lb/ListenerCertificate": "part of the load balancer",
    "lb/ListenerRule": "part of the load balancer",
    "lb/TargetGroup": "part of the load balancer",
    "lb/TargetGroupAttachment": "part of the load balancer",
    "acm/Certificate": "public certificates are free",
    "acm/CertificateValidation": "no charge",
    "rds/EventSubscription": "no charge by itself",
    "rds/ParameterGroup": "no charge",
    "rds/SubnetGroup": "no charge",
    "route53/Record": "an alias to a load balancer is free",
    "s3/BucketLifecycleConfiguration": "no charge",
    "s3/BucketLogging": "no charge by itself",
    "s3/BucketNotification": "no charge",
    "s3/BucketObjectv2": "a file of some kilobytes, beside the bucket's objects",
    "s3/BucketOwnershipControls": "no charge",
    "s3/BucketPolicy": "no charge",
    "s3/BucketPublicAccessBlock": "no charge",
    "s3/BucketServerSideEncryptionConfiguration": "no charge",
    "s3/BucketVersioning": "old versions are charged as storage",
    "scheduler/ScheduleGroup": "no charge",
    "secretsmanager/SecretPolicy": "no charge",
    "secretsmanager/SecretVersion": "part of the secret",
    "servicediscovery/Service": "free for what ECS registers",
    "sns/TopicPolicy": "no charge",
    "sns/TopicSubscription": "paid by message",
    "sqs/QueuePolicy": "no charge",
    "sqs/RedrivePolicy": "no charge",
    "ssm/Parameter": "standard parameters are free",
    "vpc/SecurityGroupEgressRule": "no charge",
    "vpc/SecurityGroupIngressRule": "no charge",
    "wafv2/WebAclAssociation": "part of the web ACL",
    "wafv2/WebAclLoggingConfiguration": "no charge by itself",
}
"""Kinds that cost nothing by themselves, with the reason."""

NOT_AWS: Final = ("airflow-ecs:", "pulumi:", "pulumi-python:", "random:")
"""Types that are no resources of AWS: components, the engine's own, steps of the deploy, random values."""


def bill(resources: Iterable[Rendered], region: str) -> Bill:
    """Price all resources of a stack.

    A kind that is neither priced nor free gets a line without an amount that says so, as does everything in a
    region without a table.
    """
    everything = list(resources)
    table = prices.REGIONS.get(region)
    lines = [line for one in everything for line in _lines(one, everything, table, region)]
    return Bill(region=region, lines=sorted(lines, key=lambda line: (line.resource, line.item)))


def is_free(resource: Rendered) -> bool:
    """Tell whether a resource costs nothing by itself."""
    return resource.type.startswith(NOT_AWS) or resource.kind in FREE or resource.type in FREE


def _lines(
    one: Rendered, everything: Sequence[Rendered], table: Prices | None, region: str
) -> Iterable[Line]:
    if is_free(one):
        return []
    price = PRICED.get(one.kind)
    if price is None:
        return [_without(one, one.kind, "no price is known for this kind of resource")]
    if table is None:
        return [_without(one, one.kind, f"no prices are known for {region}")]
    return price(one, everything, table)


def _without(one: Rendered, item: str, why: str) -> Line:
    return Line(resource=one.name, item=item, note=why, unknown=True)


def _by_use(one: Rendered, item: str, note: str) -> list[Line]:
    return [Line(resource=one.name, item=item, note=note)]


def _service(one: Rendered, everything: Sequence[Rendered], table: Prices) -> list[Line]:
    """Price the tasks of a service: vCPU, memory, and a public address each where they have one."""
    task = _task_of(one, everything)
    count = one.inputs.get("desiredCount", 1)
    if task is None or not known([count, task.inputs.get("cpu"), task.inputs.get("memory")]):
        return [_without(one, "Fargate tasks", UNREAD)]
    vcpu = int(task.inputs["cpu"]) / CPU_UNITS_PER_VCPU
    gb = int(task.inputs["memory"]) / MIB_PER_GB
    arm = mapping(task.inputs.get("runtimePlatform")).get("cpuArchitecture") == "ARM64"
    rate = _hour(table.fargate_arm if arm else table.fargate_x86, vcpu, gb)
    share, spot = _spot(one, everything, table)
    size = f"{count:g} x {vcpu:g} vCPU, {gb:g} GB {'ARM64' if arm else 'x86'}{spot}"
    amount = count * rate * share * HOURS_PER_MONTH
    lines = [Line(resource=one.name, item=f"Fargate {size}", usd_month=amount, sleeps=True)]
    if mapping(one.inputs.get("networkConfiguration")).get("assignPublicIp"):
        address = count * table.public_address_hour * HOURS_PER_MONTH
        lines.append(Line(resource=one.name, item=f"{count:g} x public IPv4", usd_month=address, sleeps=True))
    return lines


def _hour(rate: Fargate, vcpu: float, gb: float) -> float:
    return vcpu * rate.vcpu_hour + gb * rate.gb_hour


def _task_of(service: Rendered, everything: Sequence[Rendered]) -> Rendered | None:
    """Find a service's task definition: by its family where the ARN is known, else by the common name."""
    wanted = service.inputs.get("taskDefinition")
    for task in of_kind(everything, "ecs/TaskDefinition"):
        family = task.inputs.get("family")
        if known(wanted) and family and f"task-definition/{family}:" in str(wanted):
            return task
        if task.name == service.name:
            return task
    return None


def _spot(service: Rendered, everything: Sequence[Rendered], table: Prices) -> tuple[float, str]:
    """Give the share of the full price that a service pays, and its name; by weight, as ECS spreads tasks."""
    strategy: list[dict[str, Any]] = service.inputs.get("capacityProviderStrategies") or []
    if not strategy and not service.inputs.get("launchType"):
        for cluster in of_kind(everything, "ecs/ClusterCapacityProviders"):
            strategy = cluster.inputs.get("defaultCapacityProviderStrategies") or []
    total = sum(one.get("weight", 0) for one in strategy)
    spot = sum(one.get("weight", 0) for one in strategy if one.get("capacityProvider") == "FARGATE_SPOT")
    if not spot:
        return 1, ""
    share = spot / total
    return 1 - share * (1 - table.fargate_spot_share), f" {share:.0%} Spot" if share < 1 else " Spot"


def _database(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    name, zones = one.inputs.get("instanceClass"), 2 if one.inputs.get("multiAz") else 1
    where = "two zones" if zones > 1 else "one zone"
    rate = table.database_hour.get(str(name))
    storage, size = one.inputs.get("storageType", "gp2"), one.inputs.get("allocatedStorage", 0)
    per_gb = table.database_storage_gb_month.get(str(storage))
    return [
        _priced(one, f"RDS {name}, {where}", rate, zones * HOURS_PER_MONTH),
        _priced(one, f"{size:g} GB {storage}, {where}", per_gb, zones * size),
        Line(resource=one.name, item="backups beyond the database's size", note="by GB"),
    ]


def _priced(one: Rendered, item: str, rate: float | None, quantity: float) -> Line:
    if rate is None:
        return _without(one, item, "no price is known for it in this region")
    return Line(resource=one.name, item=item, usd_month=rate * quantity)


def _cache(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    name, engine = one.inputs.get("nodeType"), one.inputs.get("engine", "redis")
    nodes = one.inputs.get("numCacheClusters") or (
        one.inputs.get("numNodeGroups", 1) * (one.inputs.get("replicasPerNodeGroup", 0) + 1)
    )
    rate = table.redis_node_hour.get(str(name))
    share = prices.VALKEY_SHARE if engine == "valkey" else 1
    return [_priced(one, f"ElastiCache {engine} {nodes:g} x {name}", rate, share * nodes * HOURS_PER_MONTH)]


def _rabbitmq(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    name = one.inputs.get("hostInstanceType")
    nodes = 3 if "CLUSTER" in str(one.inputs.get("deploymentMode")) else 1
    rate = table.rabbitmq_broker_hour.get(str(name))
    return [_priced(one, f"Amazon MQ {nodes} x {name}", rate, nodes * HOURS_PER_MONTH)]


def _load_balancer(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    kind = str(one.inputs.get("loadBalancerType", "application"))
    unit = table.network_lcu_hour if kind == "network" else table.lcu_hour
    lines = [
        _priced(one, f"{kind} load balancer", table.load_balancer_hour, HOURS_PER_MONTH),
        Line(
            resource=one.name,
            item="load balancer traffic",
            note=f"${unit} per capacity unit and hour",
        ),
    ]
    # An Elastic IP has a line of its own, or is paid for already.
    without = [place for place in listed(one.inputs.get("subnetMappings")) if not place.get("allocationId")]
    zones = len(one.inputs.get("subnets") or without)
    if zones and not one.inputs.get("internal"):
        rate = table.public_address_hour
        lines.append(_priced(one, f"{zones} x public IPv4", rate, zones * HOURS_PER_MONTH))
    return lines


def _nat_gateway(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    return [
        _priced(one, "NAT gateway", table.nat_gateway_hour, HOURS_PER_MONTH),
        Line(resource=one.name, item="NAT traffic", note=f"${table.nat_gb} per GB"),
    ]


def _endpoint(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    if one.inputs.get("vpcEndpointType", "Gateway") == "Gateway":
        return [Line(resource=one.name, item="gateway endpoint", usd_month=0.0)]
    zones = len(one.inputs.get("subnetIds") or [])
    rate = table.interface_endpoint_hour
    return [_priced(one, f"interface endpoint in {zones} zones", rate, zones * HOURS_PER_MONTH)]


def _cluster(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    settings: list[dict[str, Any]] = one.inputs.get("settings") or []
    if any(each.get("name") == "containerInsights" and each.get("value") != "disabled" for each in settings):
        return _by_use(one, "Container Insights", f"${table.metric_month} per metric and month")
    return []


def _web_acl(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    rules = len(one.inputs.get("rules") or [])
    amount = table.web_acl_month + rules * table.web_acl_rule_month
    return [Line(resource=one.name, item=f"web ACL with {rules} rules", usd_month=amount)]


Price = Callable[[Rendered, Sequence[Rendered], Prices], Iterable[Line]]


def _monthly(item: str, amount: Callable[[Prices], float]) -> Price:
    """Price what costs the same each month."""
    return lambda one, _, table: [Line(resource=one.name, item=item, usd_month=amount(table))]


def _used(item: str, note: Callable[[Prices], str]) -> Price:
    """Price what costs by use."""
    return lambda one, _, table: _by_use(one, item, note(table))


PRICED: Final[Mapping[str, Price]] = {
    "cloudwatch/Dashboard": _monthly("dashboard", lambda at: at.dashboard_month),
    "cloudwatch/LogGroup": _used("logs", lambda at: f"${at.log_ingest_gb:.2f} per GB written"),
    "cloudwatch/CompositeAlarm": _monthly("composite alarm", lambda _: 0.5),
    "cloudwatch/MetricAlarm": _monthly("alarm", lambda at: at.alarm_month),
    "ec2/Eip": _monthly("public IPv4", lambda at: at.public_address_hour * HOURS_PER_MONTH),
    "ec2/NatGateway": _nat_gateway,
    "ec2/VpcEndpoint": _endpoint,
    "ecr/Repository": _used("images", lambda at: f"${at.ecr_gb_month} per GB and month"),
    "ecs/Cluster": _cluster,
    "ecs/Service": _service,
    "efs/FileSystem": _used("files", lambda at: f"${at.efs_gb_month} per GB and month"),
    "elasticache/ReplicationGroup": _cache,
    "kms/Key": _monthly("KMS key", lambda at: at.key_month),
    "lambda/Function": _used("function", lambda _: "by call and duration"),
    "lb/LoadBalancer": _load_balancer,
    "mq/Broker": _rabbitmq,
    "rds/Instance": _database,
    "route53/Zone": _monthly("hosted zone", lambda at: at.hosted_zone_month),
    "s3/Bucket": _used("objects", lambda at: f"${at.s3_gb_month} per GB and month"),
    "scheduler/Schedule": _used("schedule", lambda _: "$1 per million calls"),
    "secretsmanager/Secret": _monthly("secret", lambda at: at.secret_month),
    "servicediscovery/PrivateDnsNamespace": _monthly("private hosted zone", lambda at: at.hosted_zone_month),
    "sns/Topic": _used("messages", lambda _: "the first thousand e-mails a month are free"),
    "sqs/Queue": _used("messages", lambda at: f"${at.queue_million_requests} per million requests"),
    "wafv2/WebAcl": _web_acl,
}
"""How each kind is priced; a kind that is neither here nor in `FREE` fails a test."""
