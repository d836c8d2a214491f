"""Stacks as the program renders them under mocks, for rules, prices and pictures."""

from functools import cache

from program import stacks
from recording import Recording

from components.model.rendered import Rendered


def rendered(recording: Recording) -> list[Rendered]:
    """Give what was registered, as rules and prices want it."""
    return [
        Rendered(type=one.type, name=one.name, inputs=one.inputs, protect=one.protect, urn=one.urn)
        for one in recording.resources
    ]


def stack(name: str, **settings: str) -> list[Rendered]:
    """Render a shipped stack, with other settings where they are given."""
    return list(_stack(name, tuple(sorted(settings.items()))))


@cache
def _stack(name: str, settings: tuple[tuple[str, str], ...]) -> tuple[Rendered, ...]:
    if not settings:
        return tuple(rendered(stacks.run_shipped(name)))
    return tuple(rendered(stacks.run(name, stacks.configuration(name) | dict(settings))))
