"""Which machine may build an image; the machines are made up."""

from pathlib import Path

import pytest

from components.base.lookups import UnusableError
from components.image import source
from components.model.settings.settings import Architecture


@pytest.mark.skipif(source.sys.platform != "linux", reason="elsewhere Docker runs in a machine of its own")
def test_a_machine_without_the_processor_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Unless it emulates it, or another machine builds."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    monkeypatch.setattr(source, "EMULATORS", tmp_path)
    monkeypatch.setattr(source.platform, "machine", lambda: "x86_64")
    source.check_builder(Architecture.X86_64)
    with pytest.raises(UnusableError, match="cannot build an image for aarch64"):
        source.check_builder(Architecture.ARM64)
    (tmp_path / "qemu-aarch64").touch()
    source.check_builder(Architecture.ARM64)
    (tmp_path / "qemu-aarch64").unlink()
    monkeypatch.setenv("DOCKER_HOST", "ssh://builder")
    source.check_builder(Architecture.ARM64)
