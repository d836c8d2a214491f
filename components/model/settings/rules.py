"""Rules that many settings share: what a value must be beyond its type."""

import ipaddress
import re
from typing import Final

from ..shown import shown, without_logins
from . import named_secrets
from .errors import Errors, invalid
from .setting import Rule


def between(low: int, high: int) -> Rule:
    """A whole number in a range, both ends included."""

    def rule(value: int) -> Errors:
        if not low <= value <= high:
            yield invalid(f"must be from {low} to {high}; got {value}")

    return rule


def matching(pattern: str, meaning: str) -> Rule:
    """A string of a form; `meaning` describes it."""

    def rule(value: str) -> Errors:
        if not re.fullmatch(pattern, value):
            yield invalid(f"must be {meaning}; got {shown(value)}")

    return rule


EMAIL: Final = r"[^@\s]+@[^@\s]+"
email: Final = matching(EMAIL, "an e-mail address")
NAME: Rule = matching(r"[a-z0-9]{1,16}", "1 to 16 of a-z 0-9")
"""A name that is part of the names of resources."""


def secret_arn(value: str) -> Errors:
    """The ARN of a secret, or nothing; what somebody wrote instead may be the secret itself."""
    if value and not re.fullmatch(named_secrets.ARN, value):
        yield invalid("must be the ARN of a Secrets Manager secret; its value is not shown")


def each(pattern: str, meaning: str, maximum: int | None = None) -> Rule:
    """A list of strings of a form, at most so many; `meaning` describes it in the plural."""

    def rule(values: tuple[str, ...]) -> Errors:
        if maximum is not None and len(values) > maximum:
            yield invalid(f"must hold at most {maximum} {meaning}; got {len(values)}")
        for value in values:
            if not re.fullmatch(pattern, value):
                yield invalid(f"must hold {meaning}; got {shown(value)}")

    return rule


def names(maximum: int) -> Rule:
    """A list of one to so many different short names."""

    def rule(values: tuple[str, ...]) -> Errors:
        legal = all(re.fullmatch(r"[a-z0-9]{1,16}", value) for value in values)
        if not legal or not 1 <= len(set(values)) == len(values) <= maximum:
            yield invalid(
                f"must hold 1 to {maximum} different names of 1 to 16 of a-z 0-9; got {shown([*values])}"
            )

    return rule


def one_of(*values: int) -> Rule:
    """One of a few whole numbers, which a message lists."""
    listed = ", ".join(map(str, values))

    def rule(value: int) -> Errors:
        if value not in values:
            nearest = min(values, key=lambda legal: abs(legal - value))
            yield invalid(f"must be one of {listed}; got {value}. Nearest: {nearest}")

    return rule


def cidrs(values: tuple[str, ...]) -> Errors:
    """Each an IPv4 network with no host bits set, in the one form that AWS takes: address/prefix."""
    for value in values:
        message = f"must hold IPv4 networks such as 203.0.113.0/24; got {shown(value)}"
        try:
            network = ipaddress.IPv4Network(value)
        except ValueError as error:
            yield invalid(f"{message} ({without_logins(str(error))})")
            continue
        if str(network) != value:
            yield invalid(f"{message}. Write it as {network}")
