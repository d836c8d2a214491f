"""Pushes the DAGs whenever a file of them is saved."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from components.model.dag_sources.dag_archive import DagArchiveError
from components.model.image_contract import DAG_FOLDER, files_of

PAUSE_SECONDS: Final = 0.3
"""Between two looks; what stayed as it was for one of them is saved."""
State = Mapping[Path, tuple[int, int]]


def watch(project: Path, push: Callable[[], None]) -> NoReturn:
    """Push now, and after each change until somebody ends it. What is refused is printed, and may be mended.

    Args:
        project: the folder with dags/.
        push: pushes what is there, once.
    """
    pushed: State | None = None
    before = _state(project)
    while True:
        now = _state(project)
        if now == before and now != pushed:
            _try(push)
            pushed = now
            _print("waiting for a change; Ctrl-C ends it")
        before = now
        time.sleep(PAUSE_SECONDS)


def _try(push: Callable[[], None]) -> None:
    try:
        push()
    except DagArchiveError as error:
        _print(str(error))
    except SystemExit as refused:
        _print(str(refused.code))
    sys.stdout.flush()


def _state(project: Path) -> State:
    """Describe the files by size and time of change."""
    found: dict[Path, tuple[int, int]] = {}
    for file in files_of(project, [DAG_FOLDER]):
        try:
            stat = file.stat()
        except FileNotFoundError:  # an editor replaces it just now
            continue
        found[file] = (stat.st_mtime_ns, stat.st_size)
    return found


def _print(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
