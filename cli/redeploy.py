"""Replaces the tasks of a stack's services by new ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread
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
    try:
        found = rollouts(stack.resources(), {names[service]} if service else {*names.values()})
    except KeyError as error:
        raise UsageError(
            f"stack {stack.name} was deployed by an older program, which has no {error} of a rollout. "
            f"Run `pulumi up --stack {stack.name}` first"
        ) from None
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
    ended: SimpleQueue[tuple[str, list[str] | Exception]] = SimpleQueue()
    for one in found:
        # Ctrl-C ends the command, not after the last service: ECS goes on by itself.
        Thread(target=_redeploy, args=(one, ended), daemon=True).start()
    done: dict[str, list[str]] = {}
    for _ in found:
        name, outcome = ended.get()
        if isinstance(outcome, RolloutFailedError):
            write(str(outcome))
        elif isinstance(outcome, AccessError):
            raise UsageError(str(outcome))
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            done[name] = outcome
            write(
                "\n".join(
                    [f"{name} runs new tasks", *(f"  an old task still works: {one}" for one in outcome)]
                )
            )
    if len(done) < len(found):
        raise SystemExit(1)
    return done


def _redeploy(wanted: RolloutProps, ended: "SimpleQueue[tuple[str, list[str] | Exception]]") -> None:
    try:
        ended.put((wanted.service_name, redeploy(wanted)))
    except Exception as error:  # noqa: BLE001 - whoever waits raises it
        ended.put((wanted.service_name, error))
