"""The commit that an image is made from."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..image_contract import CONTEXT_FOLDERS

LABEL: Final = "org.opencontainers.image.revision"
"""The image's label with that commit: https://github.com/opencontainers/image-spec/blob/main/annotations.md."""


class UnknownRevisionError(ValueError):
    """No one commit has what is in the folder; the message says why."""


def revision(project: Path, folders: Sequence[str] = CONTEXT_FOLDERS) -> str:
    """Return the last commit that changed what the image is made from.

    A commit that changes other files does not count, so that it deploys no new image.

    Args:
        project: a folder of the repository.
        folders: those folders in it that the image is made from.

    Raises:
        UnknownRevisionError: no repository, a shallow clone, or changes that are not committed.
    """
    if _git(project, "rev-parse", "--is-shallow-repository") != "false":
        raise UnknownRevisionError(
            "the clone is shallow; check the sources out with all commits (fetch-depth: 0)"
        )
    if changed := _git(project, "status", "--porcelain", "--", *folders):
        raise UnknownRevisionError(
            f"what the image is made from has changes that are not committed:\n{changed}"
        )
    return _git(project, "log", "-1", "--format=%H", "--", *folders)


def _git(project: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *words], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise UnknownRevisionError("there is no git on PATH") from None
    if done.returncode:
        raise UnknownRevisionError(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()
