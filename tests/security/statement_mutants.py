"""Changes of one statement of an IAM document: who it is about, and on what condition."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

FOREIGN_ACCOUNT: Final = "999999999999"
NEGATED: Final[Mapping[str, str]] = {
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
    "StringEquals": "StringNotEquals",
    "StringLike": "StringNotLike",
}
"""Operators and their opposites; `Bool`, whose value is changed as an enumeration, has none."""


def changed(statement: dict[str, Any], path: str) -> Iterator[tuple[str, Any, Any, dict[str, Any]]]:
    """Give each change: path, what was there, what is there now, the whole statement."""
    for key, changes in (("Principal", _principals), ("Condition", _conditions)):
        if key in statement:
            old = statement[key]
            for new in changes(old):
                yield f"{path}.{key}", old, new, _with(statement, key, new)


def _principals(old: Any) -> Iterator[Any]:
    for new in ("*", {"AWS": "*"}, {"AWS": f"arn:aws:iam::{FOREIGN_ACCOUNT}:root"}):
        if new != old:
            yield new


def _conditions(old: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any] | None]:
    """No condition; and of each operator its opposite, a lenient form, and other values of its keys."""
    yield None
    for operator, tests in old.items():
        rest = {name: each for name, each in old.items() if name != operator}
        if operator in NEGATED:
            yield {**rest, NEGATED[operator]: tests}
            yield {**rest, operator.replace("Equals", "Like"): dict.fromkeys(tests, "*")}
            yield {**rest, operator: dict.fromkeys(tests, FOREIGN_ACCOUNT)}
        yield {**rest, f"{operator}IfExists": tests}


def _with(statement: dict[str, Any], key: str, new: Any) -> dict[str, Any]:
    others = {name: value for name, value in statement.items() if name != key}
    return others if new is None else {**others, key: new}
