"""One container without a container engine: the bubblewrap command line that starts it.

A container sees this machine's programs read-only as its base image, with the parts of `/etc` that every
program needs and that hold no secret, the Python that runs this program, an image's own files under `/opt`,
and what is mounted. Everything else of the machine (homes, the rest of `/etc`, `/var`, `/srv`, `/run`, the
real `/tmp`) is absent. It has its own users, processes and host name, and shares the network. That keeps
tests apart; it is no security boundary: inside, every file looks owned by the container's user, because one
user of this machine (whoever runs this) stands behind all of them.

Source: https://github.com/containers/bubblewrap/blob/v0.8.0/bwrap.xml
"""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws import programs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

IMAGE_FOLDER = "/opt"
"""The only folder of a container that belongs to its image; all others are this machine's."""

PYTHON = Path(sys.base_prefix)
"""The Python installation that every container can run."""

DEFAULT_PATH = f"{PYTHON}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH of the base image: `python3` (and `python`, where it has that name) is the one that runs this."""

INIT_NAME = "bwrap"
"""The name of a container's process 1 that is no program of its own, and of any while it is laid out."""

_SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "nix", "sys")
_OWN_FOLDERS = ("/etc", "/var")
"""System folders of the container's own, in memory and read-only: this machine's hold secrets, as
`/etc/shadow`, private keys and what servers keep."""
_SETTINGS = (
    *(
        "alternatives",
        "ca-certificates",
        "ca-certificates.conf",
        "crypto-policies",
        "debian_version",
        "fonts",
    ),
    *(
        "gai.conf",
        "group",
        "host.conf",
        "hosts",
        "java-17-openjdk",
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
    ),
    *(
        "locale.alias",
        "localtime",
        "magic",
        "mime.types",
        "networks",
        "nsswitch.conf",
        "os-release",
        "passwd",
    ),
    *("pki/ca-trust", "pki/tls/certs", "protocols", "resolv.conf", "rpc", "services", "shells", "ssl/certs"),
    *("ssl/openssl.cnf", "terminfo", "timezone"),
)
"""What a container gets of this machine's `/etc`: names, certificates of authorities, where programs are."""
_SCRATCH_FOLDERS = ("/tmp", "/var/tmp", "/run")  # noqa: S108 - names inside the container, on a tmpfs of its own
_REMEDIES = """\
  Debian, Ubuntu: sysctl -w kernel.unprivileged_userns_clone=1 (old kernels)
                  sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04 and later)
  in a container: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
--security-opt systempaths=unconfined ..."""


class SandboxError(RuntimeError):
    """A container cannot be started on this machine, or not in this way; the message names the remedy."""


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A file or folder of this machine, `source`, seen inside at the absolute path `target`."""

    source: Path
    target: str
    read_only: bool = False


def command(
    argv: Sequence[str],
    *,
    root: Path | None,
    mounts: Sequence[Mount] = (),
    read_only_root: bool,
    uid: int,
    gid: int,
    workdir: str,
    hostname: str,
    hosts_file: Path | None = None,
    init: bool = True,
) -> list[str]:
    """Return the command line that runs `argv` in a container; give its environment to `Popen(env=...)`.

    The container dies with the thread that started it (the kernel's parent-death signal), so start it from
    one that lives as long. Killing bwrap kills it at once; to end it gently signal its `main_process`.

    Args:
        argv: Program and arguments, looked up on the PATH of the environment given to Popen.
        root: Folder of the image; its `opt` becomes `/opt`. None: `/opt` is empty.
        mounts: Bound in this order. A target under `/opt` must exist in the image (VOLUME makes it), one
            under another system folder on this machine; other targets are made, and none may hold `..`.
        read_only_root: True: nothing is writable but `/dev` (in memory) and the mounts. False: `/opt` is
            `root/opt` itself, writable, so give a folder of the container's own (see `private_root`), never
            the image's; `/tmp`, `/var/tmp`, `/run` and new folders beside them are writable and gone when the
            container ends; the system folders stay read-only.
        uid: User id inside. Outside it is whoever runs this.
        gid: Group id inside.
        workdir: Absolute path of the working directory.
        hostname: The container's host name.
        hosts_file: Seen as `/etc/hosts`. Rewritten in place (same inode), running containers see the change.
        init: True: process 1 is bwrap's own, as Docker's init process is: it reaps, and keeps the whole
            environment in its /proc/1/environ. False: `argv` is process 1.

    Raises:
        SandboxError: bubblewrap is missing, the kernel refuses user namespaces, or a mount point is missing.
    """
    root_folder = (
        [] if root is None else [Mount(source=root / "opt", target=IMAGE_FOLDER, read_only=read_only_root)]
    )
    hosts = [] if hosts_file is None else [Mount(source=hosts_file, target="/etc/hosts", read_only=True)]
    _require_plain_targets(mounts)
    if root is not None:
        _require_mount_points(root, mounts)
    targets = {mount.target for mount in mounts}
    return [
        *_base(require(), uid, gid, hostname),
        *(() if init else ("--as-pid-1",)),
        *_bind([*root_folder, *python_mounts(), *hosts, *mounts]),
        *_sealed(_OWN_FOLDERS, targets),
        *(_sealed((*_SCRATCH_FOLDERS, "/"), targets) if read_only_root else ()),
        *("--chdir", workdir, "--", *argv),
    ]


def private_root(root: Path, folder: Path) -> Path:
    """Copy the image folder `root` to the new `folder` for a container with a writable root; return that.

    The copy shares blocks where the file system can (btrfs, xfs), else it takes the image's size on disk.
    """
    subprocess.run(["cp", "-a", "--reflink=auto", f"{root}/", str(folder)], check=True)
    return folder


def main_process(pid: int) -> int | None:
    """Return this machine's process id of a container's program, None when it has not started or has ended.

    `pid` is that of the started bwrap. bwrap ends with the program's exit code (128 + n after signal n).
    """
    first = _only_child(pid)
    return _only_child(first) if first is not None and _name(first) == INIT_NAME else first


@functools.cache
def require() -> str:
    """Return the path of bwrap after one trial.

    Raises:
        SandboxError: It is missing or the kernel refuses it.
    """
    program = programs.find("bwrap")
    if program is None:
        raise SandboxError(f"{programs.not_installed('bwrap')} (containers are started with it)")
    trial = subprocess.run(
        [*_base(program, 1, 1, "trial"), "true"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    if trial.returncode != 0:
        raise SandboxError(
            f"bwrap cannot make a container on this machine ({trial.stderr.strip()}). "
            f"It needs user namespaces:\n{_REMEDIES}"
        )
    return program


def _base(program: str, uid: int, gid: int, hostname: str) -> list[str]:
    capabilities = ["--cap-add", "ALL"] if uid == 0 else ["--cap-drop", "ALL"]
    return [
        *(program, "--die-with-parent", "--new-session", "--unshare-user", "--unshare-pid", "--unshare-ipc"),
        *("--uid", str(uid), "--gid", str(gid), "--unshare-uts", "--hostname", hostname, *capabilities),
        *_system_folders(),
        *(word for folder in _OWN_FOLDERS for word in ("--tmpfs", folder)),
        *_settings(),
        *("--proc", "/proc", "--dev", "/dev"),
        *(word for folder in _SCRATCH_FOLDERS for word in ("--perms", "1777", "--tmpfs", folder)),
        *("--dir", IMAGE_FOLDER),
        *_bind(_name_service()),
    ]


def _system_folders() -> list[str]:
    words: list[str] = []
    for folder in (Path("/", name) for name in _SYSTEM_FOLDERS):
        if folder.is_symlink():  # /bin -> usr/bin on merged systems
            words += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            words += ["--ro-bind", str(folder), str(folder)]
    return words


def _settings() -> list[str]:
    words: list[str] = []
    for path in (Path("/etc", name) for name in _SETTINGS):
        if path.is_symlink():  # /etc/localtime -> /usr/share/zoneinfo/...
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            words += ["--ro-bind", str(path), str(path)]
    return words


def _name_service() -> list[Mount]:
    """Return what DNS needs where /etc/resolv.conf points into /run."""
    resolver = Path("/etc/resolv.conf")
    target = resolver.resolve()
    return (
        [Mount(source=target, target=str(target), read_only=True)]
        if target.is_relative_to("/run") and target.is_file()
        else []
    )


def python_mounts() -> list[Mount]:
    """Return the mounts of the Python installation, under its name and under its real path."""
    names = dict.fromkeys([str(PYTHON.resolve()), str(PYTHON)])
    return [
        Mount(source=PYTHON.resolve(), target=name, read_only=True)
        for name in names
        if not name.startswith("/usr")
    ]


def visible(path: Path) -> bool:
    """Return whether every container sees this machine's `path`."""
    return any(path.is_relative_to(Path("/", folder)) for folder in _SYSTEM_FOLDERS)


def _bind(mounts: Iterable[Mount]) -> list[str]:
    return [
        word
        for mount in mounts
        for word in ("--ro-bind" if mount.read_only else "--bind", str(mount.source), mount.target)
    ]


def _sealed(folders: Iterable[str], targets: set[str]) -> list[str]:
    """Make what bubblewrap itself laid out read-only, once every mount point in it exists."""
    return [word for folder in folders if folder not in targets for word in ("--remount-ro", folder)]


def _require_plain_targets(mounts: Sequence[Mount]) -> None:
    """Refuse a target for which bubblewrap would make folders outside of the container."""
    for mount in mounts:
        if not mount.target.startswith("/") or ".." in Path(mount.target).parts:
            raise SandboxError(f"invalid mount path: {mount.target!r} must be absolute, without `..`")


def _require_mount_points(root: Path, mounts: Sequence[Mount]) -> None:
    seen: list[str] = []
    for mount in mounts:
        inside = Path(mount.target).is_relative_to(IMAGE_FOLDER)
        covered = any(Path(mount.target).is_relative_to(other) for other in seen)
        if inside and not covered and not (root / mount.target.lstrip("/")).exists():
            raise SandboxError(
                f"nothing to mount on at {mount.target}: the image has no such folder. "
                f"Add to its Dockerfile: VOLUME {mount.target}"
            )
        seen.append(mount.target)


def _only_child(pid: int) -> int | None:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(children[0]) if children else None


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, ProcessLookupError):
        return INIT_NAME  # it has ended: nobody to signal
