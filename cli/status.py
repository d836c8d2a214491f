"""What `airflow-ecs status` shows of a running cluster; nothing here calls AWS."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cli import airflow_status
from components.model.dag_sources.dag_archive import Pointer
from components.model.pricing.bill import HOURS_PER_DAY
from components.model.pricing.cost import bill
from components.model.pricing.prices import HOURS_PER_MONTH, REGIONS
from components.model.rendered import Rendered
from components.services import ecs_reports

STOPPED_SHOWN: Final = 5
DIGITS: Final = 12
"""So many digits of a hash name it."""
ASLEEP, INCOMPLETE, DEPLOYING, DEGRADED, HEALTHY = (
    *("asleep", "incomplete", "deploying", "degraded"),
    "healthy",
)
BUILT_IMAGE: Final = ":BuiltImage"
PLUMBING: Final = "pulumi:"
"""The stack itself and its providers, by the beginning of their types."""
WORST_FIRST: Final = (INCOMPLETE, DEGRADED, DEPLOYING, HEALTHY)


def services(
    names: Mapping[str, str], found: Sequence[Mapping[str, Any]], running: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Describe each ECS service: what is wanted, what runs, how its deployment goes.

    Args:
        names: the ECS service of each Airflow component.
        found: the services as ECS describes them.
        running: the cluster's tasks that are to run.
    """
    known = {one["serviceName"]: one for one in found}
    return [
        _service(
            name,
            sorted(component for component, service in names.items() if service == name),
            known.get(name),
            [task for task in running if task.get("group") == f"service:{name}"],
        )
        for name in sorted({*names.values()})
    ]


def _service(
    name: str, components: list[str], found: Mapping[str, Any] | None, tasks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    row = {"service": name, "components": components}
    if found is None:
        return {**row, "state": INCOMPLETE, "desired": None, "running": 0, "healthy": 0, "pending": 0}
    primary: Mapping[str, Any] = next(
        (one for one in found["deployments"] if one["status"] == "PRIMARY"), dict[str, Any]()
    )
    return {
        **row,
        "state": _state(found, primary, tasks),
        "desired": found["desiredCount"],
        "running": found["runningCount"],
        "pending": found["pendingCount"],
        "healthy": _healthy(tasks),
        "deployment": primary.get("rolloutState"),
        "deployment_reason": primary.get("rolloutStateReason"),
        "task_definition": found["taskDefinition"].rsplit("/", 1)[-1],
        "image_digests": sorted(
            {one["imageDigest"] for task in tasks for one in task["containers"] if one.get("imageDigest")}
        ),
    }


def _state(found: Mapping[str, Any], primary: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> str:
    if primary.get("rolloutState") == "FAILED":
        return DEGRADED
    if primary.get("rolloutState") == "IN_PROGRESS" or len(found["deployments"]) > 1:
        return DEPLOYING
    return HEALTHY if _healthy(tasks) >= found["desiredCount"] else DEGRADED


def _healthy(tasks: Sequence[Mapping[str, Any]]) -> int:
    return sum(one["lastStatus"] == "RUNNING" and one.get("healthStatus") == "HEALTHY" for one in tasks)


def state(rows: Sequence[Mapping[str, Any]]) -> str:
    """Sum up the services in one word: the worst of theirs."""
    if all(row["desired"] == 0 for row in rows):
        return ASLEEP
    states = {row["state"] for row in rows}
    return next(one for one in WORST_FIRST if one in states)


def stopped(tasks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Describe the tasks that stopped last, newest first."""
    ended = [task for task in tasks if task["lastStatus"] == "STOPPED" and task.get("stoppedAt")]
    ended.sort(key=lambda task: task["stoppedAt"], reverse=True)
    return [
        {
            "task": ecs_reports.task_id(task["taskArn"]),
            "group": task.get("group", "").partition(":")[2],
            "stopped_at": _time(task["stoppedAt"]),
            "reason": ecs_reports.why_stopped(task),
        }
        for task in ended[:STOPPED_SHOWN]
    ]


def database(endpoint: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Describe the metadata database; of an existing one that is no RDS instance, the address alone."""
    if found is None:
        return {"endpoint": endpoint, "status": None}
    return {
        "endpoint": endpoint,
        "status": found["DBInstanceStatus"],
        "engine": f"{found['Engine']} {found['EngineVersion']}",
        "instance_class": found["DBInstanceClass"],
    }


def broker(endpoint: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Describe Celery's broker."""
    if found is None:
        return {"endpoint": endpoint, "status": None}
    return {
        "endpoint": endpoint,
        "status": found["Status"],
        "engine": found.get("Engine"),
        "node_type": found.get("CacheNodeType"),
    }


def dags(pointer: Pointer | None) -> dict[str, Any]:
    """Describe the current version of the DAGs, where they are versions in a bucket."""
    if pointer is None:
        return {"version": None}
    return {
        "version": pointer.version,
        "pushed_at": pointer.pushed_at,
        "pushed_by": pointer.pushed_by,
        "message": pointer.message,
    }


def image_tag(deployed: Iterable[Mapping[str, Any]]) -> str | None:
    """Find the tag of the image that the stack built, in its state; None where it built none."""
    tags = (one["outputs"]["tag"] for one in deployed if one["type"].endswith(BUILT_IMAGE))
    return next(tags, None)


def cost_of(deployed: Iterable[Mapping[str, Any]], region: str) -> dict[str, Any] | None:
    """Price what Pulumi's state has, for a day; what depends on use comes on top.

    None in a region whose prices are not known.
    """
    if region not in REGIONS:
        return None
    found = (
        Rendered(type=one["type"], name=one["urn"].rpartition("::")[2], inputs=one.get("inputs", {}))
        for one in deployed
        if one.get("custom") and not one.get("delete") and not one["type"].startswith(PLUMBING)
    )
    total = bill(found, region)
    usd = total.usd_month * HOURS_PER_DAY / HOURS_PER_MONTH
    return {"usd_per_day": round(usd, 2), "is_lower_bound": bool(total.unknown)}


def lines(value: Mapping[str, Any]) -> Iterator[str]:
    """Write a status for people."""
    yield f"stack {value['stack']}: {value['state']}, {value['url']}"
    if cost := value["cost"]:
        least = "at least " if cost["is_lower_bound"] else ""
        yield f"cost      {least}${cost['usd_per_day']:.2f} a day, and what is charged by use"
    yield f"image     {value['image']}{f', {tag}' if (tag := value['image_tag']) else ''}"
    if airflow := value["airflow"]:
        yield f"Airflow   {airflow['error'] or airflow['version']}"
    if value["dags"]:
        version = value["dags"]["version"]
        pushed = f", pushed {value['dags']['pushed_at']} by {value['dags']['pushed_by']}" if version else ""
        yield f"DAGs      {f'version {version[:DIGITS]}' if version else 'no version'}{pushed}"
    for name in ("database", "broker"):
        if one := value[name]:
            details = [one["status"] or "existing, not in this account's RDS or ElastiCache"]
            details += [str(text) for key, text in one.items() if key not in ("endpoint", "status")]
            yield f"{name:<9} {', '.join(details)}, {one['endpoint']}"
    yield ""
    yield from _table(value["services"], value["image"])
    if airflow and not airflow["error"]:
        yield from airflow_status.lines(airflow)
    if value["stopped"]:
        yield from ("", "tasks that stopped last:")
    for task in value["stopped"]:
        yield f"  {task['stopped_at']}  {task['group']}  {task['task'][:DIGITS]}  {task['reason']}"


def _table(rows: Sequence[Mapping[str, Any]], image: str) -> Iterator[str]:
    head = ("SERVICE", "WANTED", "RUNNING", "HEALTHY", "STATE", "TASK DEFINITION")
    body = [
        (
            ",".join(row["components"]),
            "-" if row["desired"] is None else str(row["desired"]),
            str(row["running"]),
            str(row["healthy"]),
            row["state"] + _other_image(row, image),
            row.get("task_definition", "does not exist"),
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    for line in (head, *body):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
    for row in rows:
        if row["state"] != HEALTHY and row.get("deployment_reason"):
            yield f"  {','.join(row['components'])}: {row['deployment_reason']}"


def _other_image(row: Mapping[str, Any], image: str) -> str:
    wanted = image.partition("@")[2]
    others = [one for one in row.get("image_digests", []) if wanted and one != wanted]
    return f" (runs {others[0][: len('sha256:') + DIGITS]})" if others else ""


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
