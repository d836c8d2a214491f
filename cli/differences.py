"""What differs between two states of a resource, in lines that read well.

Texts that hold JSON (container definitions, policies) are compared key by key; lists of named things
(containers, variables, parameters) by name. What the engine marks as secret, and what looks like a secret
in a container's environment, never shows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from components.model.rendered import UNKNOWN, known, mapping
from components.model.settings.plaintext import is_secret
from policy.containers import NO_SECRETS

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""Marks a special value in Pulumi's own format.

https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/go/common/resource/sig/sig.go
"""
SECRET: Final = "[secret]"  # noqa: S105, what stands in its place
IGNORED: Final = {"__provider", "__defaults"}
"""Inputs that say nothing to people: pickled code, the bridge's own marks."""
NAMES: Final = ("name", "key", "id", "sid", "Sid", "containerPath")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value that changes.

    Attributes:
        path: where it stands, such as `containerDefinitions.scheduler.environment.AWS_REGION`.
        before: its text, None where it was not there.
        after: its text, None where it will not be there, `UNKNOWN` until the deployment tells it.
    """

    path: str
    before: str | None
    after: str | None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """List what differs, in the order of the paths."""
    old, new = flat(before), flat(after)
    later = {path for path, text in new.items() if text == UNKNOWN}
    return [
        Difference(path=path, before=old.get(path), after=new.get(path))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path) and not _below(path, later)
    ]


def _below(path: str, parents: set[str]) -> bool:
    """Tell whether a path lies inside a value that is known later only: its parts are not gone."""
    return any(path.startswith((f"{parent}.", f"{parent}[")) for parent in parents)


def flat(tree: Any, path: str = "") -> dict[str, str]:
    """Give the leaves of a value by their path; `UNKNOWN` where one is not known yet."""
    if isinstance(tree, Mapping):
        return _flat_mapping(tree, path)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return _flat_list(tree, path)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(tree, str) and (inner := _json(tree)) is not None:
        return flat(inner, path)
    return {path: shown(tree)}


def shown(leaf: Any) -> str:
    """Write a plain value as people read it; `UNKNOWN` where it is not known yet."""
    if not known(leaf):
        return UNKNOWN
    if isinstance(leaf, bool):
        return str(leaf).lower()
    if isinstance(leaf, float) and leaf.is_integer():
        return str(int(leaf))
    return str(leaf)


def _flat_mapping(tree: Mapping[str, Any], path: str) -> dict[str, str]:
    if SIGNATURE in tree:
        return {path: SECRET}
    found: dict[str, str] = {}
    for key, value in tree.items():
        if key not in IGNORED:
            found |= flat(value, f"{path}.{key}" if path else key)
    return found


def _flat_list(tree: Sequence[Any], path: str) -> dict[str, str]:
    if all(not isinstance(item, Mapping | list) for item in tree):
        return {path: ", ".join(map(shown, tree))} if tree else {}
    found: dict[str, str] = {}
    for index, item in enumerate(tree):
        found |= _flat_item(item, index, path)
    return found


def _flat_item(item: Any, index: int, path: str) -> dict[str, str]:
    fields = mapping(item) if isinstance(item, Mapping) else {}
    name = next((fields[key] for key in NAMES if key in fields), None)
    if not isinstance(name, str) or not known(name):
        return flat(item, f"{path}[{index}]")
    rest = {key: value for key, value in fields.items() if value != name}
    place = f"{path}.{name}"
    if set(rest) == {"value"}:
        hidden = looks_secret(name, str(rest["value"]))
        return {place: SECRET if hidden else shown(rest["value"])}
    if set(rest) == {"valueFrom"}:
        return {place: shown(rest["valueFrom"])}
    return flat(rest, place) if rest else {place: "present"}


def looks_secret(name: str, value: str) -> bool:
    """Tell whether a variable should not be shown, though nobody marked it as secret."""
    return name not in NO_SECRETS and is_secret(name, value)


def _json(text: str) -> Any:
    """Read a text that is a JSON object or list; None for any other."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
