# ruff: noqa: INP001 - Airflow reads the folder, it is no package
"""For the image's tests: what code of a DAG sees of environments, in the ways that careless authors look."""

import os
import subprocess
import time
from pathlib import Path

KEPT = Path("/opt/airflow/run")
"""Where the image keeps the keys."""
LEFT = Path("/tmp")  # noqa: S108 - a name inside the container
"""Where a dump is left for the test: no log masks it there."""


def dump() -> str:
    """Give the environments of this process, of a program it starts, and of all that it may look into."""
    started = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    found = [repr(dict(os.environ)), started]
    for name in ("environ", "cmdline"):
        for path in Path("/proc").glob(f"[0-9]*/{name}"):
            try:
                found.append(f"{path}\n" + path.read_bytes().replace(b"\0", b"\n").decode(errors="replace"))
            except OSError as error:
                found.append(f"{path}: {error.strerror}")
    return "\n".join(found)


def look(place: str) -> None:
    """Leave a dump in a file, and in the log."""
    text = dump()
    fresh = LEFT / f"{place}.new"
    fresh.write_text(f"{time.time()}\n{text}\n")
    fresh.rename(LEFT / f"{place}.dump")
    print(text)  # noqa: T201 - into the log, as authors do


def kept() -> str:
    """Read the keys on purpose."""
    return "\n".join(path.read_text() for kind in ("cfg", "json", "pem") for path in KEPT.glob(f"*.{kind}"))
