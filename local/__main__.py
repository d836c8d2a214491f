"""Brings the cluster up on this machine and takes it down again.

    python3 -m local up [--executor CeleryExecutor] [--set KEY=VALUE ...]
    python3 -m local down

Runs on the standard library, since it makes the project's environment itself.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local import preflight, workspace

PROJECT = Path(__file__).resolve().parent.parent
STATE = PROJECT / ".local"
"""All that a local cluster leaves behind; disposable."""
ACCOUNT = STATE / "aws"
WORKSPACE = STATE / "workspace"
ENVIRONMENT_FILE = STATE / "env"
PYTHON = PROJECT / ".venv" / "bin" / "python"
STACK = "local"


class Phases:
    """The steps of a run, each told when it starts and timed when it ends."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        """Time one step."""
        print(f"==> {name}", flush=True)
        start = time.monotonic()
        yield
        self._seconds[name] = time.monotonic() - start

    def tell(self) -> None:
        """Print and keep how long each step took."""
        total = sum(self._seconds.values())
        lines = [f"{seconds:7.1f} s  {name}" for name, seconds in self._seconds.items()]
        print("\n".join([*lines, f"{total:7.1f} s  in all"]), flush=True)
        (STATE / "phases.json").write_text(json.dumps(self._seconds, indent=1))


def up(settings: Mapping[str, str]) -> None:
    """Do everything from an empty machine to a DAG that ran.

    Args:
        settings: keys of the stack and their values, besides those of its file.
    """
    STATE.mkdir(exist_ok=True)
    phases = Phases()
    with phases.phase("look at this machine"):
        preflight.run()
    with phases.phase("Python environment"):
        _call(["make", "--no-print-directory", "setup"])
    with phases.phase("Pulumi engine"):
        environment = _pulumi_settings() | _exports([str(PYTHON), "-m", "embedded_aws.engine"])
    with phases.phase("embedded account"):
        environment |= _start_account()
        _write_environment(environment)
    with phases.phase("pulumi up"):
        _select_stack(environment, settings)
        _call(["pulumi", "up", "--stack", STACK, "--yes", "--skip-preview", "--non-interactive"], environment)
    with phases.phase("smoke DAG"):
        _call([str(PYTHON), "-m", "operations", "run-dag", "smoke", "--stack", STACK], environment, PROJECT)
    phases.tell()
    _say_where(environment)


def down() -> None:
    """Destroy the stack and end every process of the embedded account, also when the stack resists."""
    try:
        if ENVIRONMENT_FILE.exists() and _account_runs():
            _call(
                ["pulumi", "destroy", "--stack", STACK, "--yes", "--skip-preview", "--non-interactive"],
                _read_environment(),
            )
    finally:
        if PYTHON.exists():
            _call([str(PYTHON), "-m", "embedded_aws.account", "stop", "--home", str(ACCOUNT)])
        shutil.rmtree(STATE, ignore_errors=True)


def _start_account() -> Mapping[str, str]:
    if not _account_runs() and WORKSPACE.exists():
        print("the embedded account ended since the last run: starting anew", flush=True)
        shutil.rmtree(WORKSPACE)
        shutil.rmtree(STATE / "pulumi", ignore_errors=True)
    return _exports([str(PYTHON), "-m", "embedded_aws.account", "start", "--home", str(ACCOUNT)])


def _account_runs() -> bool:
    status = [str(PYTHON), "-m", "embedded_aws.account", "status", "--home", str(ACCOUNT)]
    return subprocess.run(status, cwd=PROJECT, check=False, stdout=subprocess.DEVNULL).returncode == 0


def _pulumi_settings() -> dict[str, str]:
    backend = STATE / "pulumi"
    backend.mkdir(exist_ok=True)
    passphrase = STATE / "passphrase"
    if not passphrase.exists():
        passphrase.touch(mode=0o600)
        passphrase.write_text(secrets.token_hex(16))
    return {"PULUMI_BACKEND_URL": f"file://{backend}", "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase)}


def _select_stack(environment: Mapping[str, str], settings: Mapping[str, str]) -> None:
    shipped = (PROJECT / f"Pulumi.{STACK}.yaml").read_text().splitlines()
    kept = [line for line in shipped if line.strip().partition(": ")[0] not in map(_key, settings)]
    added = [f"  {_key(name)}: {json.dumps(value)}" for name, value in settings.items()]
    workspace.write(WORKSPACE, PROJECT, STACK, "\n".join([*kept, *added, ""]))
    _call(["pulumi", "stack", "select", "--create", STACK], environment)


def _key(name: str) -> str:
    return f"airflow-ecs:{name}"


def _exports(command: list[str]) -> dict[str, str]:
    """Run a command that prints `export NAME=VALUE` lines; its progress goes to the terminal."""
    done = subprocess.run(command, cwd=PROJECT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return dict(re.findall(r"^export (\w+)='?(.*?)'?$", done.stdout, re.MULTILINE))


def _call(
    command: list[str], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> None:
    where = folder or (WORKSPACE if command[0] == "pulumi" else PROJECT)
    done = subprocess.run(command, cwd=where, env={**os.environ, **(environment or {})}, check=False)
    if done.returncode:
        sys.exit(f"`{' '.join(command)}` ended with {done.returncode}; what went wrong stands above")


def _write_environment(environment: Mapping[str, str]) -> None:
    lines = (f"export {name}='{value}'\n" for name, value in sorted(environment.items()))
    ENVIRONMENT_FILE.touch(mode=0o600)
    ENVIRONMENT_FILE.chmod(0o600)
    ENVIRONMENT_FILE.write_text("".join(lines))


def _read_environment() -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)='(.*)'$", ENVIRONMENT_FILE.read_text(), re.MULTILINE))


def _say_where(environment: Mapping[str, str]) -> None:
    outputs = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", STACK],
        cwd=WORKSPACE,
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.PIPE,
    )
    known = json.loads(outputs.stdout)
    print(
        f"\nAirflow is up:  {known['url']}\n"
        f"user:           {known['admin_username']}\n"
        f"password:       . .local/env; .venv/bin/python -m operations password --stack {STACK}\n"
        "take it down:   make down"
    )


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"must be KEY=VALUE; got {text!r}")
    return name, value


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python3 -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    bring_up = commands.add_parser("up", help="bring the cluster up, or bring it to what the files say now")
    bring_up.add_argument("--executor", default="LocalExecutor", choices=["LocalExecutor", "CeleryExecutor"])
    bring_up.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="a setting of docs/configuration.md, besides those of Pulumi.local.yaml; may be repeated",
    )
    commands.add_parser("down", help="destroy it and end every process")
    chosen = parser.parse_args()
    actions: dict[str, Callable[[], None]] = {
        "up": lambda: up({"executor": chosen.executor, **dict(chosen.set)}),
        "down": down,
    }
    actions[chosen.command]()


if __name__ == "__main__":
    main()
