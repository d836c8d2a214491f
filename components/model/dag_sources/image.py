"""DAGs that are part of the image."""

from .. import image_contract
from ..settings.dag_settings import DagSourceKind
from ..settings.settings import Settings
from .dag_source import DagSource


def dag_source(settings: Settings) -> DagSource | None:
    """Give the folder of the image that DAGs are in, where the settings choose it."""
    if settings.dag.source is not DagSourceKind.IMAGE:
        return None
    return DagSource(environment={"AIRFLOW__CORE__DAGS_FOLDER": image_contract.DAGS_FOLDER})
