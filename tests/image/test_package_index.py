"""A company's own package index, with a certificate of its own CA, serves the image's packages."""

import io
import os
import ssl
import subprocess
import sys
import tarfile
import threading
import venv
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.image.certificates import Authority

INSTALL = Path(__file__).parents[2] / "docker" / "install"
WHEEL = "inhouse-1.0-py3-none-any.whl"
SOURCE = "source-1.0.tar.gz"
SETUP = b"import os, pathlib; pathlib.Path(os.environ['PROOF']).touch()"
PACKAGE_INFO = b"Metadata-Version: 2.1\nName: source\nVersion: 1.0\n"
UV = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", sys.executable, "--no-cache"]
PIP = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def authority() -> Authority:
    """The company's CA."""
    return Authority.make("a company's CA")


@pytest.fixture(scope="module")
def index(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve an index with one package that is nowhere else."""
    folder = tmp_path_factory.mktemp("index")
    project = folder / "simple" / "inhouse"
    project.mkdir(parents=True)
    (project / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>')
    with zipfile.ZipFile(project / WHEEL, "w") as wheel:
        wheel.writestr("inhouse.py", "")
        metadata = "inhouse-1.0.dist-info"
        wheel.writestr(f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: inhouse\nVersion: 1.0\n")
        wheel.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{metadata}/RECORD", "")
    source = folder / "simple" / "source"
    source.mkdir()
    (source / "index.html").write_text(f'<a href="{SOURCE}">{SOURCE}</a>')
    with tarfile.open(source / SOURCE, "w:gz") as archive:
        for name, content in (("setup.py", SETUP), ("PKG-INFO", PACKAGE_INFO)):
            entry = tarfile.TarInfo(f"source-1.0/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("127.0.0.1", folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/simple/"
    server.shutdown()


def _install(command: list[str], target: Path, **given: str) -> subprocess.CompletedProcess[str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_", "SSL_CERT"))
    }
    return subprocess.run(
        [INSTALL, *command, "--target", target, "inhouse"],
        env={**kept, **given},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", [PIP, UV], ids=["pip", "uv"])
def test_packages_come_from_the_index_and_its_ca_is_trusted(
    command: list[str], index: str, authority: Authority, tmp_path: Path
) -> None:
    """By both installers that the Dockerfile uses."""
    done = _install(command, tmp_path, PACKAGE_INDEX_URL=index, PACKAGE_INDEX_CA_CERTIFICATES=authority.pem())
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "inhouse.py").is_file()


@pytest.mark.parametrize("command", [PIP, UV], ids=["pip", "uv"])
def test_an_unknown_ca_is_not_trusted(command: list[str], index: str, tmp_path: Path) -> None:
    """Whoever serves the packages is who the build was told to trust."""
    done = _install(
        [*command, *(["--retries", "0"] if command is PIP else [])], tmp_path, PACKAGE_INDEX_URL=index
    )
    assert done.returncode != 0
    assert "certificate" in done.stderr.lower() + done.stdout.lower()
    assert not (tmp_path / "inhouse.py").exists()


@pytest.mark.parametrize(("package", "installed"), [("inhouse", True), ("source", False)])
def test_no_package_runs_code_of_its_own_while_the_image_is_built(
    package: str, index: str, authority: Authority, tmp_path: Path, *, installed: bool
) -> None:
    """Wheels only; one that has none is refused with what to do. The script has the test's folders here."""
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    (tmp_path / "requirements.lock").touch()
    requirements, script = tmp_path / "extra-requirements.txt", tmp_path / "script"
    requirements.write_text(f"# of the user\n{package}\n")
    folders = {
        "/opt/build/install": str(INSTALL),
        "/opt/build/venv/bin/uv": UV[0],
        "/opt/venv": str(environment),
        "/opt/build": str(tmp_path),
    }
    content = INSTALL.with_name("install-extra-requirements").read_text()
    for ours, theirs in folders.items():
        content = content.replace(ours, theirs)
    script.write_text(content)
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_", "SSL_CERT"))
    }
    given = {
        "PACKAGE_INDEX_URL": index,
        "PACKAGE_INDEX_CA_CERTIFICATES": authority.pem(),
        "PROOF": str(tmp_path / "proof"),
        "UV_NO_CACHE": "1",
    }
    done = subprocess.run(
        ["sh", script, requirements], env={**kept, **given}, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is installed, done.stderr
    assert ("A package without a wheel" in done.stderr) is not installed
    assert not (tmp_path / "proof").exists()
    assert bool([*environment.glob("lib/python*/site-packages/inhouse.py")]) is installed
