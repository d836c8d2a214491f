"""A base image made from Debian's packages: it stands in for `python:<version>-slim-<release>`.

It holds Debian's own Python with venv, and trusts the certificate authorities that this machine trusts.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws import cache, programs
from embedded_aws.docker_daemon.errors import DaemonError

if TYPE_CHECKING:
    from embedded_aws.docker_daemon.client import Client

NAME = "embedded-aws/python-base"
_PACKAGES = ("ca-certificates", "python3", "python3-venv")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_UV_SETTINGS = "system-certs = true\n"  # https://docs.astral.sh/uv/concepts/authentication/certificates/
_EMPTIED = ("var/cache/apt", "var/lib/apt/lists", "var/log", "usr/share/doc", "usr/share/man")


def base_image(client: Client) -> str:
    """Import the base image into a daemon and return its name; made once (about a minute), then cached.

    Raises:
        DaemonError: It cannot be made; debootstrap's last lines.
    """
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    trusted = _CERTIFICATES.read_bytes() if _CERTIFICATES.exists() else b""
    ingredients = [release, platform.machine(), *_PACKAGES, *_EMPTIED, hashlib.sha256(trusted).hexdigest()]
    archive = cache.made("base-image", ingredients, lambda folder: _make(folder, release)) / "rootfs.tar"
    name = f"{NAME}:{release}"
    changes = ["--change", "ENV LANG=C.UTF-8", "--change", 'CMD ["python3"]']
    client.output("import", *changes, str(archive), name)
    return name


def _make(folder: Path, release: str) -> None:
    program = programs.find("debootstrap")
    if program is None:
        raise DaemonError(programs.not_installed("debootstrap"))
    if not release:
        raise DaemonError("debootstrap needs the code name of a Debian release, which /etc/os-release lacks")
    root = folder / "rootfs"
    command = [program, "--variant=minbase", f"--include={','.join(_PACKAGES)}", release, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        log_tail = "\n".join(done.stdout.splitlines()[-5:])
        raise DaemonError(f"debootstrap failed; its last lines:\n{log_tail}")
    _empty(root)
    if _CERTIFICATES.exists():
        shutil.copy(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
    (root / "etc/uv").mkdir()
    (root / "etc/uv/uv.toml").write_text(_UV_SETTINGS)
    subprocess.run(["tar", "-C", str(root), "-cf", str(folder / "rootfs.tar"), "."], check=True)
    shutil.rmtree(root)


def _empty(root: Path) -> None:
    for name in _EMPTIED:
        for path in (root / name).iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
