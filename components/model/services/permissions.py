"""What each service may do at AWS."""

from collections.abc import Sequence

from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import Document
from ..settings.role_names import of_role
from ..settings.settings import Settings
from .service import Service


def permissions(settings: Settings, services: Sequence[Service], grants: Grants) -> list[Document]:
    """List the IAM statements of services that share a task; what two of them need is there once."""
    statements = [one for service in services for one in _permissions(settings, service, grants)]
    return [one for place, one in enumerate(statements) if one not in statements[:place]]


def _permissions(settings: Settings, service: Service, grants: Grants) -> list[Document]:
    """List a service's statements: the data of tasks, its own, secrets, what the settings add."""
    statements: list[Document] = []
    if service.runs_tasks:
        statements += iam_documents.task_logs(grants.logs_bucket_arn, write=True)
        statements += iam_documents.pipeline_data(grants.data_bucket_arn)
    for make in service.statements:
        statements += make(grants)
    if service.secrets_prefix:
        account = grants.cluster_arn.replace(":ecs:", ":secretsmanager:").partition(":cluster/")[0]
        statements += iam_documents.secrets_under(f"{account}:secret:", service.secrets_prefix)
    if statements and grants.kms_key_arn:
        statements += iam_documents.encrypted_data(grants.kms_key_arn)
    for extra in of_role(settings.iam.extra_statements, service.name):
        statements += [{"Effect": "Allow", **one} for one in extra]
    return statements


def needs_permissions(settings: Settings, services: Sequence[Service]) -> bool:
    """Tell whether services have any permissions; AWS refuses an empty policy."""
    nowhere = Grants(logs_bucket_arn="", data_bucket_arn="", cluster_arn="")
    return bool(permissions(settings, services, nowhere))
