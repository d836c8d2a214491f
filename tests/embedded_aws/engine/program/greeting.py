"""A dynamic resource in a module of the program."""

import sys
from typing import Any

import pulumi
from pulumi import dynamic


class GreetingProvider(dynamic.ResourceProvider):
    """Says which Python runs it."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Return the interpreter as the only output."""
        return dynamic.CreateResult("greeting", props | {"python": sys.executable})


class Greeting(dynamic.Resource):
    """A resource of that provider."""

    python: pulumi.Output[str]

    def __init__(self, name: str) -> None:
        super().__init__(GreetingProvider(), name, {"python": None})
