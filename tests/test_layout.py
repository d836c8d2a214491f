"""What keeps the project readable: who imports whom, how long things are, that generated pages are fresh.

All of it is read from the source, without running it. A heuristic can miss a trick: an f-string that holds an
Output is found only where a test runs it, with PULUMI_ERROR_OUTPUT_STRING=1.
"""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pulumi
import pytest
import yaml

from cli.pages import settings_page
from components.model.settings.configuration import DECLARED, parse, read
from components.model.settings.settings import (
    DatabaseMaintenanceSettings,
    Executor,
    ServiceSettings,
    Settings,
)
from components.model.workload.workload import workload

ROOT = Path(__file__).resolve().parent.parent
OURS = (
    "config",
    "components",
    "components.model",
    "cli",
    "policy",
    "embedded_aws",
    "local",
    "__main__",
)
FORBIDDEN = {
    "components/model": {
        "pulumi",
        "pulumi_aws",
        "pulumi_random",
        "boto3",
        "botocore",
        *(set(OURS) - {"components.model"}),
        "components.base.aws_session",
    },
    "components": {"config", "cli", "policy", "embedded_aws", "local", "__main__"},
    "config.py": {"components", "cli", "policy", "embedded_aws", "local", "__main__"},
    "__main__.py": {"cli", "policy", "embedded_aws", "local", "components.model"},
    "cli": {"config", "components", "embedded_aws", "__main__", "pulumi_aws"},
    "policy": {
        "config",
        "components",
        "cli",
        "embedded_aws",
        "local",
        "__main__",
        "pulumi_aws",
        "boto3",
    },
    "embedded_aws": set(OURS) - {"embedded_aws"} | {"airflow"},
    "local": {"config", "components", "components.model", "cli", "__main__", "airflow"},
    "docker": set(OURS),
    "tests/shipped/dags": set(OURS),
}
SHARED = (
    *("components.model", "components.base.aws_session", "components.base.dag_versions"),
    *("components.base.aws_clients", "components.services.ecs_reports", "components.services.redeployment"),
    *("components.services.rollout", "components.services.rollout_props"),
)
"""What others than the program may import of `components`: the model, and what commands call AWS with."""
FLOORS = (
    "model/aws",
    "model/iam",
    "model",
    "model/settings",
    "model/image",
    "model/airflow_resources",
    "model/brokers",
    "model/services",
    "model/dag_sources",
    "model/executors",
    "model/workload",
    "model/monitoring",
    "model/pricing",
    "model/simulation",
    "base",
    "existing",
    "network",
    "data",
    "image",
    "services",
    "one_off_tasks",
    "ingress",
    "monitoring",
    "",
)
"""Folders of `components/`, lowest first: each imports only those before it."""
STACKS = sorted((ROOT / "tests/shipped").glob("Pulumi.*.yaml"))
PROGRAM = ("__main__.py", "config.py", "components")
RESOURCES = {"Component", "Resource", "TaggedImage"}
"""Classes that resources are derived from."""
MAX_FUNCTION_LINES = 40
MAX_COMPONENT_LINES = 200
MAX_MAIN_LINES = 120


EDITABLE = ROOT / "cli" / "packaging" / "editable"
"""The wheel's name for this checkout's folders: it imports them all."""


def _files(part: str) -> list[Path]:
    path = ROOT / part
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [file for file in files if not file.is_relative_to(EDITABLE)]


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def _imported(file: Path) -> set[str]:
    """Packages that a file imports, anywhere in it, by the longest name that a rule knows."""
    return {_package(module) for module in _modules(file)}


def _modules(file: Path) -> set[str]:
    """Full names of all that a file imports, wherever it stands."""
    package = file.parent.relative_to(ROOT).parts if file.is_relative_to(ROOT) else ()
    names: set[str] = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*parents, *filter(None, [node.module])])
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def _package(name: str) -> str:
    shared = (one for one in SHARED if f"{name}.".startswith(f"{one}."))
    return next(shared, name.partition(".")[0])


def _called(node: ast.AST) -> Iterator[str]:
    """Names of everything that is called in a part of a file, such as `aws.s3.Bucket`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield ast.unparse(inner.func)


def _functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("part", FORBIDDEN)
def test_imports_go_one_way(part: str) -> None:
    """From the program to the model, never back; the embedded account knows only what an AWS client could."""
    files = _files(part)
    assert files
    wrong = {str(file.relative_to(ROOT)): _imported(file) & FORBIDDEN[part] for file in files}
    assert {file: names for file, names in wrong.items() if names} == {}


def test_the_import_test_would_find_one(tmp_path: Path) -> None:
    """Also inside a function, by either form."""
    file = tmp_path / "x.py"
    file.write_text(
        "import os.path\ndef f():\n    from pulumi.runtime import x\n    import boto3 as b\n"
        "from components import AirflowCluster, model\nfrom components.model import secrets\n"
    )
    assert _imported(file) == {"os", "pulumi", "boto3", "components", "components.model"}
    assert "components.model" in _imported(ROOT / "components" / "network" / "network.py"), "by its place"


def test_components_are_imported_by_their_place_not_their_name() -> None:
    """Other programs import the package under another name, `airflow_ecs`."""
    absolute = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in _files("components")
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and re.match(r"(from|import) components\b", ast.unparse(node))
    ]
    assert absolute == []


def test_no_folder_of_components_imports_one_above_it() -> None:
    """The order is that of `FLOORS`; and no file imports itself by way of others."""
    folders = {_folder(file) for file in _files("components")}
    assert folders == set(FLOORS), "each folder has its place in FLOORS"
    graph = {
        file: {_source(module) for module in _modules(file) if module.startswith("components.")}
        for file in _files("components")
        if file.name != "__init__.py"
    }
    upwards = [
        f"{file.relative_to(ROOT)} imports {imported.relative_to(ROOT)}"
        for file, all_imported in graph.items()
        for imported in all_imported
        if FLOORS.index(_folder(imported)) > FLOORS.index(_folder(file))
    ]
    assert upwards == []
    TopologicalSorter(graph).prepare()


NAMED_BY_KEY = (
    "cli/ci/permissions.py",  # EventBridge Scheduler, as IAM names it
)


def test_no_service_is_asked_for_by_its_name() -> None:
    """What is special about one is a field of it: its name is in no table or comparison elsewhere."""
    flower = ServiceSettings(cpu_units=256, memory_mib=512, count=1)
    cleaned = DatabaseMaintenanceSettings(after_days=90)
    everything = workload(
        Settings(executor=Executor.CELERY, flower=flower, database_maintenance=cleaned)
    ).everything
    names = {service.name for service in everything}
    assert len(names) == 9
    uses = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.value}"
        for part in ("components", "cli")
        for file in _files(part)
        if file.parent != ROOT / "components/model/services"
        and str(file.relative_to(ROOT)) not in NAMED_BY_KEY
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert uses == []
    shared = [
        file.name
        for file in _files("components/model/services")
        if len({node.value for node in ast.walk(_tree(file)) if isinstance(node, ast.Constant)} & names) > 1
    ]
    assert shared == ["execution_api.py"], "its command is Airflow's `api-server` too"


def test_no_executor_is_asked_for_by_its_name() -> None:
    """But in its own module, and where a setting says that it needs it."""
    names = {f"Executor.{member.name}" for member in Executor}
    users = {
        str(file.relative_to(ROOT))
        for part in ("components", "cli", "policy", "config.py", "__main__.py")
        for file in _files(part)
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in names
    }
    assert users == {
        "components/model/executors/celery.py",
        "components/model/executors/ecs.py",
        "components/model/executors/local.py",
        "components/model/settings/settings.py",
    }


def _source(module: str) -> Path:
    """The file of a module, or of the module that a name stands in."""
    parts = module.split(".")
    while not (path := ROOT.joinpath(*parts).with_suffix(".py")).exists():
        if (path := ROOT.joinpath(*parts, "__init__.py")).exists():
            return path
        parts.pop()
    return path


def _folder(file: Path) -> str:
    parts = file.parent.relative_to(ROOT / "components").parts
    return "/".join(parts[: 2 if parts[:1] == ("model",) else 1])


def test_the_configuration_is_read_in_one_place() -> None:
    """Elsewhere a misspelt key would pass in silence."""
    readers = {
        str(file.relative_to(ROOT))
        for part in PROGRAM
        for file in _files(part)
        if re.search(r"pulumi\.Config\b|get_config_env|from pulumi import .*\bConfig\b", file.read_text())
    }
    assert readers == {"config.py"}


def test_no_resource_is_made_inside_an_apply() -> None:
    """A preview would not show it. What `apply` gets is a lambda, or a plain function of a module."""
    constructors = re.compile(r"(aws|random|docker)\.(\w+\.)?[A-Z]\w+$")
    components = {node.name for file in _files("components") for node in _classes(file)}
    applied = 0
    for file in [*_files("components"), ROOT / "__main__.py"]:
        functions = {function.name: function for function in _functions(file)}
        for call in ast.walk(_tree(file)):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if call.func.attr != "apply":
                continue
            applied += 1
            (given,) = call.args
            body = functions.get(ast.unparse(given), given)
            # One step further: what the given function calls in the same file.
            bodies = [body, *(functions[name] for name in _called(body) if name in functions)]
            made = [
                name
                for each in bodies
                for name in _called(each)
                if constructors.match(name) or name in components
            ]
            assert made == [], f"{file.name}:{call.lineno}"
    assert applied > 10


def _classes(file: Path) -> Iterator[ast.ClassDef]:
    """Classes that are resources."""
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.ClassDef) and RESOURCES & set(map(ast.unparse, node.bases)):
            yield node


def test_an_output_in_a_text_is_an_error_here() -> None:
    """Elsewhere it is a warning, and its apology would be deployed as the value."""
    assert os.environ["PULUMI_ERROR_OUTPUT_STRING"] == "1"
    with pytest.raises(Exception, match=r"Calling __str__ on an Output\[T\] is not supported"):
        f"{pulumi.Output.from_input('x')}"


def test_no_output_name_belongs_to_pulumi() -> None:
    """`id` and `urn` are the base class's own, as is whatever else of it a component would overwrite."""
    taken = set(dir(pulumi.ComponentResource)) | set(pulumi.Resource.__annotations__)
    own = {"_name"}  # the same value in both
    for file in _files("components"):
        for component in _classes(file):
            assigned = {
                target.attr
                for node in ast.walk(component)
                if isinstance(node, ast.Assign)
                for target in ast.walk(ast.Tuple(elts=node.targets, ctx=ast.Load()))
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"
            }
            assert not (assigned & taken) - own, component.name


def test_every_public_attribute_of_a_component_is_declared() -> None:
    """A reader finds it in the class, with its type and its meaning."""
    for file in _files("components"):
        for component in _classes(file):
            declared = {
                node.target.id
                for node in component.body
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
            }
            assigned = {
                target.attr
                for node in ast.walk(component)
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
                for target in [node]
                if ast.unparse(target.value) == "self"
            }
            assert {name for name in assigned if not name.startswith("_")} <= declared, component.name


def test_each_component_has_a_file_of_its_own() -> None:
    """Named after it, so that nobody has to look for it."""
    for file in _files("components"):
        names = [component.name for component in _classes(file)]
        assert len(names) <= 1, file.name
        for name in names:
            snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            assert file.stem == snake


@pytest.mark.parametrize("part", PROGRAM)
def test_functions_are_short(part: str) -> None:
    """From its first line to its last, docstring and contract aside."""
    long = {
        f"{file.name}:{function.name}": length
        for file in _files(part)
        for function in _functions(file)
        if (length := _length(function)) > MAX_FUNCTION_LINES
    }
    assert long == {}


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_files_are_short() -> None:
    """`__main__` is a table of contents, and a component fits on a few screens."""
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= MAX_MAIN_LINES
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in _files("components")
    }
    assert {name: length for name, length in lengths.items() if length > MAX_COMPONENT_LINES} == {}


def test_generated_pages_are_fresh() -> None:
    """`make docs` was run after the last change of a setting."""
    assert settings_page.PROJECT_FILE.read_text() == settings_page.project_file()
    assert settings_page.PAGE.read_text() == settings_page.page()


def test_every_key_is_declared_and_has_a_row() -> None:
    """Pulumi.yaml and the page know the same keys, with types and defaults that Settings has."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    page = settings_page.PAGE.read_text().split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert list(declared) == rows == list(DECLARED)
    kinds = {"boolean": bool, "integer": int, "array": tuple, "object": dict, "string": str}
    for key, entry in declared.items():
        one = DECLARED[key]
        assert issubclass(one.type, kinds[entry["type"]]), key
        default = tuple(entry["default"]) if entry["type"] == "array" else entry["default"]
        assert default == one.default, key
        assert entry["description"] == one.doc, key


def test_each_default_on_the_page_can_be_set() -> None:
    """What the page shows is what the parser takes, and means the default; "none" is an empty string."""
    page = settings_page.page().split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:`([^`]+)`|none) \|", page, re.MULTILINE)
    shown = dict(rows)
    assert list(shown) == list(DECLARED)
    found = read(shown)
    assert found.errors == ()
    assert found.values == {one.path: one.default for one in DECLARED.values()}


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_a_shipped_stack_file_is_clean_and_right(file: Path) -> None:
    """No salt of somebody's passphrase, nothing that equals a default, and settings that can be deployed."""
    stack = yaml.safe_load(file.read_text())
    assert list(stack) == ["config"]
    ours = {key: value for key, value in stack["config"].items() if key.startswith("airflow-ecs:")}
    others = set(stack["config"]) - set(ours)
    assert others <= {"aws:region", "aws:s3UsePathStyle"}
    raw = {
        key.split(":")[1]: value if isinstance(value, str) else _json(value) for key, value in ours.items()
    }
    settings = parse(raw)
    assert list(ours) == sorted(ours)
    for key in set(raw) - {"architecture"}:  # said on purpose in each
        value: object = settings
        for name in DECLARED[key].path:
            value = getattr(value, name)
        assert value != DECLARED[key].default, key


def _json(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def test_the_shipped_stacks_are_these() -> None:
    """One to try, one to rely on, one for this machine."""
    assert [file.name for file in STACKS] == ["Pulumi.dev.yaml", "Pulumi.local.yaml", "Pulumi.prod.yaml"]


def test_every_test_has_a_docstring() -> None:
    """In a docstring: a name alone is seldom enough."""
    folders = ("components", "program")
    files = [file for folder in folders for file in _files(f"tests/{folder}")] + [Path(__file__)]
    silent = [
        f"{file.name}:{function.name}"
        for file in files
        for function in _functions(file)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_tests_of_the_model_need_no_pulumi() -> None:
    """Nor boto3: the model is plain Python, and so are its tests."""
    for file in [*_files("tests/components/model"), ROOT / "tests" / "conftest.py"]:
        assert not _imported(file) & {"pulumi", "pulumi_aws", "boto3", "components"}, file.name
        assert not re.search("pulumi_mocks|rendered_stacks", file.read_text()), file.name


def test_tests_of_components_lie_as_the_components_do() -> None:
    """`tests/components/data/test_broker.py` tests `components/data/broker.py`."""
    tests = ROOT / "tests" / "components"
    unmatched = {
        file.stem
        for file in tests.rglob("test_*.py")
        if not (ROOT / "components" / file.parent.relative_to(tests) / f"{file.stem[5:]}.py").exists()
    }
    # Of several modules, or of what they do together.
    assert unmatched == {
        "test_catalogue",
        "test_dynamic_providers",
        "test_existing_infrastructure",
        "test_urls",
    }
