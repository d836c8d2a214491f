"""Brings the cluster up on this machine and takes it down again.

    python3 -m local up [--executor CeleryExecutor] [--set KEY=VALUE ...]
    python3 -m local down

Starts on the standard library alone, since it makes the project's environment, in which it goes on.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping

from local import cluster, preflight
from local.phases import Phases
from local.state import PROJECT, State

PYTHON = PROJECT / ".venv" / "bin" / "python"
IN_ENVIRONMENT = "--in-environment"
"""Says that the project's environment is there, and this process runs in it."""


def main() -> None:
    """Read the command line."""
    arguments = _parser().parse_args()
    state = State()
    if arguments.command == "down":
        cluster.down(state)
    elif arguments.in_environment:
        _up(state, {"executor": arguments.executor, **dict(arguments.set)})
    else:
        _prepare(state)
        os.chdir(PROJECT)
        os.execv(PYTHON, [str(PYTHON), "-m", "local", *sys.argv[1:], IN_ENVIRONMENT])  # noqa: S606 - no shell


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


def _up(state: State, settings: Mapping[str, str]) -> None:
    phases = Phases(state.read_phases())
    outputs = cluster.up(state, settings, phases)
    state.write_phases(phases.seconds)
    print(
        f"{phases.summary()}\n"
        f"\nAirflow is up:  {outputs['url']}\n"
        f"user:           {outputs['admin_username']}\n"
        f"password:       . .local/env; .venv/bin/airflow-ecs password --stack {cluster.STACK}\n"
        "take it down:   make down"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="bring the cluster up, or update it after a change")
    up.add_argument("--executor", default="LocalExecutor", choices=["LocalExecutor", "CeleryExecutor"])
    up.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="a setting of docs/configuration.md, besides those of Pulumi.local.yaml; may be repeated",
    )
    up.add_argument(IN_ENVIRONMENT, action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("down", help="destroy it and end every process")
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("must be KEY=VALUE; it has no = after a key")
    return name, value


if __name__ == "__main__":
    main()
