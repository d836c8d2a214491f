"""Events of a preview, as the engine sends them, from two states of a stack."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from components.model.rendered import Rendered

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
"""What the engine puts in a secret's place."""
KINDS = (
    "prelude_event",
    "resource_pre_event",
    "res_outputs_event",
    "diagnostic_event",
    "policy_event",
    "res_op_failed_event",
)


def event(**of_kind: Any) -> Any:
    """Make one event; the other kinds are None."""
    return SimpleNamespace(**(dict.fromkeys(KINDS) | of_kind))


def prelude(project: str = "airflow-ecs", **settings: str) -> Any:
    """Return the first event: the stack's configuration."""
    config = {f"{project}:{key}": value for key, value in settings.items()}
    return event(prelude_event=SimpleNamespace(config={"aws:region": "us-east-1"} | config))


def state(one: Rendered) -> Any:
    """Give a resource as an event holds it."""
    return SimpleNamespace(type=one.type, urn=urn(one), inputs=one.inputs, protect=one.protect, outputs={})


def urn(one: Rendered) -> str:
    """Name a resource as the engine does."""
    return f"urn:pulumi:test::airflow-ecs::{one.type}::{one.name}"


def step(operation: str, before: Rendered | None, after: Rendered | None, keys: Sequence[str] = ()) -> Any:
    """Tell what happens to a resource."""
    one = after or before
    assert one is not None
    metadata = SimpleNamespace(
        op=operation,
        urn=urn(one),
        type=one.type,
        old=state(before) if before else None,
        new=state(after) if after else None,
        keys=list(keys),
    )
    return event(resource_pre_event=SimpleNamespace(metadata=metadata))


def outputs_event(name: str, outputs: Mapping[str, Any]) -> Any:
    """Tell what the component around a task definition says about its containers."""
    kind = "airflow-ecs:index:TaskDefinition"
    new = SimpleNamespace(outputs=outputs)
    metadata = SimpleNamespace(op="same", urn=f"urn::{kind}::{name}", type=kind, new=new)
    return event(res_outputs_event=SimpleNamespace(metadata=metadata))
