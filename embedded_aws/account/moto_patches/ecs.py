# pyright: basic
# moto has no types for its handlers.
"""When a revision of a task definition was registered, and lists of them in order and in pages.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse

from embedded_aws.account.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 100
"""Task definitions in one answer."""


def list_task_definitions(self: EC2ContainerServiceResponse) -> ActionResult:
    """List by family and revision: the last one first where that is asked for."""
    arns = self.ecs_backend.list_task_definitions(
        self._get_param("familyPrefix"), self._get_param("status", "ACTIVE")
    )
    order = self._get_param("sort", "ASC")
    if order not in ("ASC", "DESC"):
        raise InvalidParameterException(f"invalid sort order {order}")
    arns.sort(key=_family_and_revision, reverse=order == "DESC")
    size = int(self._get_param("maxResults", MOST))
    try:
        found, token = page(arns, self._get_param("nextToken"), size)
    except ValueError:
        raise InvalidParameterException("Invalid token") from None
    return ActionResult({"taskDefinitionArns": list(found), **({"nextToken": token} if token else {})})


def _family_and_revision(arn: str) -> tuple[str, int]:
    family, _, revision = arn.rpartition("/")[2].rpartition(":")
    return family, int(revision)


def with_time(make: Callable[..., None]) -> Callable[..., None]:
    """Let what makes a revision keep the time."""

    def made(self: Any, *args: Any, **given: Any) -> None:
        make(self, *args, **given)
        self.registered_at = datetime.now(UTC)

    return made


def install() -> None:
    """Replace what moto lists in its own order, and add what it does not keep."""
    handler: Any = EC2ContainerServiceResponse
    handler.list_task_definitions = list_task_definitions
    TaskDefinition.__init__ = with_time(TaskDefinition.__init__)
