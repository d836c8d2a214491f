"""Values keep their meaning on the way to Terraform and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.engine import provider
from embedded_aws.engine.bridge import assets, unsupported_properties
from embedded_aws.engine.bridge.schema import Collection, Primitive, Type, object_of
from embedded_aws.engine.bridge.tfplugin import UNKNOWN, pack, unpack
from embedded_aws.engine.bridge.values import to_pulumi, to_terraform
from embedded_aws.engine.provider import ProviderError
from tests.embedded_aws.engine.schemas import SET, attribute, block, nested

SCHEMA = block(
    attribute("name"),
    attribute("password", sensitive=True),
    attribute("port", "number"),
    attribute("subnet_ids", ["set", "string"]),
    nested("rule", block(attribute("from_port", "number")), nesting=SET),
    nested("logging", block(attribute("bucket")), max_items=1),
)
RESOURCE = object_of(SCHEMA, None)


def sent(value: dict[str, Any]) -> Any:
    """Return Terraform's form; a property that cannot be sent fails the test."""

    def refuse(path: str) -> None:
        pytest.fail(f"{path} was not sent")

    return to_terraform(RESOURCE, value, refuse)


def test_blocks_left_out_are_empty_and_attributes_null() -> None:
    """As Terraform itself would send them."""
    assert sent({}) == {
        "name": None,
        "password": None,
        "port": None,
        "subnet_ids": None,
        "rule": [],
        "logging": [],
    }


def test_a_block_of_at_most_one_is_shown_as_its_element() -> None:
    """There and back gives the same."""
    terraform = sent({"logging": {"bucket": "b"}, "rules": [{"fromPort": 80.0}]})
    assert terraform["logging"] == [{"bucket": "b"}]
    assert terraform["rule"] == [{"from_port": 80}]
    assert to_pulumi(RESOURCE, terraform) == {"logging": {"bucket": "b"}, "rules": [{"fromPort": 80}]}


def test_the_sdk_decides_what_is_shown_as_its_element() -> None:
    """Its class says list, so a list it is, whatever the maximum."""
    schema = block(nested("logging", block(attribute("bucket")), max_items=1))
    kept = object_of(schema, {"loggings": Sequence[str]})
    assert to_pulumi(kept, {"logging": [{"bucket": "b"}]}) == {"loggings": [{"bucket": "b"}]}


@pytest.mark.parametrize(
    ("kind", "value", "terraform"),
    [
        ("string", 8080.0, "8080"),
        ("string", 0.5, "0.5"),
        ("string", True, "true"),
        ("number", "3", 3),
        ("number", 0.5, 0.5),
        ("bool", "false", False),
    ],
)
def test_a_scalar_becomes_what_terraform_wants(kind: str, value: Any, terraform: Any) -> None:
    """Pulumi sends every number as a float."""
    result = to_terraform(Primitive(kind), value, pytest.fail)
    assert (result, type(result)) == (terraform, type(terraform))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (Primitive("number"), "many"),
        (Primitive("bool"), 2.0),
        (Primitive("string"), {"a": 1}),
        (Collection("map", Primitive("string")), "text"),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_path(type_: Type, value: Any) -> None:
    """The user reads where, and what was wanted."""
    with pytest.raises(ProviderError, match=r"^a\.b: .* is not of type "):
        to_terraform(type_, value, pytest.fail, "a.b")


def test_the_unknown_goes_through_every_form() -> None:
    """Pulumi's, Terraform's and the one on the wire."""
    terraform = sent({"name": provider.UNKNOWN, "subnetIds": ["a", provider.UNKNOWN]})
    assert terraform["name"] is UNKNOWN
    assert unpack(pack(terraform)) == terraform
    assert to_pulumi(RESOURCE, terraform) == {
        "name": provider.UNKNOWN,
        "subnetIds": ["a", provider.UNKNOWN],
        "rules": [],
    }


def test_what_is_sensitive_is_marked_as_a_secret() -> None:
    """And can be read back by a later request."""
    shown = to_pulumi(RESOURCE, sent({"password": "hunter2"}))
    assert shown["password"] == provider.secret("hunter2")
    assert provider.plain(provider.struct(shown))["password"] == "hunter2"


def test_a_typo_stops_with_the_arguments_there_are() -> None:
    """Nothing is dropped in silence."""
    with pytest.raises(ProviderError, match=r"no argument 'rules\[0\]\.fromPrt'; there are fromPort"):
        sent({"rules": [{"fromPrt": 1}]})


def test_a_property_newer_than_the_provider_is_recorded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left out, and a test can list it."""
    file = tmp_path / "unsupported.jsonl"
    monkeypatch.setenv("EMBEDDED_AWS_UNSUPPORTED_PROPERTIES", str(file))
    newer = object_of(block(attribute("name")), {"name": str, "sigintRollback": bool})

    for _ in range(2):
        result = to_terraform(
            newer,
            {"name": "n", "sigintRollback": True},
            lambda path: unsupported_properties.record("aws:ecs/service:Service", "web", path),
        )
        assert result == {"name": "n"}

    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"type": "aws:ecs/service:Service", "name": "web", "property": "sigintRollback"}
    ]


def test_a_file_that_is_made_of_an_asset_is_this_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else reads it, or changes it before it is uploaded; the same content is the same file."""
    monkeypatch.setenv("EMBEDDED_AWS_CACHE", str(tmp_path / "cache"))
    asset = {provider.SIGNATURE: assets.ASSET, "text": "pools: {}"}
    made = Path(assets.path_of(asset))
    assert made.read_text() == "pools: {}"
    assert made.is_relative_to(tmp_path / "cache")
    assert made.parent.stat().st_mode & 0o777 == 0o700
    assert assets.path_of(asset) == str(made)
