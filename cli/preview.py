"""What a deployment would change, as a report for a pull request."""

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi import automation as auto

from cli import changes, report
from cli.answer import answer
from cli.engine import operate
from cli.errors import USAGE, reason, remedy
from cli.stack import Stack
from components.model.rendered import Rendered
from components.model.shown import without_logins

DEFAULT_REGION: Final = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class PreviewResult:
    """A preview and its report."""

    changes: changes.Changes
    report: report.Report

    def write(self, stack: str, *, as_json: bool, out: Path | None) -> None:
        """Print the report, or write it into a file; as JSON with each change by itself."""
        value = {
            "stack": stack,
            "changes": [
                {"operation": one.operation, "type": one.resource.type, "name": one.resource.name}
                for one in self.changes.changed
            ],
            "refusals": [*self.report.refusals],
            "report": self.report.text,
        }
        answer(self.report.text, value, as_json=as_json, out=out)


def preview(
    stack: Stack,
    *,
    refresh: bool,
    allow_data_loss: bool,
    wait_seconds: float = 0,
    dropped: Collection[str] = (),
) -> PreviewResult:
    """Preview a stack and write the report, also where the engine refuses."""
    events, refused = events_of(stack, refresh=refresh, wait_seconds=wait_seconds)
    found = changes.read(events)
    if refused and not found.errors:
        found.errors += refused
    written = report.report(
        stack.name, found, region=region_of(found), allow_data_loss=allow_data_loss, dropped=dropped
    )
    return PreviewResult(changes=found, report=written)


def events_of(stack: Stack, *, refresh: bool, wait_seconds: float = 0) -> tuple[list[Any], list[str]]:
    """Preview a stack; return the engine's events, and why it refused, if it did."""
    events: list[Any] = []
    refused: list[str] = []

    def run() -> None:
        events.clear()
        try:
            stack.preview(events.append, refresh=refresh)
        except auto.ConcurrentUpdateError:
            raise
        except auto.CommandError as error:
            refused.append(without_logins(reason(str(error))))

    operate(f"preview of {stack.name}", run, wait_seconds=wait_seconds)
    return events, refused


def rendered(stack: Stack, what: str, *, refresh: bool) -> tuple[list[Rendered], str]:
    """Return a stack's resources as they would be after a deployment, and the region that they are in.

    Raises:
        SystemExit: the engine refused before it rendered anything.
    """
    events, refused = events_of(stack, refresh=refresh)
    found = changes.read(events)
    if refused and not found.after:
        refuse(what, [(found.errors or refused)[0]])
    return found.after, region_of(found)


def refuse(what: str, refusals: Sequence[str]) -> None:
    """End where there are reasons against a deployment, with a line for each.

    Raises:
        SystemExit: 1; 2 where credentials or the region are wrong.
    """
    if not refusals:
        return
    for one in refusals:
        advice = remedy(one)
        print(f"{what}: {one}{f'. {advice}' if advice else ''}", file=sys.stderr)
    raise SystemExit(USAGE if any(map(remedy, refusals)) else 1)


def region_of(found: changes.Changes) -> str:
    """Return the AWS region that a stack is deployed to."""
    return found.settings.get("aws:region") or os.environ.get("AWS_REGION", DEFAULT_REGION)
