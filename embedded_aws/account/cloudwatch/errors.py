"""How CloudWatch refuses a request."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class NotModelledError(ServiceException):
    """What AWS has and this account has not."""

    code = "NotImplemented"

    def __init__(self, what: str) -> None:
        super().__init__(f"This account does not model {what}")


class MissingParameterError(ServiceException):
    """A parameter that a request needs."""

    code = "MissingParameter"


class ConstraintError(ServiceException):
    """A value beyond a constraint of the API's model, in the words that all such errors have."""

    code = "ValidationError"

    def __init__(self, value: object, name: str, constraint: str) -> None:
        super().__init__(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must {constraint}"
        )
