"""What the Pulumi SDK calls things: read from its own classes, so that no rule has to guess.

`pulumi._types` is what the SDK itself translates answers with.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pulumi import _types  # pyright: ignore[reportPrivateUsage] - the only reader of its own classes

from embedded_aws.engine.provider import ProviderError

Names = Mapping[str, Any]
"""Pulumi's name of a property → its type in the SDK."""


def resource(token: str) -> Names:
    """Return the properties of a resource: of `aws:s3/bucket:Bucket`, say."""
    return _types.resource_types(_class(token, token.rsplit(":", 1)[1]))


def function(token: str) -> Names:
    """Return the properties of a function's result: of `aws:index/getRegion:getRegion`, say."""
    name = token.rsplit(":", 1)[1]
    return _types.output_type_types(_class(token, f"{name[:1].upper()}{name[1:]}Result"))


def _class(token: str, name: str) -> type:
    folder = token.split(":")[1].partition("/")[0]
    module = {"index": "pulumi_aws", "lambda": "pulumi_aws.lambda_"}.get(folder, f"pulumi_aws.{folder}")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise ProviderError(f"{token}: the installed pulumi_aws has no {module}.{name}") from None


def is_list(annotation: Any) -> bool:
    """Whether the SDK shows a property as a list."""
    return get_origin(annotation) is Sequence


def nested(annotation: Any) -> Names | None:
    """Return the properties of the objects in a property; None where it holds none."""
    while get_origin(annotation) in (Sequence, Mapping):
        annotation = _types.unwrap_type(get_args(annotation)[-1])
    if isinstance(annotation, type) and _types.is_output_type(annotation):
        return _types.output_type_types(annotation)
    return None
