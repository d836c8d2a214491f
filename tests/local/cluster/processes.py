"""What runs and listens on this machine, as /proc tells."""

from pathlib import Path

LISTENING = "0A"
"""https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt."""


def descendants(pid: int) -> set[int]:
    """Find the children of a process, theirs, and so on."""
    children = {
        int(number)
        for listed in Path(f"/proc/{pid}/task").glob("*/children")
        for number in listed.read_text().split()
    }
    return children.union(*map(descendants, children))


def command_line(pid: int) -> str:
    """Give the command line of a process; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
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
