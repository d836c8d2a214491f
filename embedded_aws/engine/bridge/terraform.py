"""terraform-provider-aws as the servicer sees it: its types by Pulumi's token, its plans and its applies."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.engine.bridge import endpoints, names, newer, planning, sdk
from embedded_aws.engine.bridge.schema import Object, object_of
from embedded_aws.engine.bridge.tfplugin import DiagnosticsError, Plugin, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

_VERSION = "1.11.4"  # the Terraform that we say we are: the first lines that know write-only arguments


@dataclass(frozen=True)
class Kind:
    """A resource or data source: Pulumi's token, Terraform's name and type."""

    token: str
    name: str
    type: Object


@dataclass(frozen=True)
class State:
    """What Terraform knows of a resource: its value (None: it is not there) and the provider's own notes."""

    value: Any
    private: bytes


NOTHING = State(None, b"")


@dataclass(frozen=True)
class Plan:
    """What an apply would do: the configuration, the value to come, and the fields that need a new one."""

    config: Any
    planned: Any
    private: bytes
    replacing: set[str]


class PartlyAppliedError(DiagnosticsError):
    """An apply failed half-way: `state` is what it left behind."""

    def __init__(self, error: DiagnosticsError, state: State) -> None:
        super().__init__(str(error), error.answer)
        self.state = state


class Terraform:
    """The provider's process. Start it in the main thread; it is asked for its schemas on first use."""

    def __init__(self, binary: str) -> None:
        self._plugin = Plugin(binary, endpoints.sealed(os.environ))
        self._lock = threading.Lock()
        self._schema: Any = None
        self._sources: dict[bool, dict[str, Any]] = {}
        self._kinds: dict[str, Kind] = {}

    def _connect(self) -> None:
        if self._schema is None:
            self._schema = self._plugin.connect()
            self._sources[False] = {entry.key: entry.value for entry in self._schema.resource_schemas}
            self._sources[True] = {entry.key: entry.value for entry in self._schema.data_source_schemas}

    def kind(self, token: str, *, data: bool = False) -> Kind:
        """Return what Terraform has for a resource's token, or a function's.

        Raises:
            ProviderError: It has nothing.
        """
        with self._lock:
            self._connect()
            if token not in self._kinds:
                name = names.terraform_type(token, self._sources[data])
                properties = sdk.function(token) if data else sdk.resource(token)
                self._kinds[token] = Kind(
                    token, name, object_of(self._sources[data][name].block, properties, name)
                )
            return self._kinds[token]

    def provider_type(self) -> Object:
        """Return the type of the provider's own configuration."""
        with self._lock:
            self._connect()
        return object_of(self._schema.provider.block, None)

    def configure(self, config: dict[str, Any]) -> None:
        """Give the provider its configuration: once, before anything else."""
        prepared = self._plugin.call("PrepareProviderConfig", config=pack(config))
        self._plugin.call("Configure", terraform_version=_VERSION, config=prepared.prepared_config)

    def validate(self, kind: Kind, config: Any, warn: Callable[[str], None]) -> None:
        """Have a resource's configuration checked."""
        self._plugin.call("ValidateResourceTypeConfig", warn, type_name=kind.name, config=pack(config))

    def plan(self, kind: Kind, prior: State, config: Any) -> Plan:
        """Have the provider say what it would do.

        Raises:
            ProviderError: The newer provider, which the SDK is for, would refuse.
        """
        config = newer.configuration(kind.name, prior.value, config)
        answer = self._plugin.call(
            "PlanResourceChange",
            type_name=kind.name,
            prior_state=pack(prior.value),
            proposed_new_state=pack(planning.proposed(kind.type, prior.value, config)),
            config=pack(config),
            prior_private=prior.private,
        )
        replacing = {path.steps[0].attribute_name for path in answer.requires_replace if path.steps}
        planned = unpack(answer.planned_state)
        replacing = newer.replacing(kind.name, kind.type, prior.value, planned, replacing)
        return Plan(config, planned, answer.planned_private, replacing)

    def apply(self, kind: Kind, prior: State, plan: Plan, warn: Callable[[str], None]) -> State:
        """Carry a plan out and return what there is then.

        Raises:
            PartlyAppliedError: It failed and left something behind.
            DiagnosticsError: It failed.
        """
        try:
            answer = self._plugin.call(
                "ApplyResourceChange",
                warn,
                type_name=kind.name,
                prior_state=pack(prior.value),
                planned_state=pack(plan.planned),
                config=pack(plan.config),
                planned_private=plan.private,
            )
        except DiagnosticsError as error:
            left = unpack(error.answer.new_state)
            if left is None:
                raise
            raise PartlyAppliedError(error, State(left, error.answer.private)) from error
        return State(unpack(answer.new_state), answer.private)

    def delete(self, kind: Kind, prior: State, warn: Callable[[str], None]) -> None:
        """Delete a resource."""
        self.apply(kind, prior, Plan(None, None, prior.private, set()), warn)

    def read(self, kind: Kind, state: State) -> State:
        """Return a resource as AWS tells it now."""
        answer = self._plugin.call(
            "ReadResource", type_name=kind.name, current_state=pack(state.value), private=state.private
        )
        return State(unpack(answer.new_state), answer.private)

    def find(self, kind: Kind, ident: str) -> State:
        """Return the resource with an id that Terraform knows to import."""
        answer = self._plugin.call("ImportResourceState", type_name=kind.name, id=ident)
        resource = answer.imported_resources[0]
        return self.read(kind, State(unpack(resource.state), resource.private))

    def read_data(self, kind: Kind, config: Any, warn: Callable[[str], None]) -> Any:
        """Return what a data source answers."""
        self._plugin.call("ValidateDataSourceConfig", warn, type_name=kind.name, config=pack(config))
        return unpack(self._plugin.call("ReadDataSource", type_name=kind.name, config=pack(config)).state)

    def cancel(self) -> None:
        """Ask the provider to give up what it waits for."""
        if self._schema is not None:
            self._plugin.call("Stop")

    def close(self) -> None:
        """End the provider's process."""
        self._plugin.close()
