"""Pulumi's side of package `aws`: each request is translated, planned or applied by Terraform's provider."""

# ruff: noqa: ARG002, D102, N802 - the protocol names the methods and their parameters, and describes them

from __future__ import annotations

import functools
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2 as pb

from embedded_aws.engine.bridge import endpoints, names, planning, unsupported_properties, values
from embedded_aws.engine.bridge.schema import Object
from embedded_aws.engine.bridge.terraform import NOTHING, Kind, PartlyAppliedError, Plan, State, Terraform
from embedded_aws.engine.bridge.tfplugin import DiagnosticsError
from embedded_aws.engine.provider import (
    InitializationError,
    Provider,
    ProviderError,
    answering,
    logical_name,
    plain,
    resource_type,
    secret,
    struct,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_STATE = "__terraform"  # the output that holds Terraform's own state, encrypted
_DEFAULTS = "__defaults"  # the inputs that were made up here
_LIMITS = "timeouts"  # the block of Terraform that holds what Pulumi calls customTimeouts
_PLAIN_TEXT = {"region", "accessKey", "secretKey", "token", "profile"}  # settings that are no JSON


class Aws(Provider):
    """The provider that the Pulumi engine talks to."""

    def __init__(self, version: str, engine: str) -> None:
        super().__init__(version, engine)
        self._terraform = Terraform(os.environ["TERRAFORM_AWS_PROVIDER"])
        self._region = ""

    def close(self) -> None:
        """End terraform-provider-aws."""
        self._terraform.close()

    # -- the provider itself ------------------------------------------------------------

    @answering
    def Configure(self, request: Any, context: Any) -> pb.ConfigureResponse:
        arguments = {key: _setting(key, value) for key, value in plain(request.args).items()}
        arguments = {key: value for key, value in arguments.items() if value not in ("", None)}
        arguments.pop("version", None)
        self._region = arguments.setdefault(
            "region", os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
        )
        endpoints.check(os.environ, arguments.get("endpoints", []))
        config = values.to_terraform(
            self._terraform.provider_type(),
            arguments,
            functools.partial(unsupported_properties.record, "pulumi:providers:aws", ""),
        )
        config["s3_use_path_style"] = True  # a bucket has no host name of its own on loopback
        self._terraform.configure(config)
        return pb.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._terraform.cancel()
        return empty_pb2.Empty()

    # -- translation ----------------------------------------------------------------------

    def _config(self, kind: Kind, inputs: dict[str, Any], name: str) -> Any:
        return values.to_terraform(
            kind.type, inputs, functools.partial(unsupported_properties.record, kind.token, name)
        )

    def _outputs(self, kind: Kind, value: dict[str, Any]) -> dict[str, Any]:
        outputs = values.to_pulumi(kind.type, value)
        if self._region:
            outputs.setdefault("region", self._region)
        for (terraform_type, output), original in names.COPIED.items():
            if terraform_type == kind.name and original in outputs:
                outputs.setdefault(output, outputs[original])
        return outputs

    def _result(self, kind: Kind, state: State) -> dict[str, Any]:
        kept = json.dumps({"value": state.value, "private": state.private.hex()})
        return self._outputs(kind, state.value) | {_STATE: secret(kept)}

    def _warn(self, urn: str) -> Callable[[str], None]:
        return functools.partial(self.warn, urn=urn)

    # -- resources ------------------------------------------------------------------------

    @answering
    def Check(self, request: Any, context: Any) -> pb.CheckResponse:
        kind = self._terraform.kind(resource_type(request.urn))
        inputs = plain(request.news)
        made_up = _made_up(kind, inputs, plain(request.olds), request)
        inputs |= made_up
        failures: list[pb.CheckFailure] = []
        try:
            config = self._config(kind, inputs, logical_name(request.urn))
            self._terraform.validate(kind, config, self._warn(request.urn))
        except DiagnosticsError as error:
            failures.append(pb.CheckFailure(reason=str(error)))
        return pb.CheckResponse(inputs=struct(MessageToDict(request.news) | made_up), failures=failures)

    @answering
    def Diff(self, request: Any, context: Any) -> pb.DiffResponse:
        kind = self._terraform.kind(resource_type(request.urn))
        inputs, prior = plain(request.news), _state(request.olds)
        plan = self._plan(kind, prior, request)
        causes = planning.changes(kind.type, prior.value, plan.config, plan.planned, plan.replacing)
        replaces = [field.pulumi for field in causes if field.name in plan.replacing]
        detail = {
            field.pulumi: pb.PropertyDiff(
                kind=pb.PropertyDiff.UPDATE_REPLACE
                if field.name in plan.replacing
                else pb.PropertyDiff.UPDATE
            )
            for field in causes
        }
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if causes else pb.DiffResponse.DIFF_NONE,
            diffs=[field.pulumi for field in causes],
            replaces=replaces,
            detailedDiff=detail,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and _one_at_a_time(kind, inputs, replaces),
        )

    def _plan(self, kind: Kind, prior: State, request: Any, seconds: float = 0) -> Plan:
        config = self._config(kind, plain(request.news), logical_name(request.urn))
        for name in request.ignoreChanges:
            field = kind.type.by_pulumi.get(name)
            if field:
                config[field.name] = prior.value.get(field.name)
        if _LIMITS in kind.type.fields:
            config[_LIMITS] = prior.value.get(_LIMITS)  # no argument of Pulumi's, so no change
        return self._terraform.plan(kind, prior, _timed(kind, config, "update", seconds))

    @answering
    def Create(self, request: Any, context: Any) -> pb.CreateResponse:
        kind = self._terraform.kind(resource_type(request.urn))
        config = self._config(kind, plain(request.properties), logical_name(request.urn))
        config = _timed(kind, config, "create", request.timeout)
        plan = self._terraform.plan(kind, NOTHING, config)
        if request.preview:
            return pb.CreateResponse(properties=struct(self._outputs(kind, plan.planned)))
        state = self._apply(kind, NOTHING, plan, request.urn)
        return pb.CreateResponse(id=_id(kind, state), properties=struct(self._result(kind, state)))

    @answering
    def Update(self, request: Any, context: Any) -> pb.UpdateResponse:
        kind = self._terraform.kind(resource_type(request.urn))
        prior = _state(request.olds)
        plan = self._plan(kind, prior, request, request.timeout)
        if request.preview:
            return pb.UpdateResponse(properties=struct(self._outputs(kind, plan.planned)))
        state = self._apply(kind, prior, plan, request.urn)
        return pb.UpdateResponse(properties=struct(self._result(kind, state)))

    def _apply(self, kind: Kind, prior: State, plan: Plan, urn: str) -> State:
        try:
            return self._terraform.apply(kind, prior, plan, self._warn(urn))
        except PartlyAppliedError as error:
            ident = error.state.value.get("id")
            if not ident:
                raise
            raise InitializationError(str(error), ident, self._result(kind, error.state)) from error

    @answering
    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        kind = self._terraform.kind(resource_type(request.urn))
        self._terraform.delete(kind, _state(request.properties), self._warn(request.urn))
        return empty_pb2.Empty()

    @answering
    def Read(self, request: Any, context: Any) -> pb.ReadResponse:
        kind = self._terraform.kind(resource_type(request.urn))
        is_managed = _STATE in request.properties.fields
        state = (
            self._terraform.read(kind, _state(request.properties))
            if is_managed
            else self._terraform.find(kind, request.id)
        )
        if state.value is None:
            return pb.ReadResponse()
        inputs = MessageToDict(request.inputs) or self._inputs(kind, state)
        return pb.ReadResponse(
            id=_id(kind, state), inputs=struct(inputs), properties=struct(self._result(kind, state))
        )

    def _inputs(self, kind: Kind, state: State) -> dict[str, Any]:
        settable = {
            field.name: state.value.get(field.name) for field in kind.type.fields.values() if field.settable
        }
        return values.to_pulumi(kind.type, settable)

    @answering
    def Invoke(self, request: Any, context: Any) -> pb.InvokeResponse:
        kind = self._terraform.kind(request.tok, data=True)
        config = self._config(kind, plain(request.args), "")
        answer = self._terraform.read_data(kind, config, self._warn(""))
        response = pb.InvokeResponse()
        getattr(response, "return").CopyFrom(struct(self._outputs(kind, answer)))
        return response


def _setting(key: str, value: Any) -> Any:
    """Return a provider setting: the engine sends all but text as JSON."""
    if key in _PLAIN_TEXT or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _state(properties: Any) -> State:
    kept = json.loads(plain(properties)[_STATE])
    return State(kept["value"], bytes.fromhex(kept["private"]))


def _id(kind: Kind, state: State) -> str:
    ident = state.value.get("id")
    if not ident:
        raise ProviderError(f"{kind.name} has no id: this engine cannot keep it")
    return str(ident)


def _made_up(kind: Kind, inputs: dict[str, Any], olds: dict[str, Any], request: Any) -> dict[str, Any]:
    """Return the name to add to the inputs, where the program gives none: the one it has, or a new one."""
    naming = names.autoname(kind.name)
    field = kind.type.fields.get(naming.field)
    if field is None or not field.settable or field.pulumi in inputs or f"{field.pulumi}Prefix" in inputs:
        return {}
    made_before = field.pulumi in olds.get(_DEFAULTS, [])
    name = (olds.get(field.pulumi) if made_before else None) or request.autonaming.proposed_name
    if not name:
        digits = hashlib.sha256(request.randomSeed or os.urandom(8)).hexdigest()[:7]
        suffix_field = kind.type.fields.get(naming.suffix_field)
        suffixed = bool(suffix_field and inputs.get(suffix_field.pulumi))
        name = naming.make(kind.token, logical_name(request.urn), digits, suffixed=suffixed)
    return {field.pulumi: name, _DEFAULTS: [field.pulumi]}


def _one_at_a_time(kind: Kind, inputs: dict[str, Any], replaces: list[str]) -> bool:
    """Whether old and new cannot be there together: AWS allows one, or both would bear the program's name."""
    field = kind.type.fields.get(names.autoname(kind.name).field)
    named = field is not None and field.pulumi in inputs and field.pulumi not in inputs.get(_DEFAULTS, [])
    return kind.name in names.DELETED_FIRST or (named and field is not None and field.pulumi not in replaces)


def _timed(kind: Kind, config: dict[str, Any], action: str, seconds: float) -> dict[str, Any]:
    """Return the configuration with the program's own time limit for an action, where it sets one."""
    limits = field.type if (field := kind.type.fields.get(_LIMITS)) else None
    if seconds and isinstance(limits, Object) and action in limits.fields:
        config[_LIMITS] = (config.get(_LIMITS) or limits.empty()) | {action: f"{seconds:.0f}s"}
    return config
