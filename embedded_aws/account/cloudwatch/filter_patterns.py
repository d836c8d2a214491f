"""Filter patterns of CloudWatch Logs: terms, and conditions on the fields of JSON.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Matcher = Callable[[str], bool]
    Condition = Callable[[Any], bool]

_TERM = re.compile(r'\s*(?P<without>-)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))')
_TOKEN = re.compile(
    r'\s*(?:(?P<field>\$(?:\.[\w-]+|\[\d+\])+)|"(?P<text>[^"]*)"|(?P<sign>\|\||&&|!=|>=|<=|=|>|<|\(|\))'
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[\w*.-]+))"
)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_NUMERIC: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_NOT_MODELLED = re.compile(r"%|\bIS\b|\bNOT\b|\bEXISTS\b")


class PatternError(Exception):
    """A pattern that CloudWatch Logs does not take."""


class UnmodelledPatternError(Exception):
    """A pattern of a form that is not known here."""


def parse(pattern: str) -> Matcher:
    """Return what tells whether a message matches.

    Raises:
        PatternError: it is no pattern.
        UnmodelledPatternError: it is of another form than terms, or conditions on JSON.
    """
    text = pattern.strip()
    if text.startswith(("[", "?")):
        raise UnmodelledPatternError(pattern)
    if not text.startswith("{"):
        return _terms(text)
    if not text.endswith("}") or _NOT_MODELLED.search(text):
        raise PatternError(pattern) if not text.endswith("}") else UnmodelledPatternError(pattern)
    condition = _Parser(text[1:-1]).parse()
    return lambda message: _matches(condition, message)


def _terms(text: str) -> Matcher:
    wanted: list[str] = []
    unwanted: list[str] = []
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if found is None:
            raise PatternError(text)
        term = found["word"] if found["quoted"] is None else found["quoted"].replace('\\"', '"')
        (unwanted if found["without"] else wanted).append(term)
        position = found.end()
    return lambda message: (
        all(one in message for one in wanted) and not any(one in message for one in unwanted)
    )


def _matches(condition: Condition, message: str) -> bool:
    try:
        value = json.loads(message)
    except ValueError:
        return False
    return isinstance(value, dict) and condition(value)


@dataclass(frozen=True)
class _Comparison:
    """A field's value compared with another; a field that is absent matches nothing."""

    field: str
    sign: str
    value: str
    numeric: bool

    def __call__(self, event: Any) -> bool:
        found = event
        for name, index in _STEP.findall(self.field):
            try:
                found = found[name] if name else found[int(index)]
            except (KeyError, IndexError, TypeError):
                return False
        if self.numeric:
            is_number = isinstance(found, int | float) and not isinstance(found, bool)
            return is_number and _NUMERIC[self.sign](found, float(self.value))
        equal = isinstance(found, str) and fnmatchcase(found, self.value.replace("[", "[[]"))
        return equal if self.sign == "=" else isinstance(found, str) and not equal


class _Parser:
    """Reads conditions, of which `&&` binds more than `||`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        position, text = 0, text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise PatternError(text)
            self._tokens.append((str(found.lastgroup), str(found[str(found.lastgroup)])))
            position = found.end()

    def parse(self) -> Condition:
        """Return the whole condition."""
        condition = self._any()
        if self._tokens:
            raise PatternError(self._text)
        return condition

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._next() == "||":
            self._take()
            parts.append(self._all())
        return lambda event: any(part(event) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._next() == "&&":
            self._take()
            parts.append(self._one())
        return lambda event: all(part(event) for part in parts)

    def _one(self) -> Condition:
        if self._next() == "(":
            self._take()
            inner = self._any()
            if self._take()[1] != ")":
                raise PatternError(self._text)
            return inner
        (kind, field), (_, sign), (of, value) = self._take(), self._take(), self._take()
        if kind != "field" or sign not in _NUMERIC or of not in ("text", "number", "word"):
            raise PatternError(self._text)
        numeric = of == "number"
        if not numeric and sign not in ("=", "!="):
            raise PatternError(self._text)
        return _Comparison(field, sign, value, numeric)

    def _next(self) -> str:
        return self._tokens[0][1] if self._tokens and self._tokens[0][0] == "sign" else ""

    def _take(self) -> tuple[str, str]:
        if not self._tokens:
            raise PatternError(self._text)
        return self._tokens.pop(0)
