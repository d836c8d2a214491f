"""Celery's results in a DynamoDB table, for a broker that keeps none.

CeleryExecutor's slots are taken until it sees a task's result. The image reads them in batches: Celery's own
DynamoDB backend asks for each task alone. Schedulers only read, workers only write, and neither creates,
deletes or describes the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..endpoints import Endpoints
from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import Document
from .access import Access

KEY: Final = "task_id"
EXPIRES: Final = "expires"
"""Attributes of an item, as docker/airflow_ecs_image/result_table.py writes them."""


@dataclass(frozen=True, kw_only=True)
class ResultTable:
    """Who uses the table, and how.

    Attributes:
        reads: what schedulers get.
        writes: what workers get.
        names: what a service gets that only shows Celery's settings, as Flower does.
    """

    reads: Access
    writes: Access
    names: Access


def variables(endpoints: Endpoints) -> Mapping[str, str]:
    """Name the table to Celery.

    https://docs.celeryq.dev/en/stable/userguide/configuration.html#aws-dynamodb-backend-settings
    """
    return {"AIRFLOW__CELERY__RESULT_BACKEND": f"dynamodb://@{endpoints.region}/{endpoints.result_table}"}


def read(grants: Grants) -> list[Document]:
    """Let a scheduler read results."""
    return _allowed("dynamodb:BatchGetItem", grants)


def write(grants: Grants) -> list[Document]:
    """Let a worker write results; the condition that it writes with needs no permission to read.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/api-permissions-reference.html
    """
    return _allowed("dynamodb:PutItem", grants)


def _allowed(action: str, grants: Grants) -> list[Document]:
    """Allow one action on the table; with a customer managed key DynamoDB decrypts for who calls.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    found = [iam_documents.statement([action], [grants.result_table_arn])]
    if grants.kms_key_arn:
        found.append(iam_documents.with_key(["kms:Decrypt"], grants.kms_key_arn, grants.region, ["dynamodb"]))
    return found


RESULT_TABLE: Final = ResultTable(
    reads=Access(endpoint_variables=(variables,), statements=(read,)),
    writes=Access(endpoint_variables=(variables,), statements=(write,)),
    names=Access(endpoint_variables=(variables,)),
)
