"""The resources that IAM statements of services name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..aws.started_task import StartedTask
from .iam_documents import Document


@dataclass(frozen=True, kw_only=True)
class Grants:
    """The resources that services get permissions for, by ARN."""

    logs_bucket_arn: str
    logs_prefix: str
    """What the names of this cluster's logs begin with: others may keep theirs in the same bucket."""
    data_bucket_arn: str
    cluster_arn: str
    dags_bucket_arn: str = ""
    """The bucket for the versions of the DAGs, if there is one."""
    queue_arns: Mapping[str, str] = field(default_factory=dict[str, str])
    """The queues of the broker, where each is a resource, by Celery's name."""
    result_table_arn: str = ""
    """The table of Celery's results, if there is one."""
    kms_key_arn: str | None = None
    """The key of buckets, queues and tables, if it is customer managed."""
    host: str = ""
    """The service whose tasks get the permissions."""
    started: Mapping[str, StartedTask] = field(default_factory=dict[str, StartedTask])
    """The tasks that services start on demand, by service."""

    @property
    def region(self) -> str:
        """The AWS region."""
        return self.cluster_arn.split(":")[3]


Statements: TypeAlias = Callable[[Grants], list[Document]]
"""Gives IAM statements once the resources exist. Functions of a module, so that values compare equal."""
