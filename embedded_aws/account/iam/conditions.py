"""The condition block of a statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Final

from . import matching
from .errors import UnmodelledError

Value = str | Sequence[str]
"""What a request says of a key: one value, or a list for a key of many values."""
_KEYS: Final = re.compile(
    r"aws:(calledvia|principalaccount|principalarn|principalorgid|principaltype|requestedregion|"
    r"resourceaccount|securetransport|sourceaccount|sourcearn|sourceip|sourceowner|sourcevpc|sourcevpce|tagkeys|"
    r"(principal|request|resource)tag/.+)"
    r"|cloudwatch:namespace"
    r"|ec2:(createaction|region)"
    r"|ecr:resourcetag/.+"
    r"|ecs:(cluster|createaction|task-definition|resourcetag/.+)"
    r"|iam:(awsservicename|associatedresourcearn|passedtoservice|permissionsboundary|policyarn)"
    r"|kms:(calleraccount|encryptioncontext:.+|grantisforawsresource|requestalias|resourcealiases|viaservice)"
    r"|s3:(delimiter|max-keys|prefix|resourceaccount)"
    r"|secretsmanager:(name|resource/type|secretid)"
    r"|token\.actions\.githubusercontent\.com:(aud|sub)",
    re.IGNORECASE,
)
"""Keys whose meaning is known here; in a request that does not name one, it is absent."""
_QUALIFIED: Final = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")


def _arn(pattern: str, value: str) -> bool:
    return pattern != "*" and value != "*" and matching.resource(pattern, value)


def _boolean(pattern: str, value: str) -> bool:
    if {pattern.lower(), value.lower()} - {"true", "false"}:
        raise UnmodelledError(f"Bool of {pattern!r} and {value!r}")
    return pattern.lower() == value.lower()


def _address(pattern: str, value: str) -> bool:
    return ip_address(value) in ip_network(pattern)


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda pattern, value: pattern.lower() == value.lower(),
    "StringLike": matching.glob,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": _boolean,
    "IpAddress": _address,
    "NumericEquals": lambda pattern, value: float(value) == float(pattern),
    "NumericLessThan": lambda pattern, value: float(value) < float(pattern),
    "NumericLessThanEquals": lambda pattern, value: float(value) <= float(pattern),
    "NumericGreaterThan": lambda pattern, value: float(value) > float(pattern),
    "NumericGreaterThanEquals": lambda pattern, value: float(value) >= float(pattern),
}
_NEGATED: Final[Mapping[str, str]] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
}


def met(block: Mapping[str, Mapping[str, Any]], context: Mapping[str, Value]) -> bool:
    """Tell whether a request meets every condition: all operators, all keys, one of each key's values."""
    given = {_known(key): value for key, value in context.items()}
    # Everything is looked at, so that what is not known is never passed over.
    results = [
        _holds(operator, given.get(_known(key)), listed(wanted))
        for operator, keys in block.items()
        for key, wanted in keys.items()
    ]
    return all(results)


def listed(value: Any) -> list[str]:
    """Take one or several as a list of texts."""
    several = [value] if isinstance(value, str | bool | int) else value
    if not isinstance(several, Sequence):
        raise UnmodelledError(f"the value {value!r}")
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in several]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _known(key: str) -> str:
    if not _KEYS.fullmatch(key):
        raise UnmodelledError(f"the condition key {key}")
    return key.lower()


def _holds(operator: str, given: Value | None, wanted: list[str]) -> bool:
    """Evaluate one key of one operator."""
    read = _QUALIFIED.fullmatch(operator)
    if read is None:
        raise UnmodelledError(f"the operator {operator}")
    quantifier, name, if_exists = read.groups()
    if name == "Null" and not quantifier and not if_exists:
        return (given is None) == _boolean(wanted[0], "true")
    negated = name in _NEGATED
    test = _TESTS.get(_NEGATED.get(name, name))
    if test is None:
        raise UnmodelledError(f"the operator {operator}")

    def fits(value: str) -> bool:
        return any(test(item, value) for item in wanted) is not negated

    if given is None:
        return bool(if_exists) or quantifier == "ForAllValues" or (negated and not quantifier)
    if quantifier is None:
        if not isinstance(given, str):
            raise UnmodelledError(f"{operator} of several values needs ForAnyValue or ForAllValues")
        return fits(given)
    values = [given] if isinstance(given, str) else given
    return all(map(fits, values)) if quantifier == "ForAllValues" else any(map(fits, values))
