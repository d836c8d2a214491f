"""An account, an engine, and the stacks that tests make with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation as auto

from local import workspace

PROJECT = Path(__file__).resolve().parents[2]
STATE_AT_THE_END = {"PULUMI_SKIP_CHECKPOINTS": "true"}
"""No state is written after each step; what kills an `up` runs `pulumi` itself, without this.

https://github.com/pulumi/pulumi/issues/10668
"""


@dataclass(frozen=True)
class Bench:
    """An account, an engine, and the images that can be deployed."""

    home: Path
    environment: Mapping[str, str]
    images: Mapping[str, str]

    def stack(
        self, name: str, settings: Mapping[str, str], *, project: Path = PROJECT, base: str = ""
    ) -> auto.Stack:
        """Select a stack whose workspace lies beside the project, making it where it is missing.

        Args:
            name: the stack's name.
            settings: keys with their values, as in a stack's file, namespace included. Unless they say so, an
                update watches no healthy service.
            project: the program's folder.
            base: text of a stack file that the settings come after.
        """
        if project == PROJECT:
            settings = {"airflow-ecs:rolloutSettlingSeconds": '"0"', **settings}
        folder = self.home / "workspaces" / f"{project.name}-{name}"
        kept = [line for line in base.splitlines() if line.strip().split(": ")[0] not in settings]
        lines = [*(kept or ["config:"]), *(f"  {key}: {value}" for key, value in settings.items())]
        workspace.write(folder, project, name, "\n".join(lines) + "\n")
        options = auto.LocalWorkspaceOptions(env_vars={**self.environment, **STATE_AT_THE_END})
        return auto.create_or_select_stack(name, work_dir=str(folder), opts=options)

    def state_file(self, name: str, project: str = "airflow-ecs") -> str:
        """Read what the backend keeps of a stack."""
        return (self.home / "state" / ".pulumi" / "stacks" / project / f"{name}.json").read_text()
