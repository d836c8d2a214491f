"""A registry on loopback for the length of a test, as a stand-in for ECR.

Source: https://distribution.github.io/distribution/about/configuration/
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import bcrypt
import requests

from embedded_aws import programs
from embedded_aws.docker_daemon.errors import DaemonError

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_aws.docker_daemon.client import Login

_START_SECONDS = 30
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class Registry:
    """A running registry.

    Attributes:
        host: its address and port.
        login: who may use it.
        folder: its data and log.
        process: the registry itself.
    """

    host: str
    login: Login
    folder: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, login: Login, address: str = "127.0.0.1", port: int | None = None) -> Self:
        """Start a registry that keeps its data in the new `folder`, without TLS, on a loopback address.

        Raises:
            DaemonError: It is not installed or does not start; its log.
        """
        program = programs.find("docker-registry")
        if program is None:
            raise DaemonError(programs.not_installed("docker-registry"))
        folder.mkdir()
        host = f"{address}:{port or _free_port(address)}"
        hashed = bcrypt.hashpw(login.password.encode(), bcrypt.gensalt()).decode()
        (folder / "users").write_text(f"{login.user}:{hashed}\n")
        settings = {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
            "http": {"addr": host},
            "auth": {"htpasswd": {"realm": "registry", "path": str(folder / "users")}},
        }
        (folder / "config.yml").write_text(json.dumps(settings))  # JSON is YAML
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
        registry = cls(host, login, folder, process)
        registry._wait()
        return registry

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()

    def manifest(self, repository: str, reference: str) -> dict[str, Any]:
        """Return the manifest of a tag or digest, with the size of each layer as it is pulled, in bytes."""
        answer = self._get(f"{repository}/manifests/{reference}")
        answer.raise_for_status()
        return answer.json()

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a layer as it is pulled, or an image's configuration."""
        answer = self._get(f"{repository}/blobs/{digest}")
        answer.raise_for_status()
        return answer.content

    def _get(self, path: str) -> requests.Response:
        login = (self.login.user, self.login.password)
        headers = {"Accept": _MANIFEST}
        return requests.get(f"http://{self.host}/v2/{path}", auth=login, headers=headers, timeout=60)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._get("").raise_for_status()
            except requests.ConnectionError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    log_tail = (self.folder / "log").read_text()
                    raise DaemonError(f"docker-registry does not start:\n{log_tail}") from error
                time.sleep(0.1)
            else:
                return


def _free_port(address: str) -> int:
    with socket.socket() as listener:
        listener.bind((address, 0))
        return int(listener.getsockname()[1])
