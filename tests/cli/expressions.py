"""The conditions of jobs, evaluated: as much of GitHub's expressions as the workflows use.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
from collections.abc import Mapping
from typing import Any, Final

_TOKEN: Final = re.compile(r"\s*(&&|\|\||==|!=|[!(),]|'[^']*'|[A-Za-z_][\w.*-]*)")


class Expression:
    """A condition, with or without its braces.

    Raises:
        ValueError: it uses what is not known here.
    """

    def __init__(self, text: str) -> None:
        bare = text.strip().removeprefix("${{").removesuffix("}}").strip()
        self._tokens: list[str] = []
        at = 0
        while at < len(bare):
            found = _TOKEN.match(bare, at)
            if found is None:
                raise ValueError(f"an expression with {bare[at:]!r}")
            self._tokens.append(found[1])
            at = found.end()
        self._at, self._context = 0, {}

    def holds(self, context: Mapping[str, Any]) -> bool:
        """Evaluate it in a context."""
        self._at, self._context = 0, dict(context)
        value = self._either()
        if self._at != len(self._tokens):
            raise ValueError(f"an expression with {self._tokens[self._at :]}")
        return bool(value)

    def _next(self, *wanted: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in wanted:
            self._at += 1
            return self._tokens[self._at - 1]
        return None

    def _either(self) -> Any:
        value = self._both()
        while self._next("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._next("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._one()
        if operator := self._next("==", "!="):
            return (value == self._one()) is (operator == "==")
        return value

    def _one(self) -> Any:
        if self._next("!"):
            return not self._one()
        if self._next("("):
            value = self._either()
            self._expect(")")
            return value
        token = self._tokens[self._at]
        self._at += 1
        if token.startswith("'"):
            return token[1:-1]
        return self._function(token) if self._next("(") else self._value(token)

    def _function(self, name: str) -> Any:
        given: list[Any] = []
        while not self._next(")"):
            given.append(self._either())
            self._next(",")
        if name == "contains":
            return given[1] in given[0]
        if name == "cancelled":
            return self._context["cancelled"]
        raise ValueError(f"the function {name}")

    def _value(self, path: str) -> Any:
        value: Any = self._context
        names = path.split(".")
        for place, name in enumerate(names):
            if name == "*":
                listed: list[dict[str, Any]] = value or []
                return [one[names[place + 1]] for one in listed]
            inner: dict[str, Any] = value or {}
            value = inner.get(name)
        return value

    def _expect(self, token: str) -> None:
        if not self._next(token):
            raise ValueError(f"no {token} in {self._tokens}")
