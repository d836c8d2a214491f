"""`docker/ca/refresh.py`: where the certificates come from, and what it says of them.

AWS's addresses are played by a server here, npm by a list: that AWS answers at its own is not proved.
"""

import importlib.util
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from tests.image.certificates import Authority

NOW = datetime.now(UTC)
SCRIPT = Path(__file__).parents[2] / "docker/ca/refresh.py"
NOWHERE = ["http://127.0.0.1:1/bundle.pem"]
OLD, NEW = (Authority.make(f"Amazon RDS {region} Root CA ECC384 G1") for region in ("eu-west-1", "eu-west-9"))


@pytest.fixture
def refresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, over a bundle of its own that has one certificate."""
    spec = importlib.util.spec_from_file_location("refresh", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "BUNDLE", tmp_path / "bundle.pem")
    module.BUNDLE.write_text(OLD.pem())
    return module


@pytest.fixture
def address() -> Iterator[str]:
    """A server that has the new certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(NEW.pem().encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/global-bundle.pem"
    server.shutdown()
    server.server_close()


def test_awss_own_file_comes_first(
    refresh: ModuleType, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """From each address that answers; what was there stays, and what is new is told with its fingerprint."""
    refresh.refresh([], NOW, [*NOWHERE, address])
    assert OLD.pem() in refresh.BUNDLE.read_text()
    assert NEW.pem() in refresh.BUNDLE.read_text()
    output = capsys.readouterr().out
    assert f"{NOWHERE[0]} is out of reach" in output
    fingerprint = NEW.certificate.fingerprint(refresh.SHA1()).hex()
    assert f"+ {fingerprint} CN=Amazon RDS eu-west-9 Root CA ECC384 G1" in output
    refresh.refresh([], NOW, [address])
    assert "is up to date" in capsys.readouterr().out


def test_npm_is_the_last_resort(
    refresh: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what it lacks, and trusts nothing of it that nobody has compared with AWS's fingerprints."""
    monkeypatch.setattr(refresh, "packaged", lambda: [OLD.certificate, NEW.certificate])
    fingerprint = NEW.certificate.fingerprint(refresh.SHA1()).hex()
    with pytest.raises(
        SystemExit, match=f"{fingerprint} CN=Amazon RDS eu-west-9(.|\n)*describe-certificates"
    ):
        refresh.refresh([], NOW, NOWHERE)
    assert "which lacks the newest regions, China and GovCloud" in capsys.readouterr().out
    assert refresh.BUNDLE.read_text() == OLD.pem()
    for compared in (fingerprint, ":".join(re.findall("..", fingerprint.upper()))):
        assert refresh.FINGERPRINT.fullmatch(compared)
        refresh.BUNDLE.write_text(OLD.pem())
        refresh.refresh([], NOW, NOWHERE, [compared])
        assert NEW.pem() in refresh.BUNDLE.read_text()


def test_a_file_needs_no_network(refresh: ModuleType, tmp_path: Path) -> None:
    """One that came another way."""
    file = tmp_path / "global-bundle.pem"
    file.write_text(NEW.pem())
    refresh.refresh([file], NOW, NOWHERE)
    assert NEW.pem() in refresh.BUNDLE.read_text()


def test_what_has_expired_goes(refresh: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """And is told."""
    after = refresh.bundle([OLD.certificate], OLD.certificate.not_valid_after_utc)
    assert after == ""
    assert refresh.changes(OLD.pem(), after)[0].startswith("- ")
    assert not capsys.readouterr().out
