"""What a preview found, read from the engine's events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cli.diagnostics import essence
from components.model.aws.stateful_resources import STATEFUL
from components.model.rendered import Rendered, known, mapping
from components.model.settings import configuration
from components.model.settings.policy_settings import PolicySettings

OURS: Final = "airflow-ecs:"
"""The package of our components' types, whatever the project is called."""
PROVIDERS: Final = "pulumi:providers:"
STACK: Final = "pulumi:pulumi:"
PLUMBING: Final = (STACK, PROVIDERS)
"""The stack itself and the providers."""
UNCHANGED: Final = {
    *("same", "refresh", "read", "read-replacement"),
    *("discard", "discard-replaced", "remove-pending-replace"),
}
REPLACING: Final = {"replace", "create-replacement", "delete-replaced", "import-replacement"}
ORDER: Final = ("delete", "replace", "import", "update", "create")
"""What a reviewer looks at first. https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/"""
SETTINGS_PROVIDER: Final = "pulumi:providers:pulumi-python"
"""The provider of the program's own resources: its inputs are the stack's configuration."""


@dataclass(kw_only=True)
class Change:
    """What happens to one resource.

    Attributes:
        operation: `create`, `update`, `replace`, `import` or `delete`; `same` where nothing changes.
        forcing: inputs that force a replacement.
    """

    urn: str
    operation: str = "same"
    before: Rendered | None = None
    after: Rendered | None = None
    forcing: Sequence[str] = ()

    @property
    def resource(self) -> Rendered:
        """The resource, as it will be where it will be."""
        found = self.after or self.before
        if found is None:
            raise ValueError(f"an event of {self.urn} without a state")
        return found

    @property
    def of_provider(self) -> bool:
        """Whether it is no resource but who makes them, and as whom."""
        return self.resource.type.startswith(PROVIDERS)

    @property
    def loses_data(self) -> bool:
        """Whether something that keeps data goes."""
        gone = self.operation in {"replace", "delete"}
        resource = self.resource
        return gone and (resource.kind in STATEFUL or resource.type in STATEFUL)


@dataclass(kw_only=True)
class Changes:
    """Everything that a preview found.

    Attributes:
        project: its name in Pulumi.yaml, before which its keys stand in the configuration.
        by_urn: every resource of the stack and every provider, changed or not.
        settings: the stack's configuration as it will be, by full key.
        old_settings: as it was at the last deployment; empty for a new stack.
        errors: what the engine complained about.
    """

    project: str = ""
    by_urn: dict[str, Change] = field(default_factory=dict[str, Change])
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    old_settings: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: list[str] = field(default_factory=list[str])

    @property
    def policy(self) -> PolicySettings:
        """How strict the stack wants the policy pack."""
        return configuration.read(configuration.of_project(self.project, self.settings)).policy

    @property
    def changed(self) -> list[Change]:
        """What changes, by operation and name."""
        found = [one for one in self.by_urn.values() if one.operation != "same"]
        return sorted(
            found, key=lambda one: (ORDER.index(one.operation), one.resource.type, one.resource.name)
        )

    @property
    def before(self) -> list[Rendered]:
        """The stack as it is."""
        return [one.before for one in self.by_urn.values() if one.before and not one.of_provider]

    @property
    def after(self) -> list[Rendered]:
        """The stack as it will be."""
        return [one.after for one in self.by_urn.values() if one.after and not one.of_provider]

    @property
    def losing(self) -> list[Change]:
        """What loses data."""
        return [one for one in self.changed if one.loses_data]


def read(events: Iterable[Any]) -> Changes:
    """Read the events of a preview (`pulumi.automation.EngineEvent`)."""
    changes = Changes()
    outputs: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if event.prelude_event:
            changes.settings = dict(event.prelude_event.config)
        elif event.resource_pre_event:
            _step(changes, event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            _outputs(outputs, event.res_outputs_event.metadata)
        elif event.diagnostic_event and event.diagnostic_event.severity == "error":
            changes.errors.append(essence(event.diagnostic_event.message))
    _fill_in(changes, outputs)
    return changes


def _step(changes: Changes, step: Any) -> None:
    operation = getattr(step.op, "value", step.op)
    changes.project = step.urn.split("::")[1]
    if step.type == SETTINGS_PROVIDER and step.old:
        changes.old_settings = {
            key: value if isinstance(value, str) else "[secret]"
            for key, value in mapping(step.old.inputs).items()
            if ":" in key
        }
    if step.type == SETTINGS_PROVIDER or step.type.startswith((OURS, STACK)):
        return
    change = changes.by_urn.setdefault(step.urn, Change(urn=step.urn))
    if operation in REPLACING:
        change.operation = "replace"
        change.forcing = step.keys or change.forcing
    elif operation not in UNCHANGED and change.operation != "replace":
        change.operation = operation
    change.before = change.before or _rendered(step.old)
    if operation not in {"delete", "delete-replaced"}:
        change.after = _rendered(step.new) or change.after


def _rendered(state: Any) -> Rendered | None:
    if state is None:
        return None
    return Rendered(
        type=state.type,
        name=state.urn.rsplit("::", 1)[1],
        inputs=state.inputs or {},
        protect=bool(state.protect),
        urn=state.urn,
    )


def _outputs(outputs: dict[str, Mapping[str, Any]], step: Any) -> None:
    """Keep what a component says about its containers, which is known before the image's digest is."""
    if step.type == f"{OURS}index:TaskDefinition" and step.new:
        outputs[step.urn.rsplit("::", 1)[1]] = step.new.outputs or {}


def _fill_in(changes: Changes, outputs: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace container definitions that are not known yet by what the component says about them."""
    for change in changes.by_urn.values():
        after = change.after
        if (
            after is None
            or after.kind != "ecs/TaskDefinition"
            or known(after.inputs.get("containerDefinitions"))
        ):
            continue
        definitions = outputs.get(after.name, {}).get("containers")
        if isinstance(definitions, list):
            inputs: dict[str, Any] = {**after.inputs, "containerDefinitions": definitions}
            change.after = replace(after, inputs=inputs)
