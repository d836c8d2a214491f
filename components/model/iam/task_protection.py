"""Task protection, for those whose ECS tasks run Airflow tasks."""

from . import iam_documents
from .grants import Grants
from .iam_documents import Document


def protect_itself(grants: Grants) -> list[Document]:
    """Let a task shield itself while it works."""
    return iam_documents.task_protection(grants.cluster_arn, grants.host)
