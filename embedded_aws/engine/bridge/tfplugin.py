"""One running Terraform provider, and the values that it takes and gives.

Source: https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import grpc
import msgpack

from embedded_aws.engine.bridge.protocol import MESSAGES, METHODS
from embedded_aws.engine.provider import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"  # says: I am Terraform
_CAPABLE = MESSAGES["ClientCapabilities"](write_only_attributes_allowed=True)
_ERROR = 1
_STOP_SECONDS = 5
_msgpack: Any = msgpack  # has no types


class Unknown:
    """The type of the one value that is not known before an apply."""

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN = Unknown()


class DiagnosticsError(ProviderError):
    """What the provider refused, with its whole answer: a failed apply tells there what it left behind."""

    def __init__(self, message: str, answer: Any) -> None:
        super().__init__(message)
        self.answer = answer


def pack(value: Any) -> Any:
    """Return the message for a value: None is Terraform's null."""
    return MESSAGES["DynamicValue"](msgpack=_msgpack.packb(value, default=_unknown, use_bin_type=True))


def _unknown(value: Any) -> Any:
    if value is UNKNOWN:
        return msgpack.ExtType(0, b"\0")
    raise TypeError(f"{value!r} has no form in the plugin protocol")


def unpack(message: Any) -> Any:
    """Return the value of a message."""
    if not message.msgpack:
        return None
    return _msgpack.unpackb(message.msgpack, raw=False, strict_map_key=False, ext_hook=_known_unknown)


def _known_unknown(_code: int, _data: bytes) -> Unknown:
    return UNKNOWN


class Plugin:
    """One process of a provider; start it in the main thread, with which the kernel ends it at the latest."""

    def __init__(self, binary: Path | str, environment: Mapping[str, str]) -> None:
        """Start it; `call` waits until it answers."""
        cookies = {"TF_PLUGIN_MAGIC_COOKIE": _COOKIE, "PLUGIN_PROTOCOL_VERSIONS": "5"}
        self._binary = binary
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", str(binary)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, **cookies},
            text=True,
        )
        self._channel: Any = None

    def connect(self) -> Any:
        """Wait for the provider and return its schemas.

        Raises:
            ProviderError: It does not speak version 5 of the protocol.
        """
        stdout = self._process.stdout
        line = stdout.readline().strip() if stdout else ""
        handshake = line.split("|")
        if len(handshake) < len(["core", "protocol", "network", "address", "type"]) or handshake[1] != "5":
            raise ProviderError(f"{self._binary} answered {line!r}, not a handshake of protocol version 5")
        network, address = handshake[2:4]
        self._channel = grpc.insecure_channel(
            f"unix://{address}" if network == "unix" else address,
            options=[
                ("grpc.max_receive_message_length", -1),
                ("grpc.max_send_message_length", -1),
                ("grpc.default_authority", "localhost"),
            ],
        )
        return self.call("GetSchema")

    def call(self, method: str, warn: Callable[[str], None] | None = None, **fields: Any) -> Any:
        """Call a method of the protocol; `warn` hears the provider's warnings.

        Raises:
            DiagnosticsError: The provider refused.
            ProviderError: The provider does not answer any more.
        """
        request, response = METHODS[method]
        if request == "ValidateRequest":
            fields["client_capabilities"] = _CAPABLE
        remote = self._channel.unary_unary(
            f"/tfplugin5.Provider/{method}",
            request_serializer=MESSAGES[request].SerializeToString,
            response_deserializer=MESSAGES[response].FromString,
        )
        try:
            answer = remote(MESSAGES[request](**fields))
        except grpc.RpcError as error:
            raise ProviderError(f"terraform-provider-aws failed in {method}: {error}") from error
        errors = [_text(diagnostic) for diagnostic in answer.diagnostics if diagnostic.severity == _ERROR]
        if errors:
            raise DiagnosticsError("; ".join(errors), answer)
        if warn:
            for diagnostic in answer.diagnostics:
                warn(_text(diagnostic))
        return answer

    def close(self) -> None:
        """End the process."""
        if self._channel:
            self._channel.close()
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def _text(diagnostic: Any) -> str:
    steps = diagnostic.attribute.steps
    where = ".".join(
        step.attribute_name or step.element_key_string or str(step.element_key_int) for step in steps
    )
    return ": ".join(filter(None, (where, diagnostic.summary, diagnostic.detail)))
