"""What the tasks of an ECS service cost: vCPU, memory, ephemeral storage, public addresses, Spot."""

from collections.abc import Sequence
from typing import Any, Final

from ..aws import fargate
from ..rendered import Rendered, containers, known, mapping, of_kind
from ..services import ecs_task, metrics, scaling
from .bill import Group, Line, unpriced
from .prices import HOURS_PER_MONTH, Prices

MIB_PER_GB: Final = 1024
UNREAD: Final = "its size is known only after the deployment"


def service_tasks(one: Rendered, everything: Sequence[Rendered], table: Prices) -> list[Line]:
    """Price the tasks of a service: vCPU, memory, and a public address each where they have one."""
    task = _task_of(one, everything)
    count = one.inputs.get("desiredCount", 1)
    if task is None or not known([count, task.inputs.get("cpu"), task.inputs.get("memory")]):
        return [unpriced(one, "Fargate tasks", UNREAD)]
    cpu_units, memory_mib = int(task.inputs["cpu"]), int(task.inputs["memory"])
    arm = _is_arm(task)
    share = _spot_share(one, everything, count)
    hour = task_hour(table, cpu_units=cpu_units, memory_mib=memory_mib, arm=arm, spot=share)
    vcpu, gb = cpu_units / fargate.CPU_UNITS_PER_VCPU, memory_mib / MIB_PER_GB
    size = f"{count:g} x {vcpu:g} vCPU, {gb:g} GB {'ARM64' if arm else 'x86'}{spot_label(share)}"
    amount = count * hour * HOURS_PER_MONTH
    lines = [
        Line(resource=one.name, item=f"Fargate {size}", usd_month=amount, sleeps=True, group=Group.TASKS)
    ]
    if mapping(one.inputs.get("networkConfiguration")).get("assignPublicIp"):
        address = count * table.public_address_hour * HOURS_PER_MONTH
        lines.append(
            Line(
                resource=one.name,
                item=f"{count:g} x public IPv4",
                usd_month=address,
                sleeps=True,
                group=Group.PUBLIC_ADDRESSES,
            )
        )
    further = _further(one, everything, hour)
    return [*lines, *_storage(one, task, count, table), *further, *_metrics(one, task, count, table)]


def started_tasks(cluster: Rendered, everything: Sequence[Rendered], table: Prices) -> list[Line]:
    """Name the tasks that an executor starts in a cluster: what they cost depends on use."""
    tasks = [
        task
        for task in of_kind(everything, "ecs/TaskDefinition")
        if task.name == f"{cluster.name}-{ecs_task.NAME}"
    ]
    note = "${:.4f} per hour, by the second, a minute at least"
    return [
        Line(
            resource=task.name,
            item="Fargate task of each Airflow task",
            note=note.format(
                task_hour(
                    table,
                    cpu_units=int(task.inputs["cpu"]),
                    memory_mib=int(task.inputs["memory"]),
                    arm=_is_arm(task),
                    spot=0,
                )
            ),
        )
        for task in tasks
    ]


def _is_arm(task: Rendered) -> bool:
    return mapping(task.inputs.get("runtimePlatform")).get("cpuArchitecture") == "ARM64"


def task_hour(table: Prices, *, cpu_units: int, memory_mib: int, arm: bool, spot: float) -> float:
    """Price an hour of a task's vCPU and memory, USD.

    Args:
        table: the region's prices.
        cpu_units: its CPU; 1024 are a vCPU.
        memory_mib: its memory, MiB.
        arm: whether it runs on ARM64.
        spot: the share of Spot in such tasks, 0 to 1.
    """
    rate = table.fargate_arm if arm else table.fargate_x86
    vcpu, gb = cpu_units / fargate.CPU_UNITS_PER_VCPU, memory_mib / MIB_PER_GB
    return (vcpu * rate.vcpu_hour + gb * rate.gb_hour) * (1 - spot * (1 - table.fargate_spot_share))


def _further(one: Rendered, everything: Sequence[Rendered], task_hour: float) -> list[Line]:
    """Name the tasks that a scalable target may add: what they cost depends on use."""
    targets = (each for each in of_kind(everything, "appautoscaling/Target") if each.name == one.name)
    return [
        Line(
            resource=one.name,
            item=f"up to {target.inputs['maxCapacity'] - target.inputs['minCapacity']:g} tasks more",
            note=f"${task_hour:.4f} per hour and task",
        )
        for target in targets
    ]


def _metrics(one: Rendered, task: Rendered, count: float, table: Prices) -> list[Line]:
    """Price the metrics that the publisher in each scheduler's task publishes, and its requests."""
    publisher = next((each for each in containers(task) if each["name"] == metrics.NAME), None)
    if publisher is None:
        return []
    variables = {each["name"]: each["value"] for each in publisher.get("environment", [])}
    scaled = variables.get(metrics.GROUPS_VARIABLE, "{}") != "{}"
    period = scaling.PERIOD_SECONDS if scaled else metrics.STATE_PERIOD_SECONDS
    requests = count * HOURS_PER_MONTH * 3600 / period
    amount = requests / 1000 * table.metric_thousand_requests
    lines = [Line(resource=one.name, item=f"{requests:,.0f} x PutMetricData", usd_month=amount, sleeps=True)]
    if variables.get(metrics.STATE_VARIABLE) == "True":
        number = metrics.STATE_METRICS
        item, amount = f"{number} x custom metric", number * table.metric_month
        lines.append(Line(resource=one.name, item=item, usd_month=amount, sleeps=True))
    return lines


def _storage(one: Rendered, task: Rendered, count: float, table: Prices) -> list[Line]:
    """Price the ephemeral storage of tasks beyond what Fargate gives without charge."""
    size = mapping(task.inputs.get("ephemeralStorage")).get("sizeInGib", fargate.INCLUDED_STORAGE_GIB)
    paid = size - fargate.INCLUDED_STORAGE_GIB
    if not paid:
        return []
    item = f"{count:g} x {paid:g} GiB of ephemeral storage"
    if table.fargate_storage_gb_hour is None:
        return [unpriced(one, item, "no price is known for it in this region")]
    amount = count * paid * table.fargate_storage_gb_hour * HOURS_PER_MONTH
    return [Line(resource=one.name, item=item, usd_month=amount, sleeps=True, group=Group.TASKS)]


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


def spot_share(strategy: Sequence[dict[str, Any]], count: float) -> float:
    """Give the share of Spot in a service's tasks, 0 to 1; without tasks, in the first 100."""
    return fargate.spot_tasks(strategy, count or 100) / (count or 100)


def spot_label(share: float) -> str:
    """Write a share of Spot behind a size; nothing where there is none."""
    return "" if not share else " Spot" if share == 1 else f" {share:.0%} Spot"


def _spot_share(service: Rendered, everything: Sequence[Rendered], count: float) -> float:
    strategy: list[dict[str, Any]] = service.inputs.get("capacityProviderStrategies") or []
    if not strategy and not service.inputs.get("launchType"):
        for cluster in of_kind(everything, "ecs/ClusterCapacityProviders"):
            strategy = cluster.inputs.get("defaultCapacityProviderStrategies") or []
    return spot_share(strategy, count)
