"""Connections, variables and pools from one file, all checked before anything is made.

The formats are those of `airflow connections import`, `variables import`, `pools import`, under one key each:
https://airflow.apache.org/docs/apache-airflow/stable/cli-and-env-variables-ref.html. A secret is named, never
written: see `named_secrets`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .. import documents
from ..documents import DocumentError, is_mapping, kind
from ..settings import named_secrets
from ..settings.errors import SettingError, SettingsError
from ..settings.named_secrets import unknown
from ..shown import shown
from . import airflow_resource_rules
from .airflow_resource_rules import given, is_described, parsed

SETTING: Final = ("airflow_resources", "file")
MAX_FILE_BYTES: Final = 1024 * 1024
RULES: Final = {
    "connections": airflow_resource_rules.connection,
    "variables": airflow_resource_rules.variable,
    "pools": airflow_resource_rules.pool,
}
"""The file's sections, and what may stand in an entry of each."""


class AirflowResourcesError(ValueError):
    """A text that cannot be applied.

    Attributes:
        errors: one line each: the entry, what is wrong, what to do.
    """

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, kw_only=True)
class AirflowResources:
    """What the migration applies.

    Attributes:
        text: JSON with the three sections, entries by name, each in one form; references stand as they were.
        secret_arns: the secrets that it references, each once, sorted.
    """

    text: str
    secret_arns: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Changes with what is to be applied, not with comments or the order of keys."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load(project: Path, name: str) -> AirflowResources | None:
    """Read the file of a stack.

    Args:
        project: the folder that `name` is relative to.
        name: the file: .yaml, .yml or .json, at most 1 MiB. Empty: no file.

    Raises:
        SettingsError: all that is wrong with the file, at once.
    """
    if not name:
        return None
    try:
        return _load(project, name)
    except AirflowResourcesError as error:
        raise SettingsError([SettingError(SETTING, message) for message in error.errors]) from None


def _load(project: Path, name: str) -> AirflowResources:
    file = project / name
    if file.suffix not in (".yaml", ".yml", ".json"):
        raise AirflowResourcesError([f"must name a .yaml, .yml or .json file; got {shown(name)}"])
    if not file.is_file():
        missing = (
            f"must name a file in {project}; got {shown(name)}, which does not exist. Make it, or unset it"
        )
        raise AirflowResourcesError([missing])
    if (size := file.stat().st_size) > MAX_FILE_BYTES:
        raise AirflowResourcesError([f"{name} must have at most {MAX_FILE_BYTES} bytes; got {size}"])
    try:
        return parse(file.read_text(encoding="utf-8"), as_json=file.suffix == ".json")
    except UnicodeDecodeError:
        raise AirflowResourcesError([f"{name} is not UTF-8 text"]) from None
    except AirflowResourcesError as error:
        raise AirflowResourcesError([f"{name}: {error}" for error in error.errors]) from None


def parse(text: str, *, as_json: bool = False) -> AirflowResources:
    """Check a file's text, and bring it into one form.

    Raises:
        AirflowResourcesError: every error; none holds a value that may be secret.
    """
    try:
        document = documents.read(text, as_json=as_json)
    except DocumentError as error:
        raise AirflowResourcesError([str(error)]) from None
    if not is_mapping(document):
        raise AirflowResourcesError([f"must be a mapping with {', '.join(RULES)}; got {kind(document)}"])
    # What JSON cannot hold would only confuse the rules.
    if errors := [*documents.not_json(document, "")] or [*_errors(document)]:
        raise AirflowResourcesError(errors)
    objects = _in_one_form(document)
    canonical = json.dumps(objects, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return AirflowResources(text=canonical, secret_arns=tuple(sorted(set(named_secrets.arns(objects)))))


def _errors(document: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown("the file", document, RULES)
    for section, rule in RULES.items():
        entries = document.get(section)
        if is_mapping(entries):
            for name, entry in entries.items():
                yield from rule(f"{section}.{name}", name, entry)
        elif entries is not None:
            yield f"{section} must be a mapping from name to entry; got {kind(entries)}"


def _in_one_form(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    connections, variables, pools = (_entries(document, section) for section in RULES)
    return {
        "connections": {name: _connection(entry) for name, entry in connections.items()},
        "variables": {
            name: given(entry) if is_described(entry) else {"value": entry}
            for name, entry in variables.items()
        },
        "pools": {
            name: {"description": "", "include_deferred": False, **given(entry)}
            for name, entry in pools.items()
        },
    }


def _entries(document: Mapping[str, Any], section: str) -> dict[str, Any]:
    return document.get(section) or {}


def _connection(entry: Any) -> Any:
    if isinstance(entry, str):
        return entry
    fields = given(entry)
    return fields | {"extra": parsed(fields["extra"])} if "extra" in fields else fields
