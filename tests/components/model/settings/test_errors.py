"""An error knows its path: every rule of a settings class is checked, each reader reads their own names."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.model.settings import errors, setting
from components.model.settings.configuration import DECLARED
from components.model.settings.errors import (
    Errors,
    Key,
    SettingError,
    SettingsError,
    at,
    invalid,
    name_of,
    python_name,
    stack_key,
)
from components.model.settings.rules import between
from components.model.settings.setting import Section, declarations, section
from components.model.settings.settings import (
    DatabaseSettings,
    IamSettings,
    LoadBalancerSettings,
    ServiceSettings,
    Settings,
)

SETTINGS = Path(errors.__file__).parent
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf"


@dataclass(frozen=True, kw_only=True)
class Window(Section):
    """A section that no class of the program lists."""

    first_hour: int = setting.setting(0, "When it begins.", between(0, 23))
    last_hour: int = setting.setting(23, "When it ends.", between(0, 23))

    def errors(self) -> Errors:
        """It does not end before it begins."""
        if self.last_hour < self.first_hour:
            yield at("last_hour", f"must be {name_of('first_hour')} or later; got {self.last_hour}")


@dataclass(frozen=True, kw_only=True)
class Backup(Section):
    """A section with another inside."""

    night_window: Window = section(Window())


@dataclass(frozen=True, kw_only=True)
class Wider(Settings):
    """The program's settings and more."""

    backup: Backup = section(Backup())


@dataclass(frozen=True, kw_only=True)
class Calendar(Section):
    """A list of sections."""

    night_windows: tuple[Window, ...]


def _broken(settings: type[Settings], **values: object) -> SettingsError:
    with pytest.raises(SettingsError) as broken:
        settings(**values)  # pyright: ignore[reportArgumentType]
    return broken.value


def test_a_sections_rules_are_checked_because_it_is_a_section() -> None:
    """Its own and those of its settings, with the path from the outermost class, at every depth."""
    wrong = Window(first_hour=24, last_hour=3)
    (first, last) = _broken(Wider, backup=Backup(night_window=wrong)).errors
    assert first.path == ("backup", "night_window", "first_hour")
    assert last.path == ("backup", "night_window", "last_hour")
    assert last.render(stack_key) == (
        "backupNightWindowLastHour must be backupNightWindowFirstHour or later; got 3"
    )
    assert last.render(python_name) == (
        "backup.night_window.last_hour must be backup.night_window.first_hour or later; got 3"
    )
    assert Wider(backup=Backup(night_window=Window(first_hour=1)))


def test_a_section_in_a_list_is_named_by_its_index() -> None:
    """In both notations, and so is the setting that the message names."""
    with pytest.raises(SettingsError) as broken:
        setting.check(Calendar(night_windows=(Window(), Window(first_hour=9, last_hour=3))))
    assert broken.value.lines(stack_key) == [
        "nightWindows[1].lastHour must be nightWindows[1].firstHour or later; got 3"
    ]
    assert str(broken.value) == (
        "night_windows[1].last_hour must be night_windows[1].first_hour or later; got 3"
    )


@pytest.mark.parametrize(
    ("values", "in_python", "in_stack"),
    [
        (
            {"load_balancer": LoadBalancerSettings(hosted_zone_id="Z1")},
            "load_balancer.hosted_zone_id needs load_balancer.domain. Set it, or remove the zone",
            "loadBalancerHostedZoneId needs loadBalancerDomain. Set it, or remove the zone",
        ),
        (
            {"scheduler": ServiceSettings(memory_mib=4000)},
            (
                "scheduler.memory_mib must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 for 1024 CPU "
                "units; got 4000. Nearest: 4096, or change scheduler.cpu_units"
            ),
            (
                "schedulerMemoryMib must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 for 1024 CPU "
                "units; got 4000. Nearest: 4096, or change schedulerCpuUnits"
            ),
        ),
        (
            {"database": DatabaseSettings(port=6432)},
            "database.port needs database.host. Set it, or remove database.port",
            "databasePort needs databaseHost. Set it, or remove databasePort",
        ),
        (
            {"extra_environment": {"worker": {"A_TOKEN": "x"}}},
            (
                'extra_environment["worker"]["A_TOKEN"] must not be in plaintext. Store it in Secrets '
                "Manager, and set its ARN in extra_secrets"
            ),
            (
                "extraEnvironment.worker.A_TOKEN must not be in plaintext. Store it in Secrets Manager, and "
                "set its ARN in extraSecrets"
            ),
        ),
        (
            {"iam": IamSettings(extra_statements={"all": [{"Action": "a:b", "Resource": "*"}, 1]})},
            (
                'iam.extra_statements["all"][1] must be a statement with Action and Resource, and Effect, '
                "Condition or Sid; got 1"
            ),
            (
                "iamExtraStatements.all[1] must be a statement with Action and Resource, and Effect, "
                "Condition or Sid; got 1"
            ),
        ),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_each_reader_reads_their_own_names(values: dict[str, object], in_python: str, in_stack: str) -> None:
    """Attributes for who writes Python, keys for who writes a stack file: of one and the same error."""
    error = _broken(Settings, **values)
    assert str(error) == in_python
    assert error.lines(stack_key) == [in_stack]


def test_all_wrong_parts_of_a_value_come_at_once() -> None:
    """A mapping is looked through to its end."""
    error = _broken(Settings, extra_secrets={"worker": {"A": "x", "PATH": SECRET}, "flower": "x"})
    assert [one.path for one in error.errors] == [
        ("extra_secrets", Key("worker"), Key("A")),
        ("extra_secrets", Key("worker"), Key("PATH")),
        ("extra_secrets", Key("flower")),
    ]


def test_what_a_user_writes_is_not_taken_for_a_name() -> None:
    """Whatever characters are in it."""
    wrong = f"{name_of('domain')}!"
    (error,) = _broken(Settings, load_balancer=LoadBalancerSettings(domain=wrong)).errors
    assert error.settings == {("load_balancer", "domain")}
    assert error.render(stack_key).startswith("loadBalancerDomain must be a domain in small letters; got ")
    assert "loadBalancerDomain" not in error.render(stack_key).split("got ")[1]


def test_an_error_of_no_setting_is_its_message() -> None:
    """Such as one of the cluster's name, which no stack file holds."""
    assert invalid("the name is too long").render(stack_key) == "the name is too long"


@pytest.mark.parametrize(
    ("path", "in_python", "in_stack"),
    [
        (("a_b", Key("c.d")), 'a_b["c.d"]', 'aB["c.d"]'),
        (("a_b", Key("c-d"), 0), 'a_b["c-d"][0]', "aB.c-d[0]"),
        (("groups", 1, "cpu_units"), "groups[1].cpu_units", "groups[1].cpuUnits"),
        (("broker", "kind"), "broker.kind", "broker"),
        (("kind",), "kind", "kind"),
        ((Key("wrokerCount"),), '["wrokerCount"]', "wrokerCount"),
    ],
)
def test_a_path_is_written_as_its_reader_would(path: errors.Path, in_python: str, in_stack: str) -> None:
    """As a Python expression, and as `pulumi config set --path` takes it."""
    assert (python_name(path), stack_key(path)) == (in_python, in_stack)
    assert SettingError(path, "is wrong").render(stack_key) == f"{in_stack} is wrong"


def test_a_name_in_a_message_is_that_of_a_setting() -> None:
    """Every `name_of("...")` and `at("...")` of the program is the end of a declared path."""
    items = (one.items for one in DECLARED.values() if issubclass(one.items, Section))
    declared = [*DECLARED.values(), *(key for section in items for key in declarations(section))]
    paths = {".".join(one.path) for one in declared}
    ends = {path[start:] for path in paths for start in _starts(path)}
    program = SETTINGS.parent.parent
    names = [(file.name, name) for file in program.rglob("*.py") for name in _named(file)]
    assert len(names) > 50
    assert [one for one in names if one[1].removeprefix(".") not in ends] == []


def _starts(path: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\.", path))]


def _named(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in {"at", "name_of"}
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def test_no_message_writes_a_key_by_hand() -> None:
    """A key of a stack file is in no string of the component but the meaning of settings, for their page."""
    keys = re.compile(rf"\b({'|'.join(key for key in DECLARED if not key.islower())})\b")
    written = [
        f"{file.name}: {text}"
        for file in SETTINGS.parent.parent.rglob("*.py")
        for text in _strings(ast.parse(file.read_text()))
        if keys.search(text) and text not in DECLARED  # AWS has a containerInsights too
    ]
    assert written == []


def _strings(tree: ast.AST) -> Iterator[str]:
    """The strings of a module, docstrings and declarations of settings aside."""
    aside = {
        id(inner)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "setting")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            yield node.value
