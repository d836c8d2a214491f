"""Real changes whose reports are kept under docs/preview-reports/.

To write them again: AIRFLOW_ECS_KEEP_EXAMPLES=1 .venv/bin/python -m pytest tests/engine -k reported
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.bench import PROJECT


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of a deployed stack.

    Attributes:
        variant: the image that it deploys.
        options: what the command is told beside the stack.
    """

    name: str
    stack: str
    variant: str = "good"
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    options: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        """Where its report is kept."""
        return PROJECT / "docs" / "preview-reports" / f"{self.name}.md"


CHANGES = (
    Change(name="nothing", stack="prod", options=("--expect-no-changes",)),
    Change(name="image", stack="prod", variant="better"),
    Change(name="workers", stack="prod", settings={"workerCount": '"4"', "workerMemoryMib": '"4096"'}),
    Change(
        name="database",
        stack="prod",
        settings={"databaseInstanceClass": "db.t4g.medium", "databaseStorageGib": '"50"'},
    ),
)


def masked(report: str) -> str:
    """Number the digests, which each machine makes again."""
    digests = list(dict.fromkeys(re.findall(r"sha256:[0-9a-f]{64}", report)))
    for number, digest in enumerate(digests, start=1):
        report = report.replace(digest, f"sha256:{number}")
    return report


def keep(change: Change, report: str) -> None:
    """Write a report where the examples are kept, if that was asked for."""
    if os.environ.get("AIRFLOW_ECS_KEEP_EXAMPLES"):
        change.file.write_text(report)
