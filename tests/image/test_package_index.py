"""A company's own package index, with a certificate of its own CA, serves the image's packages."""

import os
import ssl
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.image.certificates import Authority

INSTALL = Path(__file__).parents[2] / "docker" / "install"
WHEEL = "inhouse-1.0-py3-none-any.whl"
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
