# pyright: basic
# Pulumi's mock monitor and its protobuf messages carry no types.
"""Runs a program against Pulumi's mocks and records what it registers.

What a test on a recording proves: the program asks for exactly these resources, with these inputs, in this
order. What it does not prove: that AWS accepts them, that a provider knows the property, that a second
preview is empty. Values that AWS would give (ARNs, addresses) are made up here from the resource's name.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import quote

import grpc
import pulumi
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import get_root_resource, mocks, resource, set_mocks
from pulumi.runtime.proto import resource_pb2, source_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROJECT, STACK, REGION, ACCOUNT = "airflow-ecs", "test", "eu-west-1", "123456789012"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
MASTER_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-0badcafe-AbCdEf"
"""The secret of a database's master user, which RDS makes and names."""
COMPONENT = "airflow-ecs:index:"


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A resource as the program registered it.

    Attributes:
        inputs: by the provider's names, secrets unwrapped.
        clear: the same without what is marked as secret: what an engine would keep in plaintext.
        parent: URN of the parent, "" for the stack.
        provider: URN and id of the provider that was passed to it, "" for the stack's own.
        dependencies: URNs of all resources that must be there before.
    """

    urn: str
    type: str
    name: str
    custom: bool
    inputs: dict[str, Any]
    clear: dict[str, Any]
    parent: str
    provider: str
    protect: bool
    dependencies: frozenset[str]
    ignore_changes: tuple[str, ...]
    retain_on_delete: bool

    @property
    def line(self) -> str:
        """Type and name, as in a list of resources."""
        return f"{self.type} {self.name}"


@dataclass
class Recording:
    """Everything that a program registered.

    Attributes:
        outputs: what components registered as outputs, by URN.
        exports: what the program exported.
        planted: the secret values that were generated.
        asked: every call of a provider's function: its token, and the provider as in `Registration`.
    """

    resources: list[Registration] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    clear_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)
    planted: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def all(self, kind: str) -> list[Registration]:
        """List the resources of a type, by its last word, such as `Subnet`, or by more of its end."""
        return [
            one
            for one in self.resources
            if kind in (one.type, one.type.rsplit(":", 1)[1]) or one.type.endswith(f":{kind}")
        ]

    def one(self, kind: str, name: str | None = None) -> Registration:
        """Give the only resource of a type, or the one of a name."""
        (found,) = [one for one in self.all(kind) if name in (None, one.name)]
        return found

    def names(self, kind: str) -> list[str]:
        """List the names of the resources of a type, sorted."""
        return sorted(one.name for one in self.all(kind))

    def before(self, registration: Registration) -> set[str]:
        """List the URNs of all that must be there before a resource: what it and its parents wait for."""
        by_urn = {one.urn: one for one in self.resources}
        found: set[str] = set()
        waiting = [registration.parent, *registration.dependencies]
        while waiting:
            urn = waiting.pop()
            if urn and urn not in found:
                found.add(urn)
                waiting += [by_urn[urn].parent, *by_urn[urn].dependencies]
        return found

    def in_plaintext(self) -> str:
        """Give everything that would be stored or shown in plaintext, as one text."""
        clear = [one.clear for one in self.resources]
        return json.dumps([clear, self.clear_outputs, self.exports], ensure_ascii=False)


class RefusedError(grpc.RpcError):
    """What a provider's function answers when AWS does not have what it asks for."""

    def code(self) -> grpc.StatusCode:
        """Say that the provider failed."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """Say why."""
        return str(self)


def record(
    build: Callable[[], Any],
    *,
    stack: str = STACK,
    preview: bool = False,
    answers: Mapping[str, Callable[[dict[str, Any]], Any]] | None = None,
) -> Recording:
    """Run a program, or a part of one, against mocks.

    Args:
        build: makes the resources.
        stack: name of the stack.
        preview: whether nothing is known that only an update would tell.
        answers: by token, such as `aws:ec2/getVpc:getVpc`, what further functions answer to their arguments.
    """
    recording = Recording()
    monitor = _Monitor(recording, _Mocks(answers or {}))
    set_mocks(monitor.mocks, project=PROJECT, stack=stack, preview=preview, monitor=monitor)
    root: Any = get_root_resource()
    root.outputs.clear()

    def run() -> pulumi.Output[Any]:
        build()
        return pulumi.Output.all(**root.outputs).apply(recording.exports.update)

    with (
        patch.dict(os.environ, DOCKER_HOST=os.environ.get("DOCKER_HOST", "ssh://builder-of-any-processor")),
        # Lines of the source for an engine's messages: a fifth of the time, and no mock reads them.
        patch.object(resource, "_get_stack_trace", source_pb2.StackTrace),
    ):
        mocks.test(run)()
    return recording


def forms(secret: str) -> set[str]:
    """Give the ways in which a value might stand in a text: raw, URL-encoded, escaped as JSON, in base64."""
    encoded = {quote(secret), quote(secret, safe=""), quote(secret, safe="").replace("~", "%7E")}
    once = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    twice = {json.dumps(text)[1:-1] for text in once}
    based = {
        # Where it begins within base64's groups of three bytes; what its neighbours share is cut off.
        base64.b64encode(b"\0" * lead + secret.encode()).decode().rstrip("=")[4 if lead else 0 : -4]
        for lead in range(3)
    }
    url_safe = {text.replace("+", "-").replace("/", "_") for text in based}
    return {secret} | encoded | once | twice | based | url_safe


class _Mocks(mocks.Mocks):
    """Answers of the functions that the program calls."""

    def __init__(self, answers: Mapping[str, Callable[[dict[str, Any]], Any]]) -> None:
        self._answers = answers

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token in self._answers:
            return self._answers[args.token](args.args)
        answers = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getRegion:getRegion": {"region": REGION},
            "aws:index/getPartition:getPartition": {"partition": "aws"},
            "aws:servicequotas/getServiceQuota:getServiceQuota": {"value": 4000.0},
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": [f"{REGION}{letter}" for letter in "abcd"]
            },
        }
        return answers[args.token]

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise NotImplementedError("_Monitor answers registrations itself, since it knows more of them")


class _Monitor(mocks.MockMonitor):
    """A mock monitor that sees the whole request, which `Mocks` do not."""

    def __init__(self, recording: Recording, answering: _Mocks) -> None:
        super().__init__(answering)
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802, gRPC's name
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=self.make_urn("", request.type, request.name))
        raw = json_format.MessageToDict(request.object)
        parent = "" if "pulumi:pulumi:Stack" in request.parent else request.parent
        one = Registration(
            urn=self.make_urn(parent, request.type, request.name),
            type=request.type,
            name=request.name,
            custom=request.custom,
            inputs=_plain(raw, keep_secrets=True),
            clear=_plain(raw, keep_secrets=False),
            parent=parent,
            provider=request.provider,
            protect=request.protect,
            dependencies=frozenset(request.dependencies),
            ignore_changes=tuple(request.ignoreChanges),
            retain_on_delete=request.retainOnDelete,
        )
        self._recording.resources.append(one)
        state = {**one.inputs, **_made_up(one)} if one.custom else {}
        secret = {key: state[key] for key in request.additionalSecretOutputs if key in state}
        if one.type.startswith("random:"):
            self._recording.planted += [value for value in secret.values() if isinstance(value, str)]
        state |= {key: {SIGNATURE: SECRET, "value": value} for key, value in secret.items()}
        return resource_pb2.RegisterResourceResponse(
            urn=one.urn,
            id=_id(one) if one.custom else "",
            object=json_format.ParseDict(state, struct_pb2.Struct()),
        )

    def Invoke(self, request: Any) -> Any:  # noqa: N802, gRPC's name
        self._recording.asked.append((request.tok, request.provider))
        return super().Invoke(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802, gRPC's name
        raw = json_format.MessageToDict(request.outputs)
        self._recording.outputs[request.urn] = _plain(raw, keep_secrets=True)
        self._recording.clear_outputs[request.urn] = _plain(raw, keep_secrets=False)
        return super().RegisterResourceOutputs(request)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As an engine makes it: with the types of all parents, without their names."""
        types = f"{parent.split('::')[2]}${type_}" if parent else type_
        return f"urn:pulumi:{STACK}::{PROJECT}::{types}::{name}"


def _plain(tree: Any, *, keep_secrets: bool) -> Any:
    if isinstance(tree, list):
        return [_plain(item, keep_secrets=keep_secrets) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.get(SIGNATURE) == SECRET:
        return _plain(tree["value"], keep_secrets=True) if keep_secrets else "[secret]"
    return {key: _plain(value, keep_secrets=keep_secrets) for key, value in tree.items()}


def _id(one: Registration) -> str:
    return f"{one.name}.id"


def _made_up(one: Registration) -> dict[str, Any]:
    """Make up what a provider would answer beside the inputs."""
    kind, name = one.type.rsplit(":", 1)[-1], one.name
    hard = f'planted-{name}-/"é+$~%'
    service = one.type.split(":")[1].split("/")[0]
    known = {
        "Bucket": {"bucket": name},
        "Certificate": {
            "domainValidationOptions": [
                {
                    "resourceRecordName": f"_proof.{one.inputs.get('domainName')}",
                    "resourceRecordType": "CNAME",
                    "resourceRecordValue": "proof.acm",
                }
            ]
        },
        "CertificateValidation": {"certificateArn": one.inputs.get("certificateArn")},
        "Eip": {"publicIp": f"{name}.address"},
        "BuiltImage": {"uri": f"{one.inputs.get('repository_url')}@sha256:{'0' * 64}"},
        "ImageCopy": {"uri": f"{one.inputs.get('repository_url')}@sha256:{'0' * 64}"},
        "Instance": {
            "address": f"{name}.rds",
            "port": 5432,
            "endpoint": f"{name}.rds:5432",
            "identifier": name,
            "masterUserSecrets": (
                [{"secretArn": MASTER_SECRET}] if one.inputs.get("manageMasterUserPassword") else []
            ),
        },
        "LoadBalancer": {"dnsName": f"{name}.elb", "arnSuffix": f"app/{name}/0", "zoneId": f"{name}.zone"},
        "Queue": {"url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"},
        "RandomBytes": {
            "base64": base64.b64encode(f"{name:0<32}~?"[:32].encode()).decode(),
            "hex": name.encode().hex(),
        },
        "RandomId": {"hex": "0badcafe"},
        "RandomPassword": {"result": hard},
        "ReplicationGroup": {"primaryEndpointAddress": f"{name}.cache", "replicationGroupId": name},
        "Repository": {"repositoryUrl": f"{ACCOUNT}.dkr.ecr/{name}", "registryId": ACCOUNT},
        "TargetGroup": {"arnSuffix": f"targetgroup/{name}/0"},
        "TaskDefinition": {"arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:task-definition/{name}:1"},
        "SecretVersion": {"versionId": f"{name}-v1"},
        "OneOffTask": {"task_arn": f"arn:aws:ecs:{name}"},
        "Rollout": {"remaining": []},
    }
    answer = {
        "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}/{name}",
        "name": one.inputs.get("name", name),
    }
    return answer | known.get(kind, {})
