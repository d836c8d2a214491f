"""Whether production's image is made from what is checked out, with a stand-in for ECR.

Not proved: that ECR answers as its documentation says.
"""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from tests.cli import pulumi
from tests.cli.command import airflow_ecs

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/airflow-dev"


def _blob(content: Any) -> tuple[str, bytes]:
    raw = json.dumps(content).encode()
    return f"sha256:{hashlib.sha256(raw).hexdigest()}", raw


class Ecr(BaseHTTPRequestHandler):
    """Gives manifests and layers by digest."""

    held: ClassVar[dict[str, bytes]] = {}

    def do_POST(self) -> None:
        """Answer BatchGetImage and GetDownloadUrlForLayer."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        address = f"http://{self.headers['Host']}"
        if self.headers["X-Amz-Target"].endswith("GetDownloadUrlForLayer"):
            self._answer(json.dumps({"downloadUrl": f"{address}/{asked['layerDigest']}"}).encode())
            return
        digest = asked["imageIds"][0]["imageDigest"]
        missing = {"imageId": {"imageDigest": digest}, "failureReason": "Requested image not found"}
        images = [{"imageManifest": self.held[digest].decode()}] if digest in self.held else []
        self._answer(json.dumps({"images": images, "failures": [] if images else [missing]}).encode())

    def do_GET(self) -> None:
        """Give a layer."""
        self._answer(self.held[self.path[1:]])

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def ecr(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """Serve an empty registry."""
    Ecr.held = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ecr)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield Ecr.held
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a `pulumi` that knows the stack, and return its folder."""
    monkeypatch.setenv("PATH", str(pulumi.install(tmp_path / "bin", "prod")), prepend=":")
    return tmp_path / "bin"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a repository with what an image is made from, and a later commit of something else."""
    root = tmp_path / "project"
    for folder, message in (("dags", "image"), ("docs", "other")):
        (root / folder).mkdir(parents=True)
        (root / folder / "one").write_text(message)
        if folder == "dags":
            (root / "Pulumi.yaml").touch()
            _git(root, "init", "--quiet")
        _git(root, "add", "--all")
        who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        _git(root, *who, "commit", "--quiet", "--message", message)
    return root


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _push(held: dict[str, bytes], labels: dict[str, str], *, several: bool = False) -> str:
    """Push an image, beside an attestation where it is one of several; give its address."""
    config, raw = _blob({"config": {"Labels": labels}})
    held[config] = raw
    digest, held_ = _blob({"config": {"digest": config}, "layers": []})
    held[digest] = held_
    if several:
        platforms = [("sha256:" + "0" * 64, "unknown"), (digest, "linux")]
        digest, held_ = _blob(
            {"manifests": [{"digest": one, "platform": {"os": os}} for one, os in platforms]}
        )
        held[digest] = held_
    return f"{REGISTRY}@{digest}"


def _check(image: str, project: Path) -> subprocess.CompletedProcess[str]:
    return airflow_ecs("check-image", image, "--stack", "prod", "--workspace", str(project))


@pytest.mark.parametrize("several", [False, True])
def test_an_image_of_this_commit_passes(ecr: dict[str, bytes], project: Path, several: bool) -> None:  # noqa: FBT001
    """The last commit that changed what it is made from, as its label says."""
    commit = _git(project, "log", "-1", "--format=%H", "--", "dags")
    assert commit != _git(project, "rev-parse", "HEAD")
    image = _push(ecr, {"org.opencontainers.image.revision": commit}, several=several)
    done = _check(image, project)
    assert (done.returncode, done.stdout) == (0, f"{image} is made from {commit}\n"), done.stderr


def test_an_image_of_the_same_sources_passes(ecr: dict[str, bytes], project: Path) -> None:
    """After a revert the image that is there is deployed: its label names the commit that held it first."""
    first = _git(project, "log", "-1", "--format=%H", "--", "dags")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    (project / "dags" / "one").write_text("another")
    _git(project, *who, "commit", "--quiet", "--all", "--message", "change")
    image = _push(ecr, {"org.opencontainers.image.revision": first})
    assert _check(image, project).returncode == 1
    _git(project, *who, "revert", "--no-edit", "HEAD")
    assert _git(project, "log", "-1", "--format=%H", "--", "dags") != first
    done = _check(image, project)
    assert (done.returncode, done.stdout) == (0, f"{image} is made from {first}\n"), done.stderr


def test_dags_that_are_not_part_of_the_image_may_differ(
    ecr: dict[str, bytes], project: Path, configuration: Path
) -> None:
    """Where the stack has them as versions in a bucket; what the image is made from may not."""
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    (project / "docker").mkdir()
    for folder in ("docker", "dags"):
        (project / folder / "one").write_text("changed")
        _git(project, "add", "--all")
        _git(project, *who, "commit", "--quiet", "--message", folder)
    commit = _git(project, "log", "-1", "--format=%H", "--", "docker")
    image = _push(ecr, {"org.opencontainers.image.revision": commit})
    assert _check(image, project).returncode == 1
    pulumi.install(configuration, "prod", configuration={"airflow-ecs:dagSource": "bundle"})
    done = _check(image, project)
    assert done.returncode == 0, done.stderr
    (project / "docker" / "one").write_text("again")
    _git(project, *who, "commit", "--quiet", "--all", "--message", "again")
    assert _check(image, project).returncode == 1


@pytest.mark.parametrize("labels", [{"org.opencontainers.image.revision": "0" * 40}, {}])
def test_another_image_is_refused(ecr: dict[str, bytes], project: Path, labels: dict[str, str]) -> None:
    """Whatever a stack's state says."""
    done = _check(_push(ecr, labels), project)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"commit {'0' * 40 if labels else '(none is named)'}" in line


def test_a_forged_label_is_refused(ecr: dict[str, bytes], project: Path) -> None:
    """What the registry gives must be what the digests say."""
    commit = _git(project, "log", "-1", "--format=%H", "--", "dags")
    image = _push(ecr, {})
    config = json.loads(ecr[image.partition("@")[2]])["config"]["digest"]
    ecr[config] = json.dumps({"config": {"Labels": {"org.opencontainers.image.revision": commit}}}).encode()
    done = _check(image, project)
    assert done.returncode == 1
    assert f"for {config}" in done.stderr


def test_what_cannot_be_compared_is_refused(ecr: dict[str, bytes], project: Path, tmp_path: Path) -> None:
    """An image that is not there, another registry's, a shallow clone, changes that are not committed."""
    assert "Requested image not found" in _check(f"{REGISTRY}@sha256:{'1' * 64}", project).stderr
    assert "it must be ACCOUNT.dkr.ecr" in _check("docker.io/airflow:1", project).stderr
    shallow = tmp_path / "shallow"
    _git(tmp_path, "clone", "--quiet", "--depth", "1", project.as_uri(), str(shallow))
    assert "the clone is shallow" in _check(_push(ecr, {}), shallow).stderr
    (project / "dags" / "one").write_text("changed")
    assert "not committed" in _check(_push(ecr, {}), project).stderr


def test_the_registry_is_read_with_the_stacks_identity(
    ecr: dict[str, bytes], project: Path, configuration: Path
) -> None:
    """That of the stack's file, as for Pulumi's AWS provider, not the environment's."""
    pulumi.install(configuration, "prod", configuration={"aws:profile": "nowhere"})
    assert "The config profile (nowhere) could not be found" in _check(_push(ecr, {}), project).stderr
