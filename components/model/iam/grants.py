"""The resources that IAM statements of services name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from .iam_documents import Document


@dataclass(frozen=True, kw_only=True)
class Grants:
    """The resources that services get permissions for, by ARN."""

    logs_bucket_arn: str
    data_bucket_arn: str
    cluster_arn: str
    kms_key_arn: str | None = None
    """The key of the buckets, if it is customer managed."""


Statements: TypeAlias = Callable[[Grants], list[Document]]
"""Gives IAM statements once the resources exist. Functions of a module, so that values compare equal."""
