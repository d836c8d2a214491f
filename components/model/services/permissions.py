"""What each Airflow role may do at AWS."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..iam import iam_documents
from ..iam.iam_documents import Document
from ..settings.role_names import of_role
from ..settings.settings import Settings
from .roles import Role


@dataclass(frozen=True, kw_only=True)
class Grants:
    """The resources that roles get rights to, by ARN."""

    logs_bucket_arn: str
    data_bucket_arn: str
    cluster_arn: str
    kms_key_arn: str | None = None
    """The key of the buckets, if it is one's own."""


def permissions(settings: Settings, roles: Sequence[Role], grants: Grants) -> list[Document]:
    """List the IAM statements of roles that share a task; what two of them need is there once."""
    statements = [one for role in roles for one in _permissions(settings, role, grants)]
    return [one for place, one in enumerate(statements) if one not in statements[:place]]


def _permissions(settings: Settings, role: Role, grants: Grants) -> list[Document]:
    """List a role's statements: logs, data, a worker's protection, secrets, what the settings add."""
    statements: list[Document] = []
    if role.runs_tasks or role.name == "api-server":
        statements += iam_documents.task_logs(grants.logs_bucket_arn, write=role.runs_tasks)
    if role.runs_tasks:
        statements += iam_documents.pipeline_data(grants.data_bucket_arn)
    if role.name == "worker":
        statements += iam_documents.task_protection(grants.cluster_arn)
    if role.secrets_prefix:
        account = grants.cluster_arn.replace(":ecs:", ":secretsmanager:").partition(":cluster/")[0]
        statements += iam_documents.secrets_under(f"{account}:secret:", role.secrets_prefix)
    if statements and grants.kms_key_arn:
        statements += iam_documents.encrypted_data(grants.kms_key_arn)
    for extra in of_role(settings.iam.extra_statements, role.name):
        statements += [{"Effect": "Allow", **one} for one in extra]
    return statements


def needs_permissions(settings: Settings, roles: Sequence[Role]) -> bool:
    """Tell whether roles have any rights; AWS refuses an empty policy."""
    nowhere = Grants(logs_bucket_arn="", data_bucket_arn="", cluster_arn="")
    return bool(permissions(settings, roles, nowhere))
