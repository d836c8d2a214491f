"""Replaces the tasks of a stack's services by new ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Any, Final

from cli.errors import UsageError
from cli.stack import Stack
from components.base.aws_clients import AccessError
from components.services.redeployment import redeploy
from components.services.rollout import RolloutFailedError
from components.services.rollout_props import RolloutProps

ROLLOUT: Final = "pulumi-python:dynamic/index:Rollout"


def wanted(stack: Stack, service: str) -> list[RolloutProps]:
    """Read what the last `up` deployed: of one service, or of all.

    Args:
        stack: whose.
        service: an Airflow component; empty: all.

    Raises:
        UsageError: there is no such service, or `up` has not deployed it yet.
    """
    names: Mapping[str, str] = stack.outputs["service_names"]
    if service and service not in names:
        raise UsageError(f"stack {stack.name} has no service {service}: it has {', '.join(sorted(names))}")
    found = rollouts(stack.resources(), {names[service]} if service else {*names.values()})
    if not found:
        raise UsageError(
            f"stack {stack.name} is not complete: its state has no rollout of {service or 'a service'}. "
            f"Run `pulumi up --stack {stack.name}`"
        )
    access = stack.access.to(stack.account_id, stack.region)
    return [replace(one, access=access) for one in found]


def rollouts(resources: Iterable[Mapping[str, Any]], services: set[str]) -> list[RolloutProps]:
    """Find the rollouts of ECS services among the resources of a state."""
    found = [one["outputs"] for one in resources if one["type"] == ROLLOUT and not one.get("delete")]
    return [RolloutProps.from_props(one) for one in found if one["service_name"] in services]


def run(found: Sequence[RolloutProps], write: Callable[[str], None]) -> dict[str, list[str]]:
    """Redeploy services, all at once.

    Args:
        found: what they are to run.
        write: gets a line for each that is done, or failed.

    Returns:
        by service the old tasks that still finish their work.

    Raises:
        UsageError: the credentials do not reach the cluster's account.
        SystemExit: 1 where one of them failed.
    """
    done: dict[str, list[str]] = {}
    with ThreadPoolExecutor(len(found)) as pool:
        started = {pool.submit(redeploy, one): one.service_name for one in found}
        for future in as_completed(started):
            _note(future, started[future], done, write)
    if len(done) < len(found):
        raise SystemExit(1)
    return done


def _note(
    future: "Future[list[str]]", name: str, done: dict[str, list[str]], write: Callable[[str], None]
) -> None:
    try:
        done[name] = future.result()
    except RolloutFailedError as error:
        write(str(error))
        return
    except AccessError as error:
        raise UsageError(str(error)) from None
    write(f"{name} runs new tasks")
    for task in done[name]:
        write(f"  an old task still works: {task}")
