# pyright: basic
# moto has no types for its exceptions.
"""How Amazon MQ refuses a request: with a message and the attribute that it is about.

https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers.html#brokers-schemas
"""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class MqError(ServiceException):
    """An error of the API."""

    def __init__(self, message: str, attribute: str) -> None:
        super().__init__(message)
        self.error_attribute = attribute


class BadRequestError(MqError):
    """A request that Amazon MQ does not take."""

    code = "BadRequestException"


class ConflictError(MqError):
    """What would be there twice, or is in use."""

    code = "ConflictException"


class NotFoundError(MqError):
    """What is not there."""

    code = "NotFoundException"


class NotModelledError(ServiceException):
    """What AWS has and this account has not."""

    code = "NotImplemented"

    def __init__(self, what: str) -> None:
        super().__init__(f"This account does not model {what}")
