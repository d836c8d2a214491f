"""What runs and listens on this machine, as /proc tells; a process may end while one looks."""

from pathlib import Path

LISTENING = "0A"
"""https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt."""


def descendants(pid: int) -> set[int]:
    """Find the children of a process, theirs, and so on."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return set()
    children = {int(number) for task in tasks for number in content(task / "children").split()}
    return children.union(*map(descendants, children))


def command_line(pid: int) -> str:
    """Give the command line of a process; empty when it has ended."""
    return content(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")


def content(path: Path) -> str:
    """Give the text of a file in /proc; empty when its process has ended."""
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def mentioning(text: str) -> dict[int, str]:
    """Find the processes whose command line holds a text: id and command line."""
    found = {int(folder.name): command_line(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    return {pid: line for pid, line in found.items() if text in line}


def listening() -> set[tuple[str, int]]:
    """Find the address and port of every IPv4 socket that listens."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {_address(columns[1]) for columns in lines if columns[3] == LISTENING}


def _address(written: str) -> tuple[str, int]:
    host, port = written.split(":")
    return ".".join(str(part) for part in reversed(bytes.fromhex(host))), int(port, 16)
