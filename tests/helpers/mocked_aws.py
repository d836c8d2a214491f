"""moto's mocks of AWS in this process."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto import mock_aws


@contextmanager
def mocked_aws(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Mock AWS for made-up credentials; the account of another test, if one runs, is not asked."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


def use_profile(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, role_arn: str) -> None:
    """Write a profile whose role the environment's credentials assume; none is selected."""
    config = folder / "config"
    config.write_text(f"[profile {name}]\nrole_arn = {role_arn}\ncredential_source = Environment\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
