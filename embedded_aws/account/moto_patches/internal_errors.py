# pyright: basic
# moto has no types for its handlers.
"""Failures in the form of the service's own protocol.

moto answers an action it lacks, or an error of its own, with an HTML 500, which SDKs try again for minutes.
"""

from __future__ import annotations

import logging
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

LOG = logging.getLogger(__name__)
_call_action = BaseResponse.call_action


class UnansweredError(ServiceException):
    """What the account cannot answer; moto looks codes up by a class's module, so it is our own."""


def call_action(self: BaseResponse) -> Any:
    """Answer one request; 400 for what cannot be answered, so that nobody tries it again."""
    try:
        return _call_action(self)
    except NotImplementedError as error:
        LOG.warning("%s: %s", self.service_name, error)
        failure = UnansweredError("UnsupportedOperation", f"the embedded account has no {self._get_action()}")
    except Exception as error:
        LOG.exception("%s %s", self.service_name, self._get_action())
        failure = UnansweredError(
            "InternalFailure",
            f"an error of the embedded account: {type(error).__name__}: {error} (see account.log)",
        )
    _, headers, body = self.serialized(ActionResult(failure))
    return 400, headers, body


def install() -> None:
    """Catch the failures of all services."""
    BaseResponse.call_action = call_action
