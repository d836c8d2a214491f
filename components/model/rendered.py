"""Resources as a program renders them: a type and its inputs, wherever they come from.

A preview, a deployed stack and a run against mocks all give the same; rules and prices need no more.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi writes for a value that is known only after the deployment.

https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/go/common/resource/plugin/rpc.go
"""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """One resource.

    Attributes:
        type: Pulumi's type token, such as `aws:rds/instance:Instance`.
        name: its logical name.
        inputs: by the provider's names (camelCase); `UNKNOWN` where a value is not known yet.
        protect: whether Pulumi refuses to delete it.
        urn: its identity, "" where it has none.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    protect: bool = False
    urn: str = field(default="", compare=False)

    @cached_property
    def kind(self) -> str:
        """Service and class, such as `rds/Instance`."""
        if self.type.count(":") < 2:  # noqa: PLR2004, a token has three parts
            return self.type
        module, name = self.type.split(":")[1:3]
        return f"{module.split('/')[0]}/{name}"


def known(value: Any) -> bool:
    """Return whether a value, with all that is in it, is known before the deployment."""
    if isinstance(value, Mapping):
        return all(map(known, value.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    if isinstance(value, list | tuple):
        return all(map(known, value))  # pyright: ignore[reportUnknownArgumentType]
    return not (isinstance(value, str) and UNKNOWN in value)


def mapping(value: Any) -> dict[str, Any]:
    """Take a nested input as a mapping; empty where it is not set."""
    return value or {}


def listed(value: Any) -> list[dict[str, Any]]:
    """Take a nested input as a list of mappings; empty where it is not set."""
    return value or []


def containers(task_definition: Rendered) -> list[dict[str, Any]]:
    """Read the container definitions of a task definition; none while they are not known."""
    text = task_definition.inputs.get("containerDefinitions")
    if isinstance(text, str) and known(text):
        return json.loads(text)
    return text if isinstance(text, list) else []  # pyright: ignore[reportUnknownVariableType]


def document(resource: Rendered, key: str) -> dict[str, Any] | None:
    """Read a policy document that is an input in JSON; None while it is not known, or not there."""
    text = resource.inputs.get(key)
    if isinstance(text, Mapping):
        return dict(text)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return json.loads(text) if isinstance(text, str) and known(text) else None


def of_kind(resources: Iterable[Rendered], kind: str) -> Iterator[Rendered]:
    """Give the resources of a kind, such as `ecs/Service`."""
    return (one for one in resources if one.kind == kind)
