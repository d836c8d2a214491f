"""Writes what is generated from the settings: Pulumi.yaml's declarations and docs/configuration.md.

python -m cli.pages.settings_page
"""

import json
from pathlib import Path
from typing import Any

from components.model.settings.configuration import DECLARED
from components.model.settings.setting import Declaration, Section, declarations

PROJECT = Path(__file__).resolve().parents[2]
PROJECT_FILE = PROJECT / "Pulumi.yaml"
PAGE = PROJECT / "docs" / "configuration.md"
TYPES = {bool: "boolean", int: "integer", tuple: "array", dict: "object"}
WORDS = {"object": "mapping"}
LISTED = {"string": "strings", "object": "mappings"}

HEADER = """\
name: airflow-ecs
description: A production Apache Airflow 3 cluster on AWS ECS Fargate
runtime:
  name: python
  options:
    virtualenv: .venv
# Written by `make docs` from components/model/settings/, which has the rules.
config:
"""
PAGE_HEADER = """\
# Settings

Set a value with `pulumi config set KEY VALUE`, a list item with `pulumi config set --path "KEY[0]" VALUE`,
and an entry of a mapping with `pulumi config set --path "KEY.NAME" VALUE`. All errors are reported at once,
before anything is created. `make docs` generates this page from `components/model/settings`.

| key | type | default | meaning |
| --- | --- | --- | --- |
"""

SECTION_HEADER = """
## {key}

Set one with `pulumi config set --path "{key}[0].KEY" VALUE`.

| key | type | default | meaning |
| --- | --- | --- | --- |
"""


def project_file() -> str:
    """Give the text of Pulumi.yaml."""
    return HEADER + "".join(map(_declaration, DECLARED.values()))


def page() -> str:
    """Give the text of docs/configuration.md."""
    rows = (f"| `{one.key}` | {_values(one)} | {_default(one)} | {one.doc} |\n" for one in DECLARED.values())
    return PAGE_HEADER + "".join(rows) + "".join(map(_section, filter(_has_sections, DECLARED.values())))


def _declaration(one: Declaration) -> str:
    kind = TYPES.get(one.type, "string")
    items = f"    items: {{type: {_items(one)}}}\n" if kind == "array" else ""
    return (
        f"  {one.key}:\n"
        f"    type: {kind}\n{items}"
        f"    description: {json.dumps(one.doc)}\n"
        f"    default: {json.dumps(_plain(one.default))}\n"
    )


def _items(one: Declaration) -> str:
    return "string" if one.items is str else "object"


def _has_sections(one: Declaration) -> bool:
    return issubclass(one.items, Section)


def _section(one: Declaration) -> str:
    """Describe the keys of each item of a list."""
    keys = declarations(one.items)
    rows = (f"| `{key.key}` | {_values(key)} | {_default(key)} | {key.doc} |\n" for key in keys)
    return SECTION_HEADER.format(key=one.key) + "".join(rows)


def _values(one: Declaration) -> str:
    if one.type is tuple:
        below = f", [each with these keys](#{one.key.lower()})" if _has_sections(one) else ""
        return f"list of {LISTED[_items(one)]}{below}"
    if kind := TYPES.get(one.type):
        return WORDS.get(kind, kind)
    members: Any = getattr(one.type, "__members__", None)
    return " or ".join(f"`{member.value}`" for member in members.values()) if members else "string"


def _default(one: Declaration) -> str:
    """Write a default as a stack file and `pulumi config set` take it."""
    value = _plain(one.default)
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`" if text else "none"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else getattr(value, "value", value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


if __name__ == "__main__":
    PROJECT_FILE.write_text(project_file())
    PAGE.write_text(page())
