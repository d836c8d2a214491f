"""Actions and resources against patterns with `*` and `?`."""

import re
from functools import cache
from typing import Final

from .errors import UnmodelledError

_ESCAPES: Final = {"${*}": "*", "${?}": "?", "${$}": "$"}
_WILD: Final = {"*": ".*", "?": "."}
_TOKEN: Final = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_ACTION: Final = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_CONCRETE: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_ARN_PARTS: Final = 6


def glob(pattern: str, value: str) -> bool:
    """Match a whole text; `*` is any number of characters, `?` exactly one, case counts."""
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    tokens: list[str] = _TOKEN.findall(pattern)
    return re.compile("".join(_expression(token, pattern) for token in tokens), re.DOTALL)


def _expression(token: str, pattern: str) -> str:
    if token in _WILD:
        return _WILD[token]
    if len(token) > 1 and token not in _ESCAPES:
        raise UnmodelledError(f"the policy variable {token} in {pattern!r}")
    return re.escape(_ESCAPES.get(token, token))


def action(pattern: str, value: str) -> bool:
    """Match an action, whose case does not count.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    if not _CONCRETE.fullmatch(value):
        raise UnmodelledError(f"{value!r} is not an action")
    if pattern == "*":
        return True
    if not _ACTION.fullmatch(pattern):
        raise UnmodelledError(f"the action {pattern!r}")
    return glob(pattern.lower(), value.lower())


def resource(pattern: str, value: str) -> bool:
    """Match an ARN, or `*` of an action that knows no resource: only the pattern `*` covers that.

    Each of an ARN's parts is matched by itself, so no wildcard reaches over a colon before the last one.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    if pattern == "*":
        return True
    wanted, given = _parts(pattern), _parts(value)
    return given is not None and wanted is not None and all(map(glob, wanted, given))


def _parts(arn: str) -> list[str] | None:
    if arn == "*":
        return None
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or parts[0] != "arn":
        raise UnmodelledError(f"{arn!r} is not an ARN")
    return parts
