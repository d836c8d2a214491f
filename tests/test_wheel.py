"""What `pip install` gives: one package with everything that a project of a user's own needs.

Without its dependencies, which are this environment's.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from components.model.image import context
from tests.program import stacks

ROOT = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
NAME = f"airflow_ecs-{VERSION}-py3-none-any.whl"
PARTS = ("", "cli", "policy", "local", "embedded_aws")
FOREIGN = ("docker", "template")
"""Folders whose Python is for other interpreters: the image's, a user's project's."""
IMPORT_ALL = f"""
import sys
from importlib import import_module
from pathlib import Path
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
for file in sorted((folder / "airflow_ecs").rglob("*.py")):
    within = file.relative_to(folder)
    if file.name != "__main__.py" and not {{*within.parts}} & {{*{FOREIGN}}}:
        import_module(".".join(within.with_suffix("").parts).removesuffix(".__init__"))
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
RUN = """
import json, os, runpy, sys, yaml
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from tests.helpers.pulumi_mocks import PROJECT, record
from airflow_ecs.cli.app import main
main(["init", "project", "--name", PROJECT, "--wheel", sys.argv[3]])
os.chdir("project")
with open("Pulumi.dev.yaml") as file:
    os.environ["PULUMI_CONFIG"] = json.dumps(yaml.safe_load(file)["config"])
found = record(lambda: runpy.run_path("__main__.py"), stack="dev")
lines, project = [one.line for one in found.resources], found.one("BuiltImage").inputs["project"]
print(json.dumps([sorted(lines), sorted(found.exports), project]))
assert not {"cli", "components", "config", "policy", "local", "embedded_aws"} & {*sys.modules}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and unpack it as an installer does, with the files' modes."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder / "built"), versions=["standard"])
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--target", folder / "unpacked"]
    subprocess.run([*command, "--python", sys.executable, built], check=True)
    assert built == str(folder / "built" / NAME)
    return folder / "unpacked"


def test_every_module_is_imported_by_the_wheels_name(wheel: Path, tmp_path: Path) -> None:
    """None by the name that it has in a checkout; the embedded account's too, whose packages are an extra."""
    done = _python(IMPORT_ALL, wheel, folder=tmp_path)
    assert not {"cli", "components", "config", "policy", "local", "embedded_aws"} & set(done.split())


def test_the_wheel_is_one_package_with_a_script(wheel: Path) -> None:
    """Which generators of pages, the build itself and this checkout's own tests are not part of."""
    names = {path.name for path in wheel.iterdir()} - {"bin", ".lock"}
    (metadata,) = [name for name in names if name.endswith(".dist-info")]
    assert names == {"airflow_ecs", metadata}
    assert (wheel / metadata / "entry_points.txt").read_text().splitlines() == [
        "[console_scripts]",
        "airflow-ecs = airflow_ecs.cli.__main__:main",
    ]
    assert not list(wheel.rglob("pages")) + list(wheel.rglob("packaging"))
    text = "".join(file.read_text() for file in wheel.rglob("*.py"))
    assert not re.search(
        rf"^\s*(from|import) ({'|'.join(filter(None, PARTS))}|components)\b", text, re.MULTILINE
    )
    assert "virtualenv" not in (wheel / "airflow_ecs/policy/PulumiPolicy.yaml").read_text()


def test_its_extra_is_what_the_embedded_account_needs(wheel: Path) -> None:
    """Who only deploys does without."""
    (metadata,) = wheel.glob("*.dist-info/METADATA")
    lines = re.findall(r"^Requires-Dist: (.*)$", metadata.read_text(), re.MULTILINE)
    required = [Requirement(line) for line in lines]
    extra = {one.name for one in required if one.marker and one.marker.evaluate({"extra": "embedded-aws"})}
    assert {"moto", "bcrypt", "docker"} <= extra
    assert not {"moto", "bcrypt", "docker"} & {one.name for one in required if one.marker is None}


def test_its_constraints_name_a_version_of_all_that_a_project_installs(wheel: Path) -> None:
    """Of what it needs, extras included, and of what that needs: those of the lock, as pip takes them."""
    lines = (wheel / "airflow_ecs" / "constraints.txt").read_text().splitlines()
    versions = {one.name: str(one.specifier) for one in map(Requirement, lines)}
    locked = re.findall(r"^([\w.-]+)(==[^ ;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert versions == dict(locked)
    (metadata,) = wheel.glob("*.dist-info/METADATA")
    needed = re.findall(r"^Requires-Dist: (.*)$", metadata.read_text(), re.MULTILINE)
    names = {canonicalize_name(Requirement(line).name) for line in needed}
    assert len(names) > 10
    assert names - {*versions} == set()


def test_an_image_is_made_from_the_same_files_as_in_a_checkout(wheel: Path) -> None:
    """With their modes: what cannot be executed in the image would end each container."""
    ours = context.files(ROOT, ["docker"])
    theirs = {name: wheel / "airflow_ecs" / name for name in ours if (wheel / "airflow_ecs" / name).is_file()}
    assert {*theirs} == {*ours}
    for name, file in theirs.items():
        assert file.read_bytes() == ours[name].read_bytes(), name
        assert os.access(file, os.X_OK) == os.access(ours[name], os.X_OK), name


def test_a_new_project_makes_what_the_checkout_makes(wheel: Path, tmp_path: Path) -> None:
    """The program that `init` writes, with the wheel, on mocks of Pulumi and AWS; the engine is a drill's."""
    lines, exports, project = json.loads(
        _python(RUN, wheel, ROOT, wheel.parent / "built" / NAME, folder=tmp_path)
    )
    config = yaml.safe_load((tmp_path / "project" / "Pulumi.dev.yaml").read_text())["config"]
    assert config.pop("aws:region") == "us-east-1"
    here = stacks.run("dev", config, "us-east-1")
    assert lines == sorted(one.line for one in here.resources)
    assert exports == sorted(here.exports)
    assert project == "."


def test_an_editable_install_has_the_same_name() -> None:
    """For this checkout's own folders, so that the installed script runs what is edited."""
    editable = ROOT / "cli" / "packaging" / "editable"
    script = (
        f"import sys; sys.path.insert(0, {str(editable)!r})\n"
        "from airflow_ecs import Settings\nfrom airflow_ecs.cli.__main__ import main\n"
        "import cli.app, components\n"
        f"assert cli.app.__file__.startswith({str(ROOT)!r}) and components.Settings is Settings\n"
        "assert 'pulumi' not in sys.modules\n"
        "from airflow_ecs import config\n"
        f"assert config.__file__ == {str(ROOT / 'config.py')!r}\n"
        "main(['--help'])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: airflow-ecs COMMAND")


def _python(script: str, *arguments: Path, folder: Path) -> str:
    """Run a script without this checkout on its path, and return what it printed last."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "AWS_REGION": "us-east-1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]
