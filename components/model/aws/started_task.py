"""A task that another service starts on demand, as that service must know it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StartedTask:
    """What RunTask takes: the revision, its roles, and where it runs.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
    """

    task_definition_arn: str = ""
    execution_role_arn: str = ""
    task_role_arn: str = ""
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    assign_public_ip: bool = False
