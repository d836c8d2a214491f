"""DAGs as versions in a bucket, which `up` and the command add to: a versioned DAG bundle.

https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/dag-bundles.html
"""

import json
from collections.abc import Mapping

from .. import image_contract as image
from ..endpoints import Endpoints
from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import Document
from ..settings.dag_settings import DagSourceKind
from ..settings.settings import Settings
from .dag_archive import PREFIX
from .dag_source import DagSource

NAME = "dags-folder"
"""As Airflow calls the DAGs of an image: runs go on where a stack changes its source."""


def dag_source(settings: Settings) -> DagSource | None:
    """Give the bundle, where the settings choose it."""
    if settings.dag.source is not DagSourceKind.BUNDLE:
        return None
    return DagSource(
        environment={
            # Else an image that holds other versions of the same modules would come first in `sys.path`.
            "AIRFLOW__CORE__DAGS_FOLDER": image.NO_DAGS_FOLDER,
            # Airflow notes a DAG's new version at once, and stores the DAG itself no sooner than this: a run
            # that starts in between would have the new version's files and the old one's tasks.
            "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
            "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": str(settings.dag.refresh_seconds),
        },
        endpoint_variables=endpoint_variables,
        statements=(read_versions,),
        parser_command=image.DAG_PROCESSOR_COMMAND,
        uploaded=True,
    )


def endpoint_variables(endpoints: Endpoints) -> Mapping[str, str]:
    """Name the bucket to Airflow."""
    bundle = {
        "classpath": image.DAG_BUNDLE,
        "kwargs": {"bucket": endpoints.dags_bucket, "prefix": PREFIX},
        "name": NAME,
    }
    return {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle], sort_keys=True)}


def read_versions(grants: Grants) -> list[Document]:
    """Let a service read the pointer and the archives, and no list of them."""
    return [iam_documents.statement(["s3:GetObject"], [f"{grants.dags_bucket_arn}/{PREFIX}/*"])]
