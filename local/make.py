"""`make up`, `make stop` and `make down` of a project, in an environment that has what they need."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from local import cluster, settings
from local.commands import INTERRUPTED
from local.lock import Lock
from local.phases import Phases
from local.state import State

EXECUTORS = ("LocalExecutor", "CeleryExecutor", "AwsEcsExecutor")
"""One of these, or several with commas between, each with an alias before a colon if it has one."""
VARIABLE = "AIRFLOW_ECS_SETTINGS"
"""Has settings as `make up SETTINGS=` has them."""


def are_executors(text: str) -> bool:
    """Whether a text names executors; the program checks the rest."""
    return all(one.strip().rpartition(":")[2] in EXECUTORS for one in text.split(","))


def lock(state: State, command: str) -> Lock:
    """Take the lock of the project for one of the commands.

    Raises:
        SystemExit: another command runs.
    """
    return Lock.take(state.lock, f"make {command}")


def check(state: State, given: Sequence[str]) -> None:
    """See that there is a project, and that settings are `KEY=VALUE`.

    Raises:
        SystemExit: what is wrong, and what to do.
    """
    for name in ("Pulumi.yaml", f"Pulumi.{cluster.STACK}.yaml"):
        if not (state.project / name).is_file():
            sys.exit(f"{state.project} has no {name}: `airflow-ecs init` makes a project with one")
    _pairs(given)


def chooses_rabbitmq(state: State, given: Sequence[str]) -> bool:
    """Tell whether this run's settings, or else the stack's file, choose RabbitMQ as the broker."""
    chosen = [written for key, written in _pairs(given) if key.removeprefix("airflow-ecs:") == "broker"]
    if chosen:
        return chosen[-1].strip("\"'") == "rabbitmq"
    text = (state.project / f"Pulumi.{cluster.STACK}.yaml").read_text()
    return re.search(r"^\s*airflow-ecs:broker:\s*[\"']?rabbitmq\b", text, re.MULTILINE) is not None


def up(state: State, held: Lock, *, executor: str, given: Sequence[str]) -> None:
    """Bring the cluster up, or update it, and print where it is.

    Args:
        state: of the project.
        held: its lock.
        executor: of `EXECUTORS`.
        given: settings in addition to those of the stack's file and the environment, each `KEY=VALUE`.

    Raises:
        SystemExit: what went wrong.
    """
    chosen = {"executor": executor, **_chosen(given)}
    phases = Phases(state.read_phases())
    outputs = cluster.up(state, chosen, phases, held)
    state.write_phases(phases.seconds)
    print(
        f"{phases.summary()}\n"
        f"\nAirflow is up:  {outputs['url']}\n"
        f"user:           {outputs['admin_username']}\n"
        f"password:       . .local/env; .venv/bin/airflow-ecs password --stack {cluster.STACK}\n"
        "stop it:        make stop (`make up` resumes it)\n"
        "take it down:   make down"
    )


def stop(state: State) -> None:
    """End every process; `up` resumes the cluster."""
    lock(state, "stop")
    cluster.stop(state)


def down(state: State) -> None:
    """Destroy the cluster and end every process."""
    cluster.down(state, lock(state, "down"))


def interruptible(command: Callable[[], None]) -> None:
    """Run a command; Ctrl-C ends it with one line."""
    try:
        command()
    except KeyboardInterrupt:
        print("\ninterrupted; the same command continues from here", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _chosen(given: Sequence[str]) -> dict[str, Any]:
    """Return the settings that this run adds to those of the stack's file."""
    try:
        return {key: settings.value(key, written) for key, written in _pairs(given)}
    except settings.SettingError as error:
        sys.exit(f"SETTINGS: {error}")


def _pairs(given: Sequence[str]) -> list[tuple[str, str]]:
    try:
        return [*settings.split(os.environ.get(VARIABLE, "")), *map(settings.pair, given)]
    except settings.SettingError as error:
        sys.exit(f"SETTINGS: {error}")
