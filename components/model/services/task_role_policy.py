"""The policy of each service's task role: what it may do at AWS.

Which of the cluster's secrets a service gets stands in its module: ECS reads them, with the execution role.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import Document
from ..settings.by_service import of_service
from ..settings.settings import Settings
from .service import Service


def statements(settings: Settings, services: Sequence[Service], grants: Grants) -> list[Document]:
    """List the statements of services that share a task; what two of them need is there once."""
    of_task = replace(grants, host=services[0].name)
    wanted = [one for service in services for one in _statements(settings, service, of_task)]
    return [one for place, one in enumerate(wanted) if one not in wanted[:place]]


def has_statements(settings: Settings, services: Sequence[Service]) -> bool:
    """Return whether services have any statements; AWS refuses an empty policy."""
    nowhere = Grants(logs_bucket_arn="", logs_prefix="", data_bucket_arn="", cluster_arn="")
    return bool(statements(settings, services, nowhere))


def _statements(settings: Settings, service: Service, grants: Grants) -> list[Document]:
    """List a service's statements: the data of tasks, its own, secrets, what the settings add."""
    found: list[Document] = []
    if service.runs_tasks:
        found += iam_documents.task_logs(grants.logs_bucket_arn, grants.logs_prefix, write=True)
        found += iam_documents.pipeline_data(grants.data_bucket_arn)
    for make in service.statements:
        found += make(grants)
    if service.secrets_prefix:
        account = grants.cluster_arn.replace(":ecs:", ":secretsmanager:").partition(":cluster/")[0]
        found += iam_documents.secrets_under(f"{account}:secret:", service.secrets_prefix)
    if found and grants.kms_key_arn:
        found += iam_documents.encrypted_data(grants.kms_key_arn, grants.region)
    by_service = of_service(settings.iam.extra_statements, *service.setting_names)
    for extra in (*by_service, service.extra_statements):
        found += [{"Effect": "Allow", **one} for one in extra]
    return found
