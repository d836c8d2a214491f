"""Random values are what was asked for, and secret where they should be."""

from __future__ import annotations

import base64
import string
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from embedded_aws.engine import provider
from embedded_aws.engine.random_provider import Random, text

URN = "urn:pulumi:dev::p::{}::x"
PASSWORD = URN.format("random:index/randomPassword:RandomPassword")


class RefusedError(Exception):
    """What the engine would show."""


def abort(_code: Any, message: str) -> None:
    """Stand for the end of a request."""
    raise RefusedError(message)


CONTEXT: Any = SimpleNamespace(abort=abort)


def made(kind: str, **arguments: Any) -> Any:
    """Return the answer to a request to create a value."""
    urn = URN.format(f"random:index/{kind[0].lower()}{kind[1:]}:{kind}")
    request = pb.CreateRequest(urn=urn, properties=provider.struct(arguments))
    return Random("1", "127.0.0.1:1").Create(request, CONTEXT)


def test_a_text_has_at_least_what_is_asked_of_each_class() -> None:
    """The minimums hold, and the length is exact."""
    result = text({"length": 12.0, "minUpper": 3, "minNumeric": 4, "minSpecial": 2, "overrideSpecial": "#"})
    assert len(result) == 12
    assert sum(character in string.ascii_uppercase for character in result) >= 3
    assert sum(character in string.digits for character in result) >= 4
    assert result.count("#") >= 2


def test_a_class_turned_off_is_not_there() -> None:
    """Over 200 characters, a class that is still in would show."""
    result = text({"length": 200, "special": False, "upper": False})
    assert set(result) <= set(string.ascii_lowercase + string.digits)


def test_an_impossible_text_is_refused() -> None:
    """With the number to blame."""
    with pytest.raises(provider.ProviderError, match="length 3 is less than the minimums ask for"):
        text({"length": 3, "minUpper": 4})


@pytest.mark.parametrize(("kind", "output"), [("RandomPassword", "result"), ("RandomBytes", "base64")])
def test_what_is_secret_is_marked(kind: str, output: str) -> None:
    """So the state holds it encrypted, and the id does not tell it."""
    answer = made(kind, length=32)
    value = provider.plain(answer.properties)[output]
    assert provider.secret(value) == dict(answer.properties[output].items())
    assert answer.id == "none"


def test_bytes_are_as_many_as_asked() -> None:
    """Both forms are the same bytes."""
    properties = provider.plain(made("RandomBytes", length=32).properties)
    assert base64.b64decode(properties["base64"]) == bytes.fromhex(properties["hex"])
    assert len(properties["hex"]) == 64


def test_another_kind_is_refused_with_those_there_are() -> None:
    """Nobody has to read the source."""
    with pytest.raises(RefusedError, match=r"RandomPet is not one that this engine makes: .*RandomPassword"):
        made("RandomPet")


@pytest.mark.parametrize(("keeper", "replaced"), [("1", []), ("2", ["keepers"])])
def test_another_keeper_makes_a_new_value(keeper: str, replaced: list[str]) -> None:
    """The same one keeps it."""
    request = pb.DiffRequest(
        urn=PASSWORD,
        old_inputs=provider.struct({"length": 8, "keepers": {"version": "1"}}),
        news=provider.struct({"length": 8, "keepers": {"version": keeper}}),
    )
    assert list(Random("1", "127.0.0.1:1").Diff(request, CONTEXT).replaces) == replaced
