"""A plan is a change only where it means something else than the state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from embedded_aws.engine.bridge import planning
from embedded_aws.engine.bridge.schema import object_of
from embedded_aws.engine.bridge.tfplugin import UNKNOWN
from tests.embedded_aws.engine.schemas import SET, attribute, block, nested

RULE = block(attribute("port", "number"), attribute("arn", optional=False, computed=True))
RESOURCE = object_of(
    block(
        attribute("name"),
        attribute("policy"),
        attribute("secret", write_only=True),
        attribute("zones", ["set", "string"]),
        attribute("steps", ["list", "string"]),
        attribute("status", optional=False, computed=True),
        attribute("tags_all", ["map", "string"], computed=True),
        nested("rule", RULE, nesting=SET),
    ),
    None,
)
EMPTY = RESOURCE.empty()


def changed(
    prior: dict[str, Any], config: dict[str, Any], planned: dict[str, Any], *, new: str = ""
) -> list[str]:
    """Return the names of the fields that cause a change."""
    replacing = {new} if new else set[str]()
    fields = planning.changes(RESOURCE, EMPTY | prior, EMPTY | config, EMPTY | planned, replacing)
    return [field.name for field in fields]


@pytest.mark.parametrize(
    ("prior", "planned"),
    [
        ({"zones": ["a", "b"]}, {"zones": ["b", "a"]}),
        (
            {"rule": [{"port": 1, "arn": "x"}, {"port": 2, "arn": "y"}]},
            {"rule": [{"port": 2, "arn": "y"}, {"port": 1, "arn": "x"}]},
        ),
        ({"policy": '{"a": 1, "b": 2}'}, {"policy": '{"b":2,"a":1}'}),
        ({"name": ""}, {"name": None}),
        ({"zones": []}, {"zones": None}),
    ],
    ids=["set", "set of blocks", "policy", "empty text", "empty set"],
)
def test_the_same_in_another_form_changes_nothing(prior: dict[str, Any], planned: dict[str, Any]) -> None:
    """Order and emptiness without meaning do not count."""
    assert changed(prior, planned, planned) == []


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("zones", ["a"], ["a", "b"]),
        ("steps", ["a", "b"], ["b", "a"]),
        ("policy", '{"a": 1}', '{"a": 2}'),
        ("name", '{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
        ("name", "a", None),
        ("rule", [{"port": 1, "arn": "x"}], [{"port": 2, "arn": UNKNOWN}]),
    ],
)
def test_another_value_is_a_change(field: str, before: Any, after: Any) -> None:
    """Also where only the order of a list, or of a text that is no policy, differs."""
    assert changed({field: before}, {field: after}, {field: after}) == [field]


def test_computed_values_are_shown_only_when_nothing_else_changes() -> None:
    """A diff shows what the program changed, not what follows from it."""
    before, after = {"name": "a", "tags_all": {"x": "1"}}, {"name": "b", "tags_all": {"x": "2"}}
    assert changed(before, {"name": "b"}, after | {"status": UNKNOWN}) == ["name"]
    assert changed(before, {"name": "a"}, before | {"tags_all": {"x": "2"}}) == ["tags_all"]
    assert changed(before, {"name": "a"}, before | {"status": UNKNOWN}) == []


def test_an_unknown_input_is_a_change_and_so_is_what_needs_a_new_resource() -> None:
    """A preview must not promise less than the update does."""
    assert changed({"name": "a"}, {"name": UNKNOWN}, {"name": UNKNOWN}) == ["name"]
    assert changed({"status": "a"}, {}, {"status": UNKNOWN}, new="status") == ["status"]


def test_the_proposal_keeps_what_the_provider_computed() -> None:
    """In a set, too, by what the configuration says of each element."""
    prior = EMPTY | {"name": "a", "status": "up", "rule": [{"port": 1, "arn": "x"}, {"port": 2, "arn": "y"}]}
    config = EMPTY | {"name": "b", "rule": [{"port": 2, "arn": None}, {"port": 3, "arn": None}]}
    assert planning.proposed(RESOURCE, prior, config) == EMPTY | {
        "name": "b",
        "status": "up",
        "rule": [{"port": 2, "arn": "y"}, {"port": 3, "arn": None}],
    }


def test_what_is_only_written_is_never_proposed_as_state() -> None:
    """The protocol wants null there."""
    assert planning.proposed(RESOURCE, None, EMPTY | {"secret": json.dumps("x")})["secret"] is None
