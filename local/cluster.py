"""The stack `local` on the embedded account."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedded_aws import account, capabilities, engine
from local import workspace
from local.phases import Phases
from local.state import PROJECT, State

STACK = "local"
_PULUMI_OPTIONS = ("--stack", STACK, "--yes", "--skip-preview", "--non-interactive")


def up(state: State, settings: Mapping[str, str], phases: Phases) -> dict[str, Any]:
    """Do everything from this project's Python environment to a DAG that ran; return the stack's outputs.

    Who deleted the smoke DAG gets a cluster without a run of it.

    Args:
        state: where all of it is kept.
        settings: keys of the stack and their values, in addition to those of its file.
        phases: gets the time of each phase.
    """
    with phases.phase("Pulumi engine"):
        variables = _engine_variables()
    with phases.phase("embedded account"):
        if reason := capabilities.why_no_memory_limits():
            print(reason, flush=True)
        clear_leftovers(state)
        environment = {
            **state.pulumi_variables(),
            **variables,
            **_account_variables(state),
            "AIRFLOW_ECS_WORKSPACE": str(state.workspace),
        }
        state.write_environment(environment)
    with phases.phase("pulumi up"):
        _select_stack(state, environment, settings)
        _run(["pulumi", "up", *_PULUMI_OPTIONS], state.workspace, environment)
    if (PROJECT / "dags" / "smoke.py").exists():
        with phases.phase("smoke DAG"):
            smoke = [sys.executable, "-m", "cli", "run-dag", "smoke", "--stack", STACK]
            _run(smoke, PROJECT, environment)
    return _outputs(state, environment)


def down(state: State) -> None:
    """Destroy the stack and end every process of the embedded account, also when the stack resists."""
    try:
        if state.environment_file.exists() and account.status(state.account):
            _run(["pulumi", "destroy", *_PULUMI_OPTIONS], state.workspace, state.read_environment())
    finally:
        print("stopped" if account.stop(state.account) else "not running", file=sys.stderr)
        shutil.rmtree(state.root, ignore_errors=True)


def clear_leftovers(state: State) -> None:
    """Start anew where the account or Pulumi's state is gone: either is worthless without the other."""
    running = bool(account.status(state.account))
    if running and state.backend.exists():
        return
    if state.workspace.exists():
        gone = "Pulumi's state is gone" if running else "the embedded account ended"
        print(f"{gone} since the last run: starting again", flush=True)
    account.stop(state.account)
    for folder in (state.workspace, state.backend):
        shutil.rmtree(folder, ignore_errors=True)


def _engine_variables() -> dict[str, str]:
    try:
        return engine.environment()
    except engine.EngineError as error:
        sys.exit(f"engine: {error}")


def _account_variables(state: State) -> dict[str, str]:
    try:
        return account.start(state.account)
    except account.AccountError as error:
        sys.exit(f"embedded account: {error}")


def _select_stack(state: State, environment: Mapping[str, str], settings: Mapping[str, str]) -> None:
    import yaml  # noqa: PLC0415 - this module is also imported on the standard library alone

    stack_file: dict[str, Any] = yaml.safe_load((PROJECT / f"Pulumi.{STACK}.yaml").read_text()) or {}
    # The settings alone: a salt belongs to the passphrase of whoever ran `pulumi stack init` here.
    config: dict[str, Any] = stack_file.get("config") or {}
    config |= {_key(name): value for name, value in settings.items()}
    workspace.write(state.workspace, PROJECT, STACK, yaml.safe_dump({"config": config}, sort_keys=False))
    _run(["pulumi", "stack", "select", "--create", STACK], state.workspace, environment)


def _key(name: str) -> str:
    return f"airflow-ecs:{name}"


def _outputs(state: State, environment: Mapping[str, str]) -> dict[str, Any]:
    printed = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", STACK],
        cwd=state.workspace,
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(printed.stdout)


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    ended = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=False)
    if ended.returncode:
        sys.exit(f"`{' '.join(command)}` ended with {ended.returncode}; what went wrong stands above")
