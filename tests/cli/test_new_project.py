"""What `init` writes and refuses. That its project works is proved on the engine."""

import json
import os
import re
import stat
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from cli import new_project
from components.model.settings.configuration import of_project, parse
from tests.cli.command import airflow_ecs
from tests.cli.workflows import FOLDER
from tests.helpers.checkout import SHIPPED

WHEEL = "airflow_ecs-1.2.3-py3-none-any.whl"
ADDRESS = f"https://example.com/releases/{WHEEL}"
SHA256 = "ab" * 32


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A file that is named like a wheel of this package, and is an archive."""
    file = tmp_path / WHEEL
    with ZipFile(file, "w") as archive:
        archive.writestr("x", "")
    return file


def _init(folder: Path, *options: str | Path) -> list[str]:
    done = airflow_ecs("init", str(folder), *map(str, options), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["files"]


def test_the_smoke_dag_is_that_of_this_repository(wheel: Path, tmp_path: Path) -> None:
    """As it ships."""
    folder = tmp_path / "acme"
    _init(folder, "--wheel", wheel)
    assert (folder / "dags/smoke.py").read_text() == (SHIPPED / "dags/smoke.py").read_text()


def test_a_project_has_a_program_its_stacks_dags_tests_and_ci(wheel: Path, tmp_path: Path) -> None:
    """And the wheel, where that has no address."""
    folder = tmp_path / "acme"
    files = _init(folder, "--wheel", wheel, "--region", "eu-west-1")
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {*files}
    assert {"__main__.py", "dags/smoke.py", "tests/test_dags.py", "plugins/README.md", "Makefile"} < {*files}
    assert (folder / "wheels" / WHEEL).read_bytes() == wheel.read_bytes()
    assert (folder / "requirements.txt").read_text().splitlines()[
        -1
    ] == f"./wheels/{WHEEL}[embedded-aws,test]"
    assert yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"] == "acme"
    text = "".join((folder / name).read_text() for name in files if not name.endswith(".whl"))
    assert not [word for word in ("@NAME@", "@REGION@", "@REQUIREMENT@") if word in text]
    code = [line for line in (folder / "__main__.py").read_text().splitlines()[1:] if line]
    assert len(code) == 5, "what a user reads first"


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_settings_of_its_stacks_are_valid(wheel: Path, tmp_path: Path, stack: str) -> None:
    """By the rules of settings; the values are the template's own."""
    _init(tmp_path / "acme", "--wheel", wheel, "--region", "eu-west-1")
    config = yaml.safe_load((tmp_path / "acme" / f"Pulumi.{stack}.yaml").read_text())["config"]
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    assert config["aws:region"] == ("us-east-1" if stack == "local" else "eu-west-1")
    settings = of_project("acme", raw)
    assert len(settings) == len([key for key in raw if not key.startswith("aws:")])
    parse(settings)


def test_its_workflows_are_those_of_this_repository(wheel: Path, tmp_path: Path) -> None:
    """But for the tests: its own are those of its DAGs. What a script is can be executed."""
    folder = tmp_path / "acme"
    _init(folder, "--wheel", wheel)
    theirs = folder / ".github" / "workflows"
    assert {file.name for file in theirs.iterdir()} == {file.name for file in FOLDER.iterdir()}
    differing = [
        file.name for file in FOLDER.iterdir() if file.read_text() != (theirs / file.name).read_text()
    ]
    assert differing == ["test.yml"]
    assert os.access(folder / ".github" / "destroy-pull-request-stack", os.X_OK)
    assert not os.access(folder / "Makefile", os.X_OK)


def test_its_tests_use_the_actions_that_are_pinned_here(wheel: Path, tmp_path: Path) -> None:
    """By commit, and without a token that is left behind."""
    _init(tmp_path / "acme", "--wheel", wheel)
    text = (tmp_path / "acme/.github/workflows/test.yml").read_text()
    used = re.findall(r"uses: (.+)", text)
    assert used
    assert {*used} <= {*re.findall(r"uses: (.+)", (FOLDER / "test.yml").read_text())}
    assert "persist-credentials: false" in text
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_an_address_is_named_with_what_pip_checks(tmp_path: Path) -> None:
    """Its file is not copied then."""
    _init(tmp_path / "acme", "--wheel", f"{ADDRESS}#sha256={SHA256}")
    last = (tmp_path / "acme" / "requirements.txt").read_text().splitlines()[-1]
    assert last == f"airflow-ecs[embedded-aws,test] @ {ADDRESS}#sha256={SHA256}"
    assert not (tmp_path / "acme" / "wheels").exists()


class Installed:
    """A distribution, installed from somewhere."""

    version = "1.2.3"

    def __init__(self, origin: dict[str, Any] | None) -> None:
        self._origin = origin

    def read_text(self, name: str) -> str | None:
        """Return a file of its metadata."""
        assert name == "direct_url.json"
        return None if self._origin is None else json.dumps(self._origin)


def _install(monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None) -> None:
    def found(_: str) -> Installed:
        return Installed(origin)

    monkeypatch.setattr(new_project, "distribution", found)


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (None, "airflow-ecs[embedded-aws,test]==1.2.3"),
        (
            {"url": ADDRESS, "archive_info": {"hashes": {"sha256": SHA256}}},
            f"airflow-ecs[embedded-aws,test] @ {ADDRESS}#sha256={SHA256}",
        ),
        (
            {"url": ADDRESS, "archive_info": {"hash": f"sha256={SHA256}"}},
            f"airflow-ecs[embedded-aws,test] @ {ADDRESS}#sha256={SHA256}",
        ),
        ({"url": "file:///{wheel}", "archive_info": {}}, f"./wheels/{WHEEL}[embedded-aws,test]"),
    ],
)
def test_what_is_installed_is_what_a_project_installs(
    wheel: Path, monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None, line: str
) -> None:
    """From an index, an address, or a file."""
    if origin and origin["url"].startswith("file:"):
        origin |= {"url": wheel.as_uri()}
    _install(monkeypatch, origin)
    assert new_project.installed().line == line


def test_a_checkout_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be one of this machine; and what is not installed has none either."""
    _install(monkeypatch, {"url": "file:///src", "dir_info": {"editable": True}})
    with pytest.raises(new_project.UsageError, match=r"/src is installed here, which is no wheel.*--wheel"):
        new_project.installed()

    def missing(_: str) -> None:
        raise PackageNotFoundError

    monkeypatch.setattr(new_project, "distribution", missing)
    with pytest.raises(new_project.UsageError, match=r"is not installed here.*--wheel"):
        new_project.installed()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["there"], "there must be empty, or not exist"),
        (["there/file"], "there/file must be empty, or not exist"),
        (["new", "--name", "a b"], "got 'a b'. Give one with --name"),
        (["new", "--name", "aws"], "none of aws, pulumi, random; got 'aws'"),
        (["-new"], "Unknown option"),
        (["new", "--name", "n" * 101], "up to 100 letters"),
        (
            ["new", "--region", "Frankfurt"],
            "--region must be a region of AWS, such as us-east-1; got 'Frankfurt'",
        ),
        (["new", "--wheel", "no.whl"], "no.whl is no wheel of airflow-ecs: name the wheel of a release"),
        (["new", "--wheel", WHEEL], f"{WHEEL} is no wheel of airflow-ecs"),
        (["new", "--wheel", ADDRESS], "airflow_ecs-VERSION-py3-none-any.whl#sha256=HEX"),
        (["new", "--wheel", f"http://example.com/{WHEEL}#sha256={SHA256}"], "must be https://"),
    ],
)
def test_what_cannot_be_a_project_is_one_line_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], error: str
) -> None:
    """With what to do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    wheel = [] if "--wheel" in words else ["--wheel", f"{ADDRESS}#sha256={SHA256}"]
    done = airflow_ecs("init", *words, *wheel)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert error in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("there", [True, False])
def test_what_fails_halfway_leaves_nothing(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    """As a disk that is full does; a folder that was there stays."""
    folder = tmp_path / "acme"
    if there:
        folder.mkdir()
    written: list[Path] = []
    usual = Path.write_bytes

    def full(file: Path, content: bytes) -> int:
        written.append(file)
        if len(written) > 5:
            raise OSError(28, "No space left on device")
        return usual(file, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(new_project.UsageError, match="acme cannot be written: No space left on device"):
        new_project.create(folder, name="", region="us-east-1", wheel=str(wheel))
    assert len(written) > 5
    assert folder.exists() == there
    assert not there or not [*folder.iterdir()]


def test_files_are_readable_as_the_umask_lets_them(wheel: Path, tmp_path: Path) -> None:
    """Not as they are where this package is installed."""
    _init(tmp_path / "acme", "--wheel", wheel)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "acme" / "Makefile").stat().st_mode) == 0o666 & ~umask
