"""Brings the cluster up on this machine, stops it and takes it down again.

    python3 -m local up [--executor CeleryExecutor] [--set KEY=VALUE ...]
    python3 -m local stop
    python3 -m local down

Starts on the standard library alone, since it makes the project's environment, in which it goes on.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from local import cluster, preflight, settings
from local.commands import INTERRUPTED
from local.lock import Lock
from local.phases import Phases
from local.state import PROJECT, State

PYTHON = PROJECT / ".venv" / "bin" / "python"
SETTINGS = "AIRFLOW_ECS_SETTINGS"
"""Variable with settings as `make up SETTINGS=` has them."""
IN_ENVIRONMENT = "--in-environment"
"""The project's environment is there, this process runs in it, and holds the lock at this descriptor."""


def main() -> None:
    """Read the command line."""
    arguments = _parser().parse_args()
    state = State()
    if getattr(arguments, "in_environment", None) is not None:
        _up(state, _chosen(arguments), Lock.inherited(state.lock, arguments.in_environment))
        return
    if arguments.command == "up":
        _written()
    lock = Lock.take(state.lock, f"make {arguments.command}")
    if arguments.command == "down":
        cluster.down(state, lock)
    elif arguments.command == "stop":
        cluster.stop(state)
    else:
        _prepare(state)
        os.chdir(PROJECT)
        held = [IN_ENVIRONMENT, str(lock.keep_for_next_program())]
        os.execv(PYTHON, [str(PYTHON), "-m", "local", *sys.argv[1:], *held])  # noqa: S606 - no shell


def _chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that this run adds to those of the stack's file."""
    try:
        given = {key: settings.value(key, written) for key, written in [*_written(), *arguments.set]}
    except settings.SettingError as error:
        sys.exit(f"SETTINGS: {error}")
    return {"executor": arguments.executor, **given}


def _written() -> list[tuple[str, str]]:
    try:
        return settings.split(os.environ.get(SETTINGS, ""))
    except settings.SettingError as error:
        sys.exit(f"SETTINGS: {error}")


def _prepare(state: State) -> None:
    """Do what needs nothing but Python, and keep how long it took."""
    phases = Phases({})
    with phases.phase("look at this machine"):
        preflight.run()
    with phases.phase("Python environment"):
        setup = ["make", "--no-print-directory", "setup"]
        if code := subprocess.run(setup, cwd=PROJECT, check=False).returncode:
            sys.exit(f"`{' '.join(setup)}` ended with {code}; what went wrong stands above")
    state.write_phases(phases.seconds)


def _up(state: State, chosen: Mapping[str, Any], lock: Lock) -> None:
    phases = Phases(state.read_phases())
    outputs = cluster.up(state, chosen, phases, lock)
    state.write_phases(phases.seconds)
    print(
        f"{phases.summary()}\n"
        f"\nAirflow is up:  {outputs['url']}\n"
        f"user:           {outputs['admin_username']}\n"
        f"password:       . .local/env; .venv/bin/airflow-ecs password --stack {cluster.STACK}\n"
        "stop it:        make stop (`make up` resumes it)\n"
        "take it down:   make down"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="bring the cluster up, or update it after a change")
    up.add_argument("--executor", default="LocalExecutor", help="Airflow's executor, or several: A,B")
    up.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="a setting of docs/configuration.md, besides those of Pulumi.local.yaml; may be repeated",
    )
    up.add_argument(IN_ENVIRONMENT, type=int, help=argparse.SUPPRESS)
    commands.add_parser("stop", help="end every process; `up` resumes the cluster with all that it had")
    commands.add_parser("down", help="destroy it and end every process")
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("must be KEY=VALUE; it has no = after a key")
    return name, value


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("\ninterrupted; the same command continues from here", file=sys.stderr)
        sys.exit(INTERRUPTED)
