"""A project of a user's own on the engine: made by the wheel of the first version, deployed, upgraded.

The image only looks like Airflow, and what the wheels need is this environment's. The tests run in order and
share the stack.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation as auto

from components.model.aws.stateful_resources import STATEFUL
from components.model.rendered import Rendered
from tests.engine.bench import STATE_AT_THE_END, Bench
from tests.engine.changes import preview
from tests.helpers.own_project import OwnProject, first_version, wheel_here, wheel_of

pytestmark = [pytest.mark.engine, pytest.mark.drill(name="own-project")]

NAME = "acme-airflow"
LATER = "9999.0.0"
DAG = "from airflow.sdk import DAG\n\nDAG('mine', schedule=None)\n"


@pytest.fixture(scope="module")
def project(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> OwnProject:
    """What the first version writes, and its user's first DAG."""
    folder = tmp_path_factory.mktemp("own")
    made = OwnProject(folder / NAME, bench.environment)
    made.make(wheel_of(first_version(), folder / "first"))
    (made.folder / "dags" / "mine.py").write_text(DAG)
    return made


def _stack(bench: Bench, project: OwnProject, name: str = "dev", **settings: str) -> auto.Stack:
    path = f"{project.command.parent}:{project.environment['PATH']}"
    variables = {**project.environment, **STATE_AT_THE_END, "PATH": path}
    options = auto.LocalWorkspaceOptions(env_vars=variables)
    stack = auto.create_or_select_stack(name, work_dir=str(project.folder), opts=options)
    values = {"imageUri": bench.images["good"], "rolloutSettlingSeconds": "0", "loadBalancerPort": "8080"}
    for key, value in (values | settings).items():
        stack.set_config(key, auto.ConfigValue(value))
    return stack


@pytest.fixture(scope="module")
def stack(bench: Bench, project: OwnProject) -> Iterator[auto.Stack]:
    """Development, as it was written; in the end destroyed by the later version."""
    stack = _stack(bench, project)
    stack.up()
    yield stack
    stack.destroy()


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what is checked out, with a later version."""
    return wheel_here(tmp_path_factory.mktemp("later"), LATER)


def test_a_second_preview_is_empty(stack: auto.Stack, project: OwnProject) -> None:
    """Of the program of five lines, in a folder of its own; and the command finds the stack."""
    assert preview(stack) == set()
    done = project.run("url", "--stack", "dev")
    assert done.stdout.strip() == stack.outputs()["url"].value, done.stderr


def test_an_upgrade_replaces_nothing_stateful(stack: auto.Stack, project: OwnProject, later: Path) -> None:
    """One version in one file, and a deployment; then there is nothing to do, and no other file changed."""
    resources = {one["urn"]: one.get("id") for one in _resources(stack)}
    files = project.files()
    project.upgrade(later)
    assert project.run("--version").stdout.strip() == LATER
    changes = preview(stack)
    assert [one for one in changes if _is_stateful(one[1]) and one[0] != "update"] == []
    done = project.run("deploy", "--stack", "dev")
    assert done.returncode == 0, done.stderr
    assert preview(stack) == set()
    kept = {one["urn"]: one.get("id") for one in _resources(stack) if _is_stateful(one["type"])}
    assert kept
    assert {urn: resources.get(urn) for urn in kept} == kept
    wheel = {name for name in files | project.files() if name.startswith("wheels/")}
    changed = {name for name, content in project.files().items() if files.get(name) != content}
    assert changed - wheel == {"requirements.txt"}
    assert {*files} - wheel == {*project.files()} - wheel


def test_the_policy_pack_runs_from_the_wheel(bench: Bench, project: OwnProject, later: Path) -> None:
    """In its environment, as in the deployment above; a careless stack is refused."""
    assert later.exists()
    careless = _stack(bench, project, "prod", databaseBackupDays="1")
    with pytest.raises(auto.CommandError, match="rds-backups"):
        careless.preview(policy_packs=[str(project.package / "policy")])


def _is_stateful(kind: str) -> bool:
    return not STATEFUL.isdisjoint({kind, Rendered(type=kind, name="", inputs={}).kind})


def _resources(stack: auto.Stack) -> list[dict[str, str]]:
    return (stack.export_stack().deployment or {}).get("resources", [])
