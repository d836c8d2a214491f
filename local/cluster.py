"""The stack `local` on the embedded account."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from embedded_aws import account, capabilities, engine
from local import workspace
from local.commands import PROGRESS_SECONDS
from local.commands import run as _run
from local.lock import Lock
from local.phases import Phases
from local.state import State

STACK = "local"
COMMAND = f"{__name__.removesuffix('local.cluster')}cli"
"""The module of the command `airflow-ecs`, which is a part of the same distribution."""
NAMES = re.compile(r"(Key|Password|Token)Names?$")
"""The settings with the names of the secrets' values."""
_PULUMI_OPTIONS = ("--stack", STACK, "--yes", "--skip-preview", "--suppress-outputs", "--non-interactive")
_SERVICES_SECONDS = 300


def up(state: State, settings: Mapping[str, Any], phases: Phases, lock: Lock) -> dict[str, Any]:
    """Do everything from this project's Python environment to a DAG that ran; return the stack's outputs.

    Who deleted the smoke DAG, or lets the cluster sleep, gets a cluster without a run of it.

    Args:
        state: where all of it is kept.
        settings: keys of the stack and their values, in addition to those of its file.
        phases: gets the time of each phase.
        lock: held for as long as what this starts runs.
    """
    with phases.phase("Pulumi engine"):
        variables = _engine_variables()
    with phases.phase("embedded account"):
        if reason := capabilities.why_no_memory_limits():
            print(reason, flush=True)
        clear_leftovers(state)
        if account.died(state.account):
            state.unsure.touch()
        environment = {
            **state.pulumi_variables(),
            **variables,
            **_account_variables(state),
            "AIRFLOW_ECS_WORKSPACE": str(state.workspace),
        }
        state.write_environment(environment)
    from local.services import Services  # noqa: PLC0415 - as yaml below

    services = Services(environment)
    with phases.phase("pulumi up"):
        config = _select_stack(state, environment, settings)
        refresh = ["--refresh"] if state.unsure.exists() else []
        _pulumi(state, environment, lock, "up", *refresh, progress=services.progress)
        state.unsure.unlink(missing_ok=True)
    outputs = _outputs(state, environment)
    with phases.phase("services"):
        if pending := services.wait(_SERVICES_SECONDS, PROGRESS_SECONDS):
            log = state.account / "account.log"
            sys.exit(f"after {_SERVICES_SECONDS} s: {pending}; the account's log is {log}")
    if (state.project / "dags" / "smoke.py").exists() and _schedules(config):
        with phases.phase("smoke DAG"):
            smoke = [
                sys.executable,
                "-m",
                COMMAND,
                "trigger",
                "smoke",
                "--wait",
                "--unpause",
                "--stack",
                STACK,
            ]
            _run(smoke, state.project, environment, held=[lock.descriptor])
    return outputs


def stop(state: State) -> None:
    """End every process of the embedded account; `up` resumes what it had."""
    if account.stop(state.account):
        print("stopped; `make up` resumes it, `make down` removes it", file=sys.stderr)
    else:
        print("not running", file=sys.stderr)


def down(state: State, lock: Lock) -> None:
    """Destroy the stack and end every process of the embedded account, also when the stack resists."""
    try:
        if state.environment_file.exists() and account.status(state.account):
            _pulumi(state, state.read_environment(), lock, "destroy")
    finally:
        print("stopped" if account.stop(state.account) else "not running", file=sys.stderr)
        state.remove()


def clear_leftovers(state: State) -> None:
    """Start empty where the account or Pulumi's state is gone: either is worthless without the other."""
    running = bool(account.status(state.account))
    there = running or account.resumable(state.account)
    if there and state.has_stack:
        if not running:
            print("resuming the cluster that was here before", flush=True)
        return
    if state.workspace.exists():
        gone = "Pulumi's state is gone" if there else "the embedded account ended before it saved its state"
        print(f"{gone}: starting with an empty account", flush=True)
    account.stop(state.account)
    state.clear()


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


def _schedules(config: Mapping[str, Any]) -> bool:
    """Whether runs of DAGs start in the cluster."""
    stopped = [config[key] for key in config if key.rpartition(":")[2] in ("asleep", "schedulerStopped")]
    return not any(str(value).lower() == "true" for value in stopped)


def _pulumi(
    state: State,
    environment: Mapping[str, str],
    lock: Lock,
    *words: str,
    progress: Callable[[], str] | None = None,
) -> None:
    """Run `pulumi` on the stack, which refuses if somebody else runs one on it, as `.local/env` allows."""
    held = [lock.descriptor]
    if state.stale_locks:
        _run(["pulumi", "cancel", "--stack", STACK, "--yes"], state.workspace, environment, held=held)
    command = ["pulumi", *words, *_PULUMI_OPTIONS]
    _run(command, state.workspace, environment, held=held, progress=progress)


def _select_stack(
    state: State, environment: Mapping[str, str], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the stack's settings, and return them."""
    import yaml  # noqa: PLC0415 - this module is also imported on the standard library alone

    project, stack_file = (
        _mapping(yaml.safe_load((state.project / name).read_text()))
        for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml")
    )
    # The settings alone: a salt belongs to the passphrase of whoever ran `pulumi stack init` here.
    config = _mapping(stack_file.get("config")) | _names_of_secrets(state)
    config |= {
        name if ":" in name else f"{project['name']}:{name}": value for name, value in settings.items()
    }
    text = yaml.safe_dump({"config": config}, sort_keys=False)
    workspace.write(state.workspace, state.project, STACK, text)
    _run(["pulumi", "stack", "select", "--create", STACK], state.workspace, environment)
    return config


def _names_of_secrets(state: State) -> dict[str, Any]:
    """Read what `airflow-ecs rotate` has written: without it the stack would get new keys under old names."""
    import yaml  # noqa: PLC0415 - as above

    written = state.workspace / f"Pulumi.{STACK}.yaml"
    config = _mapping(yaml.safe_load(written.read_text())).get("config") if written.exists() else None
    return {key: value for key, value in _mapping(config).items() if NAMES.search(key)}


def _mapping(read: Any) -> dict[str, Any]:
    """Return what a YAML file has, which may be nothing."""
    return read or {}


def _outputs(state: State, environment: Mapping[str, str]) -> dict[str, Any]:
    printed = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", STACK],
        cwd=state.workspace,
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(printed.stdout)
