"""`airflow-ecs diagram`: the stack as a Mermaid diagram."""

import argparse
import sys
from pathlib import Path
from typing import Any

from operations import changes
from operations.mermaid import render
from operations.preview import events_of
from operations.workspace import select


def add(commands: Any) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("diagram", help="render the stack as a Mermaid diagram")
    command.add_argument("--out", type=Path, help="file to write; default: print to stdout")
    command.add_argument("--refresh", action="store_true", help="refresh the state from AWS first")
    command.set_defaults(action=diagram)


def diagram(chosen: argparse.Namespace) -> None:
    """Render a stack as it would be after a deployment."""
    events, refused = events_of(select(chosen.stack, chosen.workspace), chosen, wait_seconds=0)
    found = changes.read(events).after
    if refused and not found:
        sys.exit(f"diagram of {chosen.stack}: {refused[-1]}")
    text = render(found)
    if chosen.out:
        chosen.out.write_text(text)
    else:
        sys.stdout.write(text)
