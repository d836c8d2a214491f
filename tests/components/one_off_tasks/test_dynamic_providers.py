"""How the two dynamic resources' providers are stored in the state: by name, without their code.

Code in the state would differ between a laptop and CI with another Python, and every `up` would run the
migration again.
"""

import base64
import pickletools

import pytest
from pulumi.dynamic import DiffResult, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider  # pyright: ignore[reportUnknownVariableType]

from components.one_off_tasks import one_off_task
from components.one_off_tasks.one_off_task import OneOffTaskProvider
from components.services import rollout
from components.services.rollout import RolloutProvider

PROVIDERS = [(OneOffTaskProvider, one_off_task), (RolloutProvider, rollout)]
HARMLESS = {"PROTO", "FRAME", "MEMOIZE", "STACK_GLOBAL", "EMPTY_TUPLE", "NEWOBJ", "STOP"}


@pytest.mark.parametrize(("provider", "module"), PROVIDERS)
def test_a_provider_is_stored_as_the_name_of_its_class(
    provider: type[ResourceProvider], module: object
) -> None:
    """Module, class, nothing else: no code, no state, so no Python version shows in it."""
    assert hasattr(module, provider.__name__)
    stored = base64.b64decode(serialize_provider(provider()))
    operations = [(code.name, value) for code, value, _ in pickletools.genops(stored)]
    strings = [value for name, value in operations if name == "SHORT_BINUNICODE"]
    assert strings == [provider.__module__, provider.__name__]
    assert {name for name, _ in operations} - {"SHORT_BINUNICODE"} <= HARMLESS


@pytest.mark.parametrize(("provider", "module"), PROVIDERS)
def test_other_code_is_stored_as_the_same_bytes(
    provider: type[ResourceProvider], module: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit of the module is no change of the stack."""
    before = serialize_provider(provider())

    def diff(_self: object, _id: str, _olds: object, _news: object) -> DiffResult:
        return DiffResult(changes=True)

    monkeypatch.setattr(provider, "diff", diff)
    monkeypatch.setattr(module, "POLL_SECONDS", 77)
    monkeypatch.setattr(module, "AwsClients", None)
    assert serialize_provider(provider()) == before


@pytest.mark.parametrize(("provider", "module"), PROVIDERS)
def test_a_provider_holds_nothing(provider: type[ResourceProvider], module: object) -> None:
    """No setting and no secret can ride along."""
    assert vars(provider()) == {}, module
