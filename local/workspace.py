"""A Pulumi workspace beside a project: a stack's salt and settings never touch the project's own files."""

import re
from pathlib import Path


def write(folder: Path, project: Path, stack: str, settings: str) -> None:
    """Write a workspace whose program is the project's.

    Args:
        folder: where to write `Pulumi.yaml` and `Pulumi.<stack>.yaml`; an existing salt is kept.
        project: the folder of the project.
        stack: the stack's name.
        settings: the text of the stack's file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    declared = (project / "Pulumi.yaml").read_text()
    virtualenv = re.search(r"virtualenv: (\S+)", declared)
    if virtualenv is None:
        raise ValueError(
            f"{project / 'Pulumi.yaml'} names no virtualenv for its program; add runtime.options.virtualenv"
        )
    # Absolute: the engine resolves it against the workspace, and dynamic providers against the program.
    declared = declared.replace(virtualenv[0], f"virtualenv: {project / virtualenv[1]}")
    (folder / "Pulumi.yaml").write_text(f"main: {project}\n{declared}")
    stack_file = folder / f"Pulumi.{stack}.yaml"
    (stack_file).write_text(settings + _salt(stack_file))


def _salt(stack_file: Path) -> str:
    if not stack_file.exists():
        return ""
    return "".join(
        f"{line}\n" for line in stack_file.read_text().splitlines() if line.startswith("encryptionsalt:")
    )
