"""The changes of `make survive` are changes, and valid ones: else to pass after them would say nothing."""

import filecmp
from pathlib import Path

import pytest

from tests.helpers import checkout
from tests.survival import CHANGES
from tests.user.test_stack_files import errors


def _files(folder: Path) -> set[Path]:
    """List what is there, but for what other tests compiled when they imported the examples."""
    files = [file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    return {file.relative_to(folder) for file in files}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_files_that_can_be_deployed(name: str, tmp_path: Path) -> None:
    """As they ship, with the change."""
    checkout.ship(tmp_path)
    CHANGES[name](tmp_path)
    assert {file.name: errors(file) for file in sorted(tmp_path.glob(checkout.STACK_FILES))} == dict.fromkeys(
        (f"Pulumi.{stack}.yaml" for stack in ("dev", "local", "prod")), ""
    )
    before, after = _files(checkout.SHIPPED), _files(tmp_path)
    _, differing, _ = filecmp.cmpfiles(checkout.SHIPPED, tmp_path, map(str, before & after), shallow=False)
    assert differing or before != after


def test_what_ships_takes_the_place_of_what_is_the_users(tmp_path: Path) -> None:
    """All of it, and nothing else."""
    for name in ("Pulumi.ours.yaml", "dags/ours.py", "plugins/ours.py", "docker/extra-requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("ours")
    (tmp_path / "docker/Dockerfile").write_text("FROM x")
    checkout.ship(tmp_path)
    assert _files(tmp_path) == _files(checkout.SHIPPED) | {Path("docker/Dockerfile")}
    assert "ours" not in (tmp_path / "docker/extra-requirements.txt").read_text()
