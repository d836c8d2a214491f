"""`airflow-ecs deploy` and `airflow-ecs destroy`: the engine's operations as CI wants them."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pulumi import automation as auto

from operations.engine import POLICY_PACK, Progress, operate, plain
from operations.preview import DEFAULT_WAIT_SECONDS, run_preview
from operations.workspace import select


def add(commands: Any) -> None:
    """Add the commands to the command line."""
    deploy_ = commands.add_parser(
        "deploy", help="deploy the stack; progress on stderr, outputs as JSON on stdout"
    )
    deploy_.add_argument(
        "--allow-data-loss", action="store_true", help="allow stateful resources to be replaced or deleted"
    )
    deploy_.add_argument("--out", type=Path, help="file for the report of the changes about to be made")
    deploy_.add_argument("--refresh", action="store_true", help="refresh the state from AWS first")
    deploy_.set_defaults(action=deploy)
    destroy_ = commands.add_parser("destroy", help="delete every resource of the stack")
    destroy_.add_argument("--confirm", required=True, metavar="STACK", help="the stack's name, repeated")
    destroy_.set_defaults(action=destroy)
    for command in (deploy_, destroy_):
        command.add_argument(
            "--wait-seconds",
            type=float,
            default=DEFAULT_WAIT_SECONDS,
            help="how long to wait for another update of the stack",
        )


def deploy(chosen: argparse.Namespace) -> None:
    """Bring a stack up, unless its preview is refused.

    Raises:
        SystemExit: 1 when it is refused or fails, 75 when another update holds the stack, 130 after a signal.
    """
    stack = select(chosen.stack, chosen.workspace)
    found = run_preview(stack, chosen, wait_seconds=chosen.wait_seconds)
    if chosen.out:
        chosen.out.write_text(found.report.text)
    if found.report.refusals:
        sys.exit("\n".join(f"deploy of {chosen.stack}: {one}" for one in found.report.refusals))
    done = operate(
        f"deploy of {chosen.stack}",
        lambda: stack.up(
            on_event=Progress(), refresh=chosen.refresh or None, policy_packs=[str(POLICY_PACK)]
        ),
        wait_seconds=chosen.wait_seconds,
    )
    print(json.dumps(plain(done.outputs.items()), indent=1, sort_keys=True))


def destroy(chosen: argparse.Namespace) -> None:
    """Delete a stack's resources, if its name is given twice and nothing is protected.

    The engine refuses protected resources one by one, and without a preview it deletes all others.

    Raises:
        SystemExit: 1 when it is refused or fails, 75 when another update holds the stack, 130 after a signal.
    """
    if chosen.confirm != chosen.stack:
        sys.exit(f"destroy of {chosen.stack}: --confirm must be {chosen.stack}; got {chosen.confirm}")
    stack = select(chosen.stack, chosen.workspace)
    if names := _protected(stack):
        sys.exit(
            f"destroy of {chosen.stack}: {', '.join(names)} must not be protected. Set protectData false, "
            "run `pulumi up`, then destroy again"
        )
    operate(
        f"destroy of {chosen.stack}",
        lambda: stack.destroy(on_event=Progress()),
        wait_seconds=chosen.wait_seconds,
    )
    print(f"stack {chosen.stack} is empty")


def _protected(stack: auto.Stack) -> list[str]:
    """Name what the engine would refuse to delete."""
    held: list[dict[str, Any]] = (stack.export_stack().deployment or {}).get("resources", [])
    return sorted({one["urn"].rsplit("::", 1)[1] for one in held if one.get("protect")})
