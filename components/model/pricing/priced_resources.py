"""How each kind of resource is priced, from its inputs and those of the resources around it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ..rendered import Rendered, listed, mapping, of_kind
from ..services import metrics
from . import messages, prices
from .bill import Group, Line, unpriced
from .fargate_tasks import service_tasks, started_tasks
from .prices import HOURS_PER_MONTH, Prices

MINUTE_SECONDS: Final = 60
FILTER: Final = "cloudwatch/LogMetricFilter"
CONTAINER_INSIGHTS: Final = "ECS/ContainerInsights"
"""Its metrics are paid with the cluster."""


def _by_use(one: Rendered, item: str, note: str) -> list[Line]:
    return [Line(resource=one.name, item=item, note=note)]


def _database(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    name, zones = one.inputs.get("instanceClass"), 2 if one.inputs.get("multiAz") else 1
    where = "two zones" if zones > 1 else "one zone"
    rate = table.database_hour.get(str(name))
    storage, size = one.inputs.get("storageType", "gp2"), one.inputs.get("allocatedStorage", 0)
    per_gb = table.database_storage_gb_month.get(str(storage))
    lines = [
        _priced(one, f"RDS {name}, {where}", rate, zones * HOURS_PER_MONTH, Group.DATABASE),
        _priced(one, f"{size:g} GB {storage}, {where}", per_gb, zones * size, Group.DATABASE),
        Line(resource=one.name, item="backups beyond the database's size", note="by GB"),
    ]
    # RDS makes it: it is no resource of the stack.
    if one.inputs.get("manageMasterUserPassword"):
        secret = _priced(one, "master user's secret", table.secret_month, 1, Group.SECRETS_AND_DNS)
        lines.append(secret)
    return lines


def _priced(one: Rendered, item: str, rate: float | None, quantity: float, group: Group) -> Line:
    if rate is None:
        return unpriced(one, item, "no price is known for it in this region")
    return Line(resource=one.name, item=item, usd_month=rate * quantity, group=group)


def _cache(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    name, engine = one.inputs.get("nodeType"), one.inputs.get("engine", "redis")
    nodes = one.inputs.get("numCacheClusters") or (
        one.inputs.get("numNodeGroups", 1) * (one.inputs.get("replicasPerNodeGroup", 0) + 1)
    )
    rate = table.redis_node_hour.get(str(name))
    share = prices.VALKEY_SHARE if engine == "valkey" else 1
    return [
        _priced(
            one,
            f"ElastiCache {engine} {nodes:g} x {name}",
            rate,
            share * nodes * HOURS_PER_MONTH,
            Group.BROKER,
        )
    ]


def _rabbitmq(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    name = one.inputs.get("hostInstanceType")
    nodes = 3 if "CLUSTER" in str(one.inputs.get("deploymentMode")) else 1
    rate = table.rabbitmq_broker_hour.get(str(name))
    return [_priced(one, f"Amazon MQ {nodes} x {name}", rate, nodes * HOURS_PER_MONTH, Group.BROKER)]


def _load_balancer(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    kind = str(one.inputs.get("loadBalancerType", "application"))
    unit = table.network_lcu_hour if kind == "network" else table.lcu_hour
    lines = [
        _priced(one, f"{kind} load balancer", table.load_balancer_hour, HOURS_PER_MONTH, Group.LOAD_BALANCER),
        Line(
            resource=one.name,
            item="load balancer traffic",
            note=f"${unit} per capacity unit and hour",
        ),
    ]
    # An Elastic IP has a separate line, or is an existing address.
    without = [place for place in listed(one.inputs.get("subnetMappings")) if not place.get("allocationId")]
    zones = len(one.inputs.get("subnets") or without)
    if zones and not one.inputs.get("internal"):
        rate = table.public_address_hour
        lines.append(
            _priced(one, f"{zones} x public IPv4", rate, zones * HOURS_PER_MONTH, Group.PUBLIC_ADDRESSES)
        )
    return lines


def _nat_gateway(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    return [
        _priced(one, "NAT gateway", table.nat_gateway_hour, HOURS_PER_MONTH, Group.NAT_GATEWAYS),
        Line(resource=one.name, item="NAT traffic", note=f"${table.nat_gb} per GB"),
    ]


def _endpoint(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    if one.inputs.get("vpcEndpointType", "Gateway") == "Gateway":
        return [Line(resource=one.name, item="gateway endpoint", usd_month=0.0)]
    zones = len(one.inputs.get("subnetIds") or [])
    rate = table.interface_endpoint_hour
    return [_priced(one, f"interface endpoint in {zones} zones", rate, zones * HOURS_PER_MONTH, Group.OTHER)]


def _cluster(one: Rendered, everything: Sequence[Rendered], table: Prices) -> list[Line]:
    tasks = started_tasks(one, everything, table)
    settings: list[dict[str, Any]] = one.inputs.get("settings") or []
    if any(each.get("name") == "containerInsights" and each.get("value") != "disabled" for each in settings):
        return [*_by_use(one, "Container Insights", f"${table.metric_month} per metric and month"), *tasks]
    return tasks


def _alarm(one: Rendered, everything: Sequence[Rendered], table: Prices) -> list[Line]:
    """Price an alarm, and with the first of those on a custom metric the metric.

    What the cluster itself publishes is priced with its publisher, and what metric filters count by use.
    """
    fast = one.inputs.get("period", MINUTE_SECONDS) < MINUTE_SECONDS
    kind, amount = ("high-resolution alarm", table.fast_alarm_month) if fast else ("alarm", table.alarm_month)
    lines = [Line(resource=one.name, item=kind, usd_month=amount)]
    metric = _custom_metric(one)
    counted = {
        mapping(each.inputs.get("metricTransformation")).get("name") for each in of_kind(everything, FILTER)
    }
    priced = one.inputs.get("metricName") in {*metrics.STATE, *counted}
    if priced or not metric:
        return lines
    if one is next(x for x in of_kind(everything, one.kind) if _custom_metric(x) == metric):
        item = f"custom metric {one.inputs['metricName']}"
        lines.append(Line(resource=one.name, item=item, usd_month=table.metric_month, sleeps=True))
    return lines


def _custom_metric(alarm: Rendered) -> str:
    """Identify the metric of an alarm by its inputs; empty for those of AWS's services, which are free."""
    name, space = alarm.inputs.get("metricName"), str(alarm.inputs.get("namespace", "AWS/"))
    free = space.startswith("AWS/") or space == CONTAINER_INSIGHTS
    return "" if free else f"{space} {name} {alarm.inputs.get('dimensions')}"


def _web_acl(one: Rendered, _: Sequence[Rendered], table: Prices) -> list[Line]:
    rules = len(one.inputs.get("rules") or [])
    amount = table.web_acl_month + rules * table.web_acl_rule_month
    return [Line(resource=one.name, item=f"web ACL with {rules} rules", usd_month=amount)]


Price = Callable[[Rendered, Sequence[Rendered], Prices], Iterable[Line]]


def _monthly(item: str, amount: Callable[[Prices], float], group: Group = Group.OTHER) -> Price:
    """Price what costs the same each month."""
    return lambda one, _, table: [Line(resource=one.name, item=item, usd_month=amount(table), group=group)]


def _used(item: str, note: Callable[[Prices], str]) -> Price:
    """Price what costs by use."""
    return lambda one, _, table: _by_use(one, item, note(table))


PRICED: Final[Mapping[str, Price]] = {
    "cloudwatch/Dashboard": _monthly("dashboard", lambda at: at.dashboard_month),
    FILTER: _used(
        "custom metric", lambda at: f"${at.metric_month} a month, for the hours in which it counts something"
    ),
    "cloudwatch/LogGroup": _used("logs", lambda at: f"${at.log_ingest_gb:.2f} per GB written"),
    "cloudwatch/CompositeAlarm": _monthly("composite alarm", lambda _: 0.5),
    "cloudwatch/MetricAlarm": _alarm,
    "dynamodb/Table": _used("results of tasks", messages.table_note),
    "ec2/Eip": _monthly(
        "public IPv4", lambda at: at.public_address_hour * HOURS_PER_MONTH, Group.PUBLIC_ADDRESSES
    ),
    "ec2/NatGateway": _nat_gateway,
    "ec2/VpcEndpoint": _endpoint,
    "ecr/Repository": _used("images", lambda at: f"${at.ecr_gb_month} per GB and month"),
    "ecs/Cluster": _cluster,
    "ecs/Service": service_tasks,
    "efs/FileSystem": _used("files", lambda at: f"${at.efs_gb_month} per GB and month"),
    "elasticache/ReplicationGroup": _cache,
    "kms/Key": _monthly("KMS key", lambda at: at.key_month, Group.SECRETS_AND_DNS),
    "lambda/Function": _used("function", lambda _: "by call and duration"),
    "lb/LoadBalancer": _load_balancer,
    "mq/Broker": _rabbitmq,
    "rds/Instance": _database,
    "route53/Zone": _monthly("hosted zone", lambda at: at.hosted_zone_month, Group.SECRETS_AND_DNS),
    "s3/Bucket": _used("objects", lambda at: f"${at.s3_gb_month} per GB and month"),
    "scheduler/Schedule": _used("schedule", lambda _: "$1 per million calls"),
    "secretsmanager/Secret": _monthly("secret", lambda at: at.secret_month, Group.SECRETS_AND_DNS),
    "servicediscovery/PrivateDnsNamespace": _monthly(
        "private hosted zone", lambda at: at.hosted_zone_month, Group.SECRETS_AND_DNS
    ),
    "sns/Topic": _used("messages", lambda _: "the first thousand e-mails a month are free"),
    "sqs/Queue": _used("messages", lambda at: f"${at.queue_million_requests} per million requests"),
    "wafv2/WebAcl": _web_acl,
}
"""How each kind is priced; a kind that is neither here nor in `free_resources.FREE` fails a test."""
