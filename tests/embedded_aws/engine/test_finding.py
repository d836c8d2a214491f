"""The engine on PATH is used where it can have its plugins; elsewhere one is built, once."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import platform
import re
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedded_aws import cache, images
from embedded_aws.engine import EngineError, build, download, environment, official, plugins, versions

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", official.search_path())  # without the engine of tests that ran before
    monkeypatch.setenv("EMBEDDED_AWS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TERRAFORM_AWS_PROVIDER", "/bin/true")
    monkeypatch.delenv("EMBEDDED_AWS_ENGINE", raising=False)
    monkeypatch.setattr(official, "_PROBE", "http://127.0.0.1:1/")
    monkeypatch.setattr(download, "_RELEASES", "http://127.0.0.1:1")


def install(folder: Path, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `pulumi` on PATH that has these plugins."""
    folder.mkdir(parents=True, exist_ok=True)
    listing = json.dumps([{"name": name, "version": version} for name, version in installed.items()])
    pulumi = folder / "pulumi"
    pulumi.write_text(f"#!/bin/sh\n[ \"$*\" = 'plugin ls --json' ] && echo '{listing}'\n")
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return pulumi


def test_plugin_versions_are_those_of_the_installed_sdks() -> None:
    """The versions are read, not typed."""
    assert versions.plugins()["aws"] == metadata.version("pulumi-aws")


def test_a_pulumi_with_its_plugins_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs nothing but a `docker` that builds for the embedded account."""
    pulumi = install(tmp_path / "bin", versions.plugins(), monkeypatch)
    assert official.find() == pulumi
    settings = environment()
    assert settings.keys() == {"PATH"}
    first = settings["PATH"].split(":")[0]
    assert os.listdir(first) == ["docker"]  # noqa: PTH208 - names alone


def test_a_pulumi_that_lacks_a_plugin_is_not_used_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin of another version is no plugin."""
    install(tmp_path / "bin", versions.plugins() | {"aws": "7.0.0"}, monkeypatch)
    assert official.find() is None


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Pulumi's release of the SDK's version, served on loopback; its folder."""
    version = metadata.version("pulumi")
    install(tmp_path / "content" / "pulumi", versions.plugins(), monkeypatch)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    folder = tmp_path / "releases" / f"v{version}"
    folder.mkdir(parents=True)
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    archive = folder / f"pulumi-v{version}-linux-{machine}.tar.gz"
    owner = ["--owner=builder:4321", "--group=builder:4321"]
    subprocess.run(["tar", "-czf", archive, *owner, "-C", tmp_path / "content", "pulumi"], check=True)
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    (folder / f"pulumi-{version}-checksums.txt").write_text(
        f"{'0' * 64}  other\n{checksum}  {archive.name}\n"
    )
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "releases"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(download, "_RELEASES", f"http://127.0.0.1:{server.server_port}")
        yield folder
        server.shutdown()


def test_without_a_pulumi_the_official_one_is_downloaded(release: Path) -> None:
    """Once: the next time it needs no network. Not proved: that Pulumi's own release has this form.

    It belongs to this user, whoever packed it; only root could get it wrong.
    """
    variables = environment()
    assert variables.keys() == {"PATH"}
    found = shutil.which("pulumi", path=variables["PATH"])
    assert found is not None
    assert Path(found).is_relative_to(cache.folder())
    assert Path(found).stat().st_uid == os.geteuid()
    shutil.rmtree(release)
    assert environment() == variables


def test_a_download_with_another_checksum_is_refused(release: Path) -> None:
    """With both checksums; nothing of it is kept, and nothing is built instead."""
    (archive,) = release.glob("*.tar.gz")
    archive.write_bytes(archive.read_bytes() + b"x")
    for _ in range(2):
        with pytest.raises(
            EngineError, match=r"the SHA-256 of .*tar.gz is \w{64}, and Pulumi publishes \w{64}"
        ):
            environment()


@pytest.mark.parametrize("missing", ["*", "*.tar.gz"])
def test_without_a_download_one_is_built(
    missing: str, release: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a line that has the reason; where it cannot be built either, there is one with what to do."""
    for file in release.glob(missing):
        file.unlink()
    with pytest.raises(EngineError, match="no `go` to build one: install Go"):
        environment()
    monkeypatch.setattr(build, "binaries", lambda: release)
    assert str(release) in environment()["PATH"].split(":")
    printed = capsys.readouterr().err
    assert "no `pulumi` on PATH, and it cannot be downloaded (http://127.0.0.1:" in printed
    assert "not found): using one that is built here" in printed.lower()


def test_the_engine_never_finds_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its settings were exported, the built `pulumi` on PATH is not taken for an official one."""
    install(cache.folder() / "bin-1", versions.plugins(), monkeypatch)
    assert official.find() is None
    assert str(cache.folder()) not in official.search_path()


def test_the_choice_can_be_made_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EMBEDDED_AWS_ENGINE decides, and a misspelt one is refused."""
    pulumi = install(tmp_path / "bin", {}, monkeypatch)
    monkeypatch.setenv("EMBEDDED_AWS_ENGINE", "official")
    assert official.find() == pulumi
    monkeypatch.setenv("EMBEDDED_AWS_ENGINE", "build")
    assert official.find() is None
    monkeypatch.setenv("EMBEDDED_AWS_ENGINE", "offical")
    with pytest.raises(EngineError, match="'offical': use official, build, or nothing"):
        official.find()


def test_without_go_one_line_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no trace, only the two ways out."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="no `go` to build one: install Go"):
        build.binaries()


def test_plugins_are_laid_out_in_the_versions_the_sdks_ask_for() -> None:
    """The engine finds each as an executable, started with its version; a second call changes nothing."""
    home = plugins.home()
    for name, version in versions.plugins().items():
        script = home / f"plugins/resource-{name}-v{version}/pulumi-resource-{name}"
        assert os.access(script, os.X_OK)
        assert f" {version} " in script.read_text()
    assert plugins.home() == home


def test_the_newest_terraform_provider_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions are compared as numbers."""
    monkeypatch.delenv("TERRAFORM_AWS_PROVIDER")
    monkeypatch.setenv("HOME", str(tmp_path))
    for version in ("998.9.0", "999.10.0", "999.9.0"):
        path = tmp_path / f".terraform.d/plugins/registry.terraform.io/hashicorp/aws/{version}"
        path /= plugins.terraform_platform()
        path.mkdir(parents=True)
        (path / f"terraform-provider-aws_v{version}").touch()
    assert plugins.terraform_provider().name == "terraform-provider-aws_v999.10.0"


def test_a_half_made_folder_is_made_again() -> None:
    """What failed is never taken for whole; what is whole is never made again."""

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise EngineError("no")

    with pytest.raises(EngineError, match="no"):
        cache.made("x", ["a"], fail)
    made = cache.made("x", ["a"], lambda folder: (folder / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]
    assert cache.made("x", ["a"], fail) == made


def test_a_cache_in_the_home_folder_is_one_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` is expanded for programs and images alike."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EMBEDDED_AWS_CACHE", "~/mine")
    assert cache.folder() == tmp_path / "mine" / "engine"
    assert images.store().root == tmp_path / "mine" / "images"


@pytest.mark.parametrize(
    ("command", "module", "version"),
    [
        ("pulumi", "github.com/pulumi/pulumi/pkg/v3", versions.CLI),
        ("pulumi-language-python", "github.com/pulumi/pulumi/sdk/v3", versions.LANGUAGE_HOST),
    ],
)
def test_modules_are_those_whose_hashes_are_known(command: str, module: str, version: str) -> None:
    """Of the versions that are wanted, each with its hash; Go takes no other (`-mod=readonly`).

    Not proved: that Go refuses a module with another hash, which its reference says.
    """
    folder = build.MODULES / command
    required = re.compile(r"^\s*(?:require )?(\S+\.\S+/\S+) (v\S+)", re.MULTILINE)
    wanted = required.findall((folder / "go.mod").read_text())
    known = (folder / "go.sum").read_text()
    assert (module, version) in wanted
    assert f"go {versions.GO}" in (folder / "go.mod").read_text()
    assert [one for one in wanted if f"{one[0]} {one[1]}/go.mod h1:" not in known] == []
    assert f"{module} {version} h1:" in known
    assert "-mod=readonly" in inspect.getsource(build)
