"""What a cluster on this machine leaves behind, in one disposable folder."""

import contextlib
import json
import re
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class State:
    """The folder and what is in it.

    Attributes:
        project: the folder of the project whose cluster it is.
    """

    project: Path

    @property
    def root(self) -> Path:
        """The folder."""
        return self.project / ".local"

    @property
    def lock(self) -> Path:
        """Locked by the command that runs."""
        return self.root / "lock"

    @property
    def account(self) -> Path:
        """The home of the embedded account."""
        return self.root / "aws"

    @property
    def backend(self) -> Path:
        """Pulumi's state of the stack."""
        return self.root / "pulumi"

    @property
    def workspace(self) -> Path:
        """The project and stack files that `pulumi` runs with."""
        return self.root / "workspace"

    @property
    def unsure(self) -> Path:
        """Is there while Pulumi's state may differ from what the account has, which died."""
        return self.root / "unsure"

    @property
    def environment_file(self) -> Path:
        """Shell lines that set the variables of `pulumi` and of AWS clients."""
        return self.root / "env"

    @property
    def has_stack(self) -> bool:
        """Whether Pulumi's state of the stack is there, with what decrypts it."""
        return self.backend.exists() and self._passphrase.exists()

    @property
    def stale_locks(self) -> bool:
        """Whether a `pulumi` that was killed left its lock of the stack, and none that runs has one."""
        locks = [*(self.backend / ".pulumi" / "locks").rglob("*.json")]
        return bool(locks) and not any(map(_is_held, locks))

    def clear(self) -> None:
        """Remove the account and Pulumi's state of it."""
        for folder in (self.workspace, self.backend, self.account):
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """Remove the folder, the lock last: who waits for it finds nothing of before."""
        for path in self.root.iterdir() if self.root.exists() else ():
            if path == self.lock:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        self.lock.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # another command has just begun
            self.root.rmdir()

    def pulumi_variables(self) -> dict[str, str]:
        """Return the variables of Pulumi's backend, made with its passphrase where they are missing."""
        self.backend.mkdir(parents=True, exist_ok=True)
        if not self._passphrase.exists():
            self._passphrase.touch(mode=0o600)
            self._passphrase.write_text(secrets.token_hex(16))
        return {
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase),
        }

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Write the variables for this user's shells only: an access key is among them."""
        lines = (f"export {name}='{value}'\n" for name, value in sorted(environment.items()))
        self.environment_file.touch(mode=0o600)
        self.environment_file.chmod(0o600)
        self.environment_file.write_text("".join(lines))

    def read_environment(self) -> dict[str, str]:
        """Return the variables that were written."""
        return dict(re.findall(r"^export (\w+)='(.*)'$", self.environment_file.read_text(), re.MULTILINE))

    def write_phases(self, seconds: Mapping[str, float]) -> None:
        """Keep how long the phases of `up` took."""
        self.root.mkdir(exist_ok=True)
        self._phases.write_text(json.dumps(seconds, indent=1))

    def read_phases(self) -> dict[str, float]:
        """Return what was kept of the phases."""
        return json.loads(self._phases.read_text()) if self._phases.exists() else {}

    @property
    def _passphrase(self) -> Path:
        return self.root / "passphrase"

    @property
    def _phases(self) -> Path:
        return self.root / "phases.json"


def _is_held(lock: Path) -> bool:
    """Whether the `pulumi` that wrote a lock still runs on this machine.

    Its content: https://github.com/pulumi/pulumi/blob/v3.200.0/pkg/backend/diy/lock.go#L37
    """
    try:
        content = json.loads(lock.read_text())
        program = Path(f"/proc/{content['pid']}/exe").readlink().name
    except (OSError, ValueError, KeyError, TypeError):  # it has ended, perhaps while it wrote
        return False
    return "pulumi" in program and content.get("hostname") == socket.gethostname()
