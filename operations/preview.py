"""`airflow-ecs preview`: what a deployment would change, as a report for a pull request."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from pulumi import automation as auto

from operations import changes, report
from operations.workspace import select

DEFAULT_REGION = "us-east-1"


def add(commands: Any) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("preview", help="write a Markdown report of what a deployment would change")
    command.add_argument("--out", type=Path, help="file for the report; without it, it is printed")
    command.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="do not fail when something that keeps data is replaced or deleted",
    )
    command.add_argument("--refresh", action="store_true", help="look first at what AWS really holds")
    command.set_defaults(action=preview)


def preview(chosen: argparse.Namespace) -> None:
    """Write the report; fail where the change must not be deployed as it is."""
    stack = select(chosen.stack, chosen.workspace)
    events: list[Any] = []
    failure = ""
    try:
        stack.preview(on_event=events.append, refresh=chosen.refresh or None)
    except auto.CommandError as error:
        failure = _last_line(error)
    found = changes.read(events)
    if failure and not found.errors:
        found.errors.append(failure)
    region = found.settings.get("aws:region") or os.environ.get("AWS_REGION", DEFAULT_REGION)
    written = report.report(chosen.stack, found, region=region, allow_data_loss=chosen.allow_data_loss)
    if chosen.out:
        chosen.out.write_text(written.text)
    else:
        sys.stdout.write(written.text)
    if written.refusals:
        sys.exit("\n".join(f"preview of {chosen.stack}: {one}" for one in written.refusals))


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip() not in {"", "stderr:"}]
    return lines[-1] if lines else "the preview failed"
