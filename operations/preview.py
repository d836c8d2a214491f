"""`airflow-ecs preview`: what a deployment would change, as a report for a pull request."""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi import automation as auto

from operations import changes, report
from operations.engine import operate, reason
from operations.workspace import select

DEFAULT_REGION: Final = "us-east-1"
DEFAULT_WAIT_SECONDS: Final = 0


@dataclass(frozen=True, kw_only=True)
class PreviewResult:
    """A preview and what is to be said about it."""

    changes: changes.Changes
    report: report.Report


def add(commands: Any) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("preview", help="write a Markdown report of what a deployment would change")
    command.add_argument("--out", type=Path, help="file to write; default: print to stdout")
    command.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="do not fail when stateful resources are replaced or deleted",
    )
    command.add_argument("--refresh", action="store_true", help="refresh the state from AWS first")
    command.add_argument("--expect-no-changes", action="store_true", help="fail if anything would change")
    command.set_defaults(action=preview)


def preview(chosen: argparse.Namespace) -> None:
    """Write the report; fail where the change must not be deployed as it is."""
    found = run_preview(select(chosen.stack, chosen.workspace), chosen, wait_seconds=DEFAULT_WAIT_SECONDS)
    if chosen.out:
        chosen.out.write_text(found.report.text)
    else:
        sys.stdout.write(found.report.text)
    refusals = list(found.report.refusals)
    if chosen.expect_no_changes and found.changes.changed:
        refusals.append(f"{len(found.changes.changed)} resources would change")
    if refusals:
        sys.exit("\n".join(f"preview of {chosen.stack}: {one}" for one in refusals))


def run_preview(stack: auto.Stack, chosen: argparse.Namespace, *, wait_seconds: float) -> PreviewResult:
    """Preview a stack and write the report, also where the engine refuses."""
    events, refused = events_of(stack, chosen, wait_seconds=wait_seconds)
    found = changes.read(events)
    if refused and not found.errors:
        found.errors += refused
    written = report.report(
        chosen.stack, found, region=region_of(found), allow_data_loss=chosen.allow_data_loss
    )
    return PreviewResult(changes=found, report=written)


def events_of(
    stack: auto.Stack, chosen: argparse.Namespace, *, wait_seconds: float
) -> tuple[list[Any], list[str]]:
    """Preview a stack; give the engine's events, and why it refused, if it did."""
    events: list[Any] = []
    refused: list[str] = []

    def run() -> None:
        events.clear()
        try:
            stack.preview(on_event=events.append, refresh=chosen.refresh or None)
        except auto.ConcurrentUpdateError:
            raise
        except auto.CommandError as error:
            refused.append(reason(error))

    operate(f"preview of {chosen.stack}", run, wait_seconds=wait_seconds)
    return events, refused


def region_of(found: changes.Changes) -> str:
    """Give the AWS region that a stack is deployed to."""
    return found.settings.get("aws:region") or os.environ.get("AWS_REGION", DEFAULT_REGION)
