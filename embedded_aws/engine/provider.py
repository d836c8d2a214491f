"""What every provider of this engine shares: Pulumi's protocol, its values, and the process around it.

Source: https://github.com/pulumi/pulumi/blob/v3.200.0/proto/pulumi/provider.proto
"""

# ruff: noqa: ARG002, D102, N802 - the protocol names the methods and their parameters, and describes them

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from pulumi.runtime.proto import provider_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands for a value that a preview cannot know yet.
Source: https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/go/common/resource/plugin/rpc.go"""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks a value as special; its value says as what.
Source: https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/go/common/resource/sig/sig.go"""

_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a published constant
_R = TypeVar("_R")
_MESSAGE_LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_PARENT_CHECK_SECONDS = 1


class ProviderError(Exception):
    """What the user reads when a request is refused."""


class InitializationError(ProviderError):
    """A resource that exists, but not as asked: it belongs into the state, marked as broken.

    Attributes:
        ident: The resource's id.
        properties: Its outputs, as far as they are known.
    """

    def __init__(self, message: str, ident: str, properties: dict[str, Any]) -> None:
        super().__init__(message)
        self.ident, self.properties = ident, properties


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array."""
    return isinstance(value, list)


def secret(value: Any) -> dict[str, Any]:
    """Return the value marked as a secret: the engine encrypts it in the state and masks it in logs."""
    return {SIGNATURE: _SECRET, "value": value}


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """Return what a message holds, secrets unwrapped."""
    return _unwrapped(MessageToDict(message))


def _unwrapped(value: Any) -> Any:
    if is_object(value):
        if value.get(SIGNATURE) == _SECRET:
            return _unwrapped(value.get("value"))
        return {key: _unwrapped(item) for key, item in value.items()}
    if is_array(value):
        return [_unwrapped(item) for item in value]
    return value


def struct(properties: dict[str, Any]) -> struct_pb2.Struct:
    """Return the message for these properties."""
    message = struct_pb2.Struct()
    message.update(properties)
    return message


def resource_type(urn: str) -> str:
    """Return the type token of a resource: `aws:s3/bucket:Bucket`.

    Source: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
    """
    return urn.split("::")[2].rsplit("$", 1)[-1]


def logical_name(urn: str) -> str:
    """Return the name that the program gave to a resource."""
    return urn.split("::", 3)[3]


def answering(method: Callable[..., _R]) -> Callable[..., _R]:
    """Turn a ProviderError of a request's handler into the answer that the engine shows."""

    @functools.wraps(method)
    def answer(self: Any, request: Any, context: grpc.ServicerContext) -> _R:
        try:
            return method(self, request, context)
        except InitializationError as error:
            context.set_trailing_metadata((("grpc-status-details-bin", _details(error)),))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return answer


def _details(error: InitializationError) -> bytes:
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(
        pb.ErrorResourceInitFailed(id=error.ident, properties=struct(error.properties), reasons=[str(error)])
    )
    return status.SerializeToString()


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The part of the protocol that is the same for all; the rest is for the subclass."""

    def __init__(self, version: str, engine: str) -> None:
        """Remember the version to report, and the engine's address: what is logged goes there."""
        self._version = version
        stub: Any = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))
        self._log: Callable[[engine_pb2.LogRequest], Any] = stub.Log

    def inform(self, line: str, urn: str) -> None:
        """Show what a resource is doing; the line goes away when it is done."""
        self._log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line, urn=urn, ephemeral=True))

    def warn(self, line: str, urn: str) -> None:
        """Show a warning beside a resource, or alone where the name is empty."""
        self._log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=line, urn=urn))

    def close(self) -> None:
        """End what the provider started."""

    def Handshake(self, request: Any, context: Any) -> pb.ProviderHandshakeResponse:
        return pb.ProviderHandshakeResponse(
            accept_secrets=False, accept_resources=False, accept_outputs=False
        )

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._version)

    def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> pb.CheckResponse:
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> pb.DiffResponse:
        """Leave the comparison to the engine, which goes on with the old configuration where none is told."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_UNKNOWN)

    def Configure(self, request: Any, context: Any) -> pb.ConfigureResponse:
        return pb.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> pb.CheckResponse:
        return pb.CheckResponse(inputs=request.news)

    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


def serve(provider: Provider) -> None:
    """Serve on a free port of loopback, tell it on stdout, and stay until ended or the engine is gone."""
    engine_process = os.getppid()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), options=_MESSAGE_LIMITS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    try:
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        while not ended.wait(_PARENT_CHECK_SECONDS) and os.getppid() == engine_process:
            pass
        server.stop(0)
    finally:
        provider.close()
