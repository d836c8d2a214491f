"""What each Airflow role may do at AWS."""

from dataclasses import dataclass

from . import iam_documents
from .iam_documents import Document
from .roles import Role


@dataclass(frozen=True, kw_only=True)
class Grants:
    """The resources that roles get rights to, by ARN."""

    logs_bucket_arn: str
    data_bucket_arn: str
    cluster_arn: str


def permissions(role: Role, grants: Grants) -> list[Document]:
    """List the IAM statements of a role: the tasks' logs, the pipelines' data, a worker's protection."""
    statements: list[Document] = []
    if role.runs_tasks or role.name == "api-server":
        statements += iam_documents.task_logs(grants.logs_bucket_arn, write=role.runs_tasks)
    if role.runs_tasks:
        statements += iam_documents.pipeline_data(grants.data_bucket_arn)
    if role.name == "worker":
        tasks = grants.cluster_arn.replace(":cluster/", ":task/") + "/*"
        statements += iam_documents.task_protection(tasks)
    return statements


def needs_permissions(role: Role) -> bool:
    """Tell whether a role has any rights; AWS refuses an empty policy."""
    return bool(permissions(role, Grants(logs_bucket_arn="", data_bucket_arn="", cluster_arn="")))
