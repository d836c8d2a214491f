"""A cluster is refused before any resource exists. Under mocks: neither AWS nor Docker is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.airflow_cluster import AirflowCluster
from components.image import source
from components.model.settings.errors import SettingsError
from components.model.settings.settings import Architecture, LogsSettings, Settings
from tests.helpers.existing_account import account, fail
from tests.helpers.pulumi_mocks import record

PROJECT = Path(__file__).resolve().parents[2]


def _no_emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(source, "ELSEWHERE", ())
    monkeypatch.setattr(source, "EMULATORS", tmp_path)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return PROJECT


def _nothing_to_build(_: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return tmp_path


def _sound(_: pytest.MonkeyPatch, __: Path) -> Path:
    return PROJECT


@pytest.mark.parametrize(
    ("settings", "prepare", "path"),
    [
        (Settings(), _nothing_to_build, "image.uri"),
        (Settings(architecture=Architecture.ARM64), _no_emulator, "architecture"),
        (Settings(logs=LogsSettings(bucket="gone")), _sound, "logs.bucket"),
    ],
    ids=["nothing to build", "no builder", "no bucket"],
)
def test_a_refused_cluster_leaves_no_resource(
    settings: Settings,
    prepare: Callable[[pytest.MonkeyPatch, Path], Path],
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Pulumi creates what was registered before the program ends with an error."""
    project = prepare(monkeypatch, tmp_path)
    refused: list[str] = []

    def build() -> None:
        with pytest.raises(SettingsError) as error:
            AirflowCluster("air", settings, project=project)
        refused.extend(".".join(map(str, one.path)) for one in error.value.errors)

    answers = {**account(), "aws:s3/getBucket:getBucket": fail("404")}
    recording = record(build, answers=answers)
    assert refused == [path]
    assert [one.line for one in recording.resources if one.custom] == []
