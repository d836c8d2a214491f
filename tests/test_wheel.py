"""What `pip install` gives: the package `airflow_ecs` with the command and the policy pack.

Without its dependencies, which are this environment's. Not proved: that Pulumi runs the pack from there.
"""

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parent.parent
IMPORT_ALL = """
import sys
from importlib import import_module
from pathlib import Path
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
for part in ("cli", "policy"):
    for file in sorted((folder / "airflow_ecs" / part).rglob("*.py")):
        if file.name != "__main__.py":
            import_module(".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder / "built"), versions=["standard"])
    with ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_every_module_is_imported_by_the_wheels_name(wheel: Path, tmp_path: Path) -> None:
    """None of the command or the policies by the name that it has in a checkout."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT_ALL, str(wheel)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert not {"cli", "components", "policy", "local", "embedded_aws"} & set(done.stdout.split())


def test_the_wheel_is_one_package_with_a_script(wheel: Path) -> None:
    """Which generators of pages and the build itself are not part of."""
    names = {path.name for path in wheel.iterdir()}
    (metadata,) = [name for name in names if name.endswith(".dist-info")]
    assert names == {"airflow_ecs", metadata}
    assert (wheel / metadata / "entry_points.txt").read_text().splitlines() == [
        "[console_scripts]",
        "airflow-ecs = airflow_ecs.cli.__main__:main",
    ]
    assert not list(wheel.rglob("pages")) + list(wheel.rglob("packaging"))
    text = "".join(file.read_text() for file in wheel.rglob("*.py"))
    assert not re.search(r"^\s*(from|import) (cli|components|policy)\b", text, re.MULTILINE)
    assert "virtualenv" not in (wheel / "airflow_ecs/policy/PulumiPolicy.yaml").read_text()


def test_an_editable_install_has_the_same_name() -> None:
    """For this checkout's own folders, so that the installed script runs what is edited."""
    editable = ROOT / "cli" / "packaging" / "editable"
    script = (
        f"import sys; sys.path.insert(0, {str(editable)!r})\n"
        "from airflow_ecs import Settings\nfrom airflow_ecs.cli.__main__ import main\n"
        "import cli.app, components\n"
        f"assert cli.app.__file__.startswith({str(ROOT)!r}) and components.Settings is Settings\n"
        "main(['--help'])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: airflow-ecs COMMAND")
