"""Brings the cluster of this checkout up on this machine, stops it and takes it down again.

    python3 -m local up [--executor CeleryExecutor] [--set KEY=VALUE ...]
    python3 -m local stop
    python3 -m local down

Starts on the standard library alone, since it makes the project's environment, in which it goes on. Where
there is one already, `airflow-ecs local` does the same.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from local import make, preflight
from local.lock import Lock
from local.phases import Phases
from local.state import State

IN_ENVIRONMENT = "--in-environment"
"""The project's environment is there, this process runs in it, and holds the lock at this descriptor."""


def main() -> None:
    """Read the command line."""
    arguments = _parser().parse_args()
    state = State(Path.cwd())
    if arguments.command == "stop":
        make.stop(state)
    elif arguments.command == "down":
        make.down(state)
    elif arguments.in_environment is None:
        make.check(state, arguments.set)
        lock = make.lock(state, "up")
        _prepare(state, rabbitmq=make.chooses_rabbitmq(state, arguments.set))
        python = str(state.project / ".venv" / "bin" / "python")
        held = [IN_ENVIRONMENT, str(lock.keep_for_next_program())]
        os.execv(python, [python, "-m", "local", *sys.argv[1:], *held])  # noqa: S606 - no shell
    else:
        lock = Lock.inherited(state.lock, arguments.in_environment)
        make.up(state, lock, executor=arguments.executor, given=arguments.set)


def _prepare(state: State, *, rabbitmq: bool) -> None:
    """Do what needs nothing but Python, and keep how long it took."""
    phases = Phases({})
    with phases.phase("look at this machine"):
        preflight.run(rabbitmq=rabbitmq)
    with phases.phase("Python environment"):
        setup = ["make", "--no-print-directory", "setup"]
        if code := subprocess.run(setup, cwd=state.project, check=False).returncode:
            sys.exit(f"`{' '.join(setup)}` ended with {code}; what went wrong stands above")
    state.write_phases(phases.seconds)


def _executors(text: str) -> str:
    if not make.are_executors(text):
        raise argparse.ArgumentTypeError(f"must be of {', '.join(make.EXECUTORS)}; got {text!r}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="bring the cluster up, or update it after a change")
    up.add_argument("--executor", default=make.EXECUTORS[0], type=_executors)
    up.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of docs/configuration.md, besides those of Pulumi.local.yaml; may be repeated",
    )
    up.add_argument(IN_ENVIRONMENT, type=int, help=argparse.SUPPRESS)
    commands.add_parser("stop", help="end every process; `up` resumes the cluster with all that it had")
    commands.add_parser("down", help="destroy it and end every process")
    return parser


if __name__ == "__main__":
    make.interruptible(main)
