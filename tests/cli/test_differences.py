"""What changes, in lines that people read, without anything secret."""

import json

import pytest

from cli.differences import Difference, differences, flat
from components.model.rendered import UNKNOWN
from tests.cli.events import SECRET


def _containers(**environment: str) -> dict[str, str]:
    pairs = [{"name": name, "value": value} for name, value in environment.items()]
    return {"containerDefinitions": json.dumps([{"name": "worker", "environment": pairs, "memory": 2048}])}


def test_container_definitions_are_compared_by_name() -> None:
    """One variable changed is one line, wherever it stands in the list."""
    before, after = _containers(A="1", B="2", C="3"), _containers(C="3", B="two", A="1")
    assert differences(before, after) == [
        Difference(path="containerDefinitions.worker.environment.B", before="2", after="two")
    ]


def test_what_comes_and_what_goes_has_one_side() -> None:
    """Empty is a value; not there is none."""
    assert differences({"a": "", "tags": {"x": "1"}}, {"a": "", "tags": {"y": "1"}}) == [
        Difference(path="tags.x", before="1", after=None),
        Difference(path="tags.y", before=None, after="1"),
    ]


def test_what_is_known_later_hides_nothing_else() -> None:
    """A text of JSON that is not known yet is one line, not the loss of all its parts."""
    after = {"containerDefinitions": UNKNOWN, "cpu": "1024"}
    assert differences(_containers(A="1") | {"cpu": "512"}, after) == [
        Difference(path="containerDefinitions", before=None, after=UNKNOWN),
        Difference(path="cpu", before="512", after="1024"),
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (5.0, "5"), (0, "0"), (["a", "b"], "a, b"), (None, "None")]
)
def test_a_value_is_written_as_people_read_it(value: object, text: str) -> None:
    """As in a stack's file."""
    assert flat({"x": value}) == {"x": text}


def test_key_order_is_no_change() -> None:
    """Of a policy, say, which AWS gives back in another order."""
    before = {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": "a"}]})}
    after = {"policy": json.dumps({"Statement": [{"Action": "a", "Effect": "Allow"}]})}
    assert differences(before, after) == []


def test_pickled_code_is_not_shown() -> None:
    """It says nothing to people."""
    assert flat({"__provider": "gASV", "x": "1"}) == {"x": "1"}


def test_a_secret_is_never_shown() -> None:
    """Neither what the engine marks, nor what somebody put in plaintext into an environment."""
    shown = flat(
        {
            "password": SECRET,
            **_containers(MY_PASSWORD="hunter2", URL="redis://:hunter2@host/0", PLAIN="visible"),
        }
    )
    assert "hunter2" not in json.dumps(shown)
    assert shown["password"] == "[secret]"
    assert shown["containerDefinitions.worker.environment.PLAIN"] == "visible"
