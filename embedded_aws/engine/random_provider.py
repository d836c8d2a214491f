"""A provider for package `random`: values made once, kept in the state, made anew when an argument changes.

RandomPassword, RandomString, RandomId, RandomBytes, RandomUuid. `bcryptHash` is not given.
Source: https://github.com/hashicorp/terraform-provider-random/tree/v3.7.2/internal/provider
"""

# ruff: noqa: ARG002, D102, N802 - the protocol names the methods and their parameters, and describes them

from __future__ import annotations

import base64
import secrets
import string
import sys
import uuid
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2 as pb

from embedded_aws.engine.provider import (
    UNKNOWN,
    Provider,
    ProviderError,
    answering,
    plain,
    resource_type,
    secret,
    serve,
    struct,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Made = tuple[str, dict[str, Any]]  # the id, and the outputs beside the inputs

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


def text(arguments: dict[str, Any]) -> str:
    """Return random characters: at least as many of each class as asked, in any order.

    Raises:
        ProviderError: The length is less than the sum of the minimums, or no class is left.
    """
    special = arguments.get("overrideSpecial")
    classes = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "numeric": string.digits,
        "special": _SPECIAL if special is None else special,
    }
    length = int(arguments["length"])
    pool = "".join(characters for name, characters in classes.items() if arguments.get(name, True))
    characters = [
        secrets.choice(characters)
        for name, characters in classes.items()
        for _ in range(int(arguments.get(f"min{name.capitalize()}", 0)))
    ]
    if not pool or len(characters) > length:
        raise ProviderError(f"length {length} is less than the minimums ask for, or no character is allowed")
    characters += [secrets.choice(pool) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _password(arguments: dict[str, Any]) -> Made:
    return "none", {"result": secret(text(arguments))}


def _string(arguments: dict[str, Any]) -> Made:
    result = text(arguments)
    return result, {"result": result}


def _bytes(arguments: dict[str, Any]) -> Made:
    raw = secrets.token_bytes(int(arguments["length"]))
    return "none", {"base64": secret(base64.b64encode(raw).decode()), "hex": secret(raw.hex())}


def _id(arguments: dict[str, Any]) -> Made:
    raw = secrets.token_bytes(int(arguments["byteLength"]))
    url = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    forms = {
        "b64Std": base64.b64encode(raw).decode(),
        "b64Url": url,
        "dec": str(int.from_bytes(raw)),
        "hex": raw.hex(),
    }
    return url, {name: arguments.get("prefix", "") + form for name, form in forms.items()}


def _uuid(_arguments: dict[str, Any]) -> Made:
    result = str(uuid.uuid4())
    return result, {"result": result}


_KINDS: dict[str, tuple[Callable[[dict[str, Any]], Made], tuple[str, ...]]] = {  # how, and which outputs
    "random:index/randomPassword:RandomPassword": (_password, ("result",)),
    "random:index/randomString:RandomString": (_string, ("result",)),
    "random:index/randomBytes:RandomBytes": (_bytes, ("base64", "hex")),
    "random:index/randomId:RandomId": (_id, ("b64Std", "b64Url", "dec", "hex")),
    "random:index/randomUuid:RandomUuid": (_uuid, ("result",)),
}


def _kind(urn: str) -> tuple[Callable[[dict[str, Any]], Made], tuple[str, ...]]:
    token = resource_type(urn)
    if token not in _KINDS:
        raise ProviderError(f"{token} is not one that this engine makes: {', '.join(_KINDS)}")
    return _KINDS[token]


class Random(Provider):
    """Pulumi's side of package `random`."""

    @answering
    def Diff(self, request: Any, context: Any) -> pb.DiffResponse:
        news, olds = plain(request.news), plain(request.old_inputs)
        changed = sorted(key for key in news.keys() | olds.keys() if news.get(key) != olds.get(key))
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=changed,
        )

    @answering
    def Create(self, request: Any, context: Any) -> pb.CreateResponse:
        make, outputs = _kind(request.urn)
        inputs = MessageToDict(request.properties)
        if request.preview:
            return pb.CreateResponse(properties=struct(inputs | dict.fromkeys(outputs, UNKNOWN)))
        ident, made = make(plain(request.properties))
        return pb.CreateResponse(id=ident, properties=struct(inputs | made))

    @answering
    def Read(self, request: Any, context: Any) -> pb.ReadResponse:
        if not request.properties:
            raise ProviderError(f"{resource_type(request.urn)} cannot be imported by this engine")
        return pb.ReadResponse(id=request.id, inputs=request.inputs, properties=request.properties)


if __name__ == "__main__":
    serve(Random(*sys.argv[1:3]))
