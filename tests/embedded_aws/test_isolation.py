"""The package knows nothing of the program that runs on it: no import, no process, no name.

Read from the sources: a name that is put together at run time would pass, and so would a module without a
dot in its name that a variable holds.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "embedded_aws"
OUTSIDE = {path.stem for path in ROOT.glob("*.py")} | {path.parent.name for path in ROOT.glob("*/*.py")}
"""Modules and packages of this checkout, which an import or `-m` could name."""
SOURCES = sorted((ROOT / PACKAGE).rglob("*"))
WORDS = re.compile(
    r"airflow|\bdags?\b|celery|triggerer|\bflower\b|api-server|(components|(?<!/)\bcli|(?<!/usr/)\blocal)[./]\w",
    re.IGNORECASE,
)
"""Names of Airflow and of the project."""


def projects() -> set[str]:
    """Return the project's modules and packages but for this one."""
    return OUTSIDE - {PACKAGE, "__main__"}


def imported(tree: ast.AST) -> Iterator[str]:
    """Return the top-level names that a source imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (value.partition(".")[0] for value in strings(node))


def started(tree: ast.AST) -> Iterator[str]:
    """Return the top-level names of the modules that a source starts: what follows `-m` in a list or line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple | ast.Call):
            parts = node.args if isinstance(node, ast.Call) else node.elts
            words = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            for flag, module in pairwise(words):
                if flag == "-m" and isinstance(module, str):
                    yield module.partition(".")[0]
        for line in [node.value] if isinstance(node, ast.Constant) else []:
            yield from re.findall(r"-m (\w+)", line) if isinstance(line, str) else []


def strings(tree: ast.AST) -> Iterator[str]:
    """Return the strings of a source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def violations(source: str) -> list[str]:
    """Return what a source knows of the project."""
    tree = ast.parse(source)
    names = {*imported(tree), *started(tree)}
    modules = {
        match[1] for text in strings(tree) if (match := re.fullmatch(r"(\w+)(\.(?!json|ya?ml)\w+)+", text))
    }
    words = [match[0] for line in source.splitlines() for match in WORDS.finditer(line)]
    return sorted({*(names & projects()), *(modules & projects()), *words})


@pytest.mark.parametrize(
    "file", [path for path in SOURCES if path.suffix == ".py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_source_knows_no_project(file: Path) -> None:
    """Neither by import, nor by starting a module, nor by a word."""
    assert violations(file.read_text()) == []


def test_other_files_name_no_project() -> None:
    """Its README and whatever else is shipped."""
    others = [path for path in SOURCES if path.is_file() and path.suffix not in {".py", ".pyc"}]
    assert others
    assert {
        path.name: WORDS.findall(path.read_text()) for path in others if WORDS.search(path.read_text())
    } == {}


def test_the_project_is_known() -> None:
    """An empty list would let everything pass."""
    assert {"components", "config", "local", "policy", "tests"} <= projects()


@pytest.mark.parametrize(
    ("source", "violation"),
    [
        ("import components.model", "components"),
        ("def f():\n    from local import cluster", "local"),
        ("import importlib\nimportlib.import_module('config')", "config"),
        ("run([sys.executable, '-m', 'policy.pack'])", "policy"),
        ("run(sys.executable, '-P', '-m', 'local')", "local"),
        ("run('python -m policy', shell=True)", "policy"),
        ("MODULES = {'a': 'policy.pack'}", "policy"),
        ("runpy.run_path('config.py')", "config"),
        ("x = 'airflow'", "airflow"),
        ("# as AIRFLOW_HOME\n", "AIRFLOW"),
        ('"""The triggerer of a cluster."""', "triggerer"),
        ("x = Path('components/model')", "components/m"),
    ],
)
def test_a_violation_is_seen(source: str, violation: str) -> None:
    """In each form."""
    assert violation in violations(source)


def test_its_own_modules_are_no_violation() -> None:
    """It starts its server and its plugins as modules."""
    assert (
        violations("from embedded_aws import account\nrun([python, '-m', 'embedded_aws.account.server'])")
        == []
    )


def test_its_extra_has_whatever_it_imports() -> None:
    """Somebody who takes the package alone installs what the extra lists, and nothing of the program."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]["embedded-aws"]
    installed = {_normalized(Requirement(line).name) for line in extra}
    waiting = list(installed)
    while waiting:
        for line in metadata.requires(waiting.pop()) or []:
            requirement = Requirement(line)
            name = _normalized(requirement.name)
            if name not in installed and (requirement.marker is None or requirement.marker.evaluate()):
                installed.add(name)
                waiting.append(name)
    owners = metadata.packages_distributions()
    missing = {
        name
        for file in SOURCES
        if file.suffix == ".py"
        for name in imported(ast.parse(file.read_text()))
        if name not in sys.stdlib_module_names and name != PACKAGE
        if not installed & set(map(_normalized, owners.get(name, [])))
    }
    assert missing == set()


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
