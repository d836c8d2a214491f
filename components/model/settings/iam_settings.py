"""The settings of IAM roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..shown import shown
from .by_service import ByService
from .errors import Errors, invalid
from .rules import matching
from .setting import Section, setting

_STATEMENT_KEYS = frozenset({"Action", "Condition", "Effect", "Resource", "Sid"})


def iam_statements(value: Any) -> Errors:
    """Each a list of IAM statements that name actions and resources."""
    if not isinstance(value, list | tuple):
        yield invalid(f"must be a list of IAM statements; got {shown(value)}")
        return
    for index, one in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if not isinstance(one, Mapping) or not {"Action", "Resource"} <= one.keys() <= _STATEMENT_KEYS:
            yield invalid(
                f"must be a statement with Action and Resource, and Effect, Condition or Sid; got "
                f"{shown(one)}",
                index,
            )


@dataclass(frozen=True, kw_only=True)
class IamSettings(Section):
    """What every IAM role of the cluster has in common, and what some may do in addition."""

    permissions_boundary_arn: str = setting(
        "",
        "ARN of the permissions boundary of all IAM roles of the cluster. Empty: none.",
        matching(r"(arn:aws[a-z-]*:iam::(\d{12}|aws):policy/\S+)?", "the ARN of an IAM policy"),
    )
    role_path: str = setting(
        "/",
        "Path of the cluster's IAM roles. A change replaces them.",
        matching(r"/([!-.0-~]+/)*", "a path that starts and ends with a slash, such as /airflow/"),
    )
    extra_statements: dict[str, Any] = setting(
        dict[str, Any](),
        "IAM statements for the task roles in addition to the cluster's own: by service (worker, scheduler, "
        "..., or all) a list of them, each with Action and Resource.",
        ByService(iam_statements),
    )
