"""What this machine lets its user do. On the standard library alone, since it is asked before an install."""

import os
import re
import sys
from pathlib import Path

_CAP_SYS_ADMIN = 21
"""https://man7.org/linux/man-pages/man7/capabilities.7.html"""


def why_no_daemon() -> str | None:
    """Say in one line why no Docker daemon of one's own can run here; None where one should."""
    if sys.platform != "linux":
        return f"a Docker daemon of one's own needs Linux; this is {sys.platform}"
    if os.geteuid() != 0:
        return "a Docker daemon of one's own needs root"
    capabilities = re.search(r"^CapEff:\s*(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    if capabilities and not int(capabilities[1], 16) >> _CAP_SYS_ADMIN & 1:
        return "a Docker daemon of one's own needs to mount file systems (CAP_SYS_ADMIN)"
    return None


def why_no_memory_limits(status: Path = Path("/proc/self/status")) -> str | None:
    """Say in one line why tasks cannot be held to their memory here; None where they can."""
    if status.exists() and re.search(r"^VmRSS:", status.read_text(), re.MULTILINE):
        return None
    return f"tasks can use more memory than theirs here: {status} does not show what a process uses"
