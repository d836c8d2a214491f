# pyright: basic
# moto has no types for its backends.
"""What ECS refuses of RunTask, beyond what it refuses of a service.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from moto.ecs.exceptions import EcsClientException, ECSException, InvalidParameterException

from embedded_aws.account.ecs import checks

if TYPE_CHECKING:
    from moto.ecs.models import TaskDefinition

    from embedded_aws.account.ecs.model import JSON

_MAX_OVERRIDES = 8192
"""Characters, "the JSON formatting characters of the override structure" included."""
_MAX_COUNT = 10
_STARTED_BY = re.compile(r"[A-Za-z0-9/_-]{1,128}")
_PLATFORM_VERSIONS = ("LATEST", "1.4.0", "1.3.0")
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html"""
_MAX_TAGS = 50
_MAX_KEY, _MAX_VALUE = 128, 256


class PlatformUnknownError(ECSException):
    """There is no such version of the platform."""

    code = "PlatformUnknownException"


class ConflictError(ECSException):
    """A client token was used for another request."""

    code = "ConflictException"


def request(given: JSON, definition: TaskDefinition, cluster: Any) -> None:
    """Refuse a request that ECS refuses."""
    strategy = given.get("capacityProviderStrategy") or []
    if not {one["capacityProvider"] for one in strategy} <= {*(cluster.capacity_providers or [])}:
        # The words: https://github.com/hashicorp/terraform-provider-aws/issues/11409
        raise InvalidParameterException(
            "The specified capacity provider strategy cannot contain a capacity provider that is not "
            "associated with the cluster. Associate the capacity provider with the cluster and try again."
        )
    if not 1 <= int(given.get("count", 1)) <= _MAX_COUNT:
        raise InvalidParameterException("Count must be between 1 and 10.")
    if "startedBy" in given and not _STARTED_BY.fullmatch(given["startedBy"]):
        raise InvalidParameterException("startedBy contains invalid characters or is too long.")
    version = given.get("platformVersion") or "LATEST"
    if version not in _PLATFORM_VERSIONS:
        raise PlatformUnknownError("PlatformUnknownException", f"Unknown platform version {version}.")
    if given.get("propagateTags") == "SERVICE":
        raise InvalidParameterException("SERVICE is not a valid value of propagateTags for a task.")
    _tags(given.get("tags") or [])
    _overrides(given.get("overrides") or {}, definition)


def _tags(tags: list[JSON]) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html."""
    keys = [tag.get("key", "") for tag in tags]
    if len(keys) > _MAX_TAGS:
        raise InvalidParameterException(f"Tags can not be more than {_MAX_TAGS}.")
    if len({*keys}) < len(keys):
        raise InvalidParameterException("Duplicate tag keys are not allowed.")
    for tag in tags:
        key, value = tag.get("key", ""), tag.get("value", "")
        if not 1 <= len(key) <= _MAX_KEY or len(value) > _MAX_VALUE:
            raise InvalidParameterException("A tag's key has 1 to 128 characters, its value at most 256.")
        if key.lower().startswith("aws:") or value.lower().startswith("aws:"):
            raise InvalidParameterException("Tag keys and values must not begin with aws:.")


def _overrides(overrides: JSON, definition: TaskDefinition) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html."""
    if len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False)) > _MAX_OVERRIDES:
        # The words: https://github.com/convox/rack/issues/1906
        raise InvalidParameterException(f"Container Overrides length must be at most {_MAX_OVERRIDES}")
    cpu, memory = (str(overrides.get(one) or getattr(definition, one)) for one in ("cpu", "memory"))
    checks.size({"cpu": cpu, "memory": memory})
    checks.ephemeral_storage(overrides)
    names = {container["name"] for container in definition.container_definitions}
    for override in overrides.get("containerOverrides") or []:
        name = override.get("name")
        if name not in names:
            raise InvalidParameterException(
                f"Override for container named {name} is not a container in the TaskDefinition."
            )
        if int(override.get("memory") or 0) > int(memory):
            raise EcsClientException(
                f"The 'memory' setting for container '{name}' is greater than for the task."
            )
