"""DAGs that are part of the image."""

from .. import image_contract
from ..settings.settings import Settings
from .dag_source import DagSource


def dag_source(_settings: Settings) -> DagSource | None:
    """Give the folder of the image that DAGs are in."""
    return DagSource(environment={"AIRFLOW__CORE__DAGS_FOLDER": image_contract.DAGS_FOLDER})
