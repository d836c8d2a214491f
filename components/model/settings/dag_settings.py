"""The settings of where DAGs come from."""

from dataclasses import dataclass
from enum import StrEnum

from .rules import between
from .setting import Section, setting


class DagSourceKind(StrEnum):
    """Where Airflow gets its DAGs from."""

    IMAGE = "image"
    BUNDLE = "bundle"


@dataclass(frozen=True, kw_only=True)
class DagSettings(Section):
    """Where Airflow gets its DAGs from, and how soon it sees a change."""

    source: DagSourceKind = setting(
        DagSourceKind.IMAGE,
        "Where DAGs are: image (a change deploys all services) or bundle (versions in a bucket, which "
        "`pulumi up` and `airflow-ecs dags push` add to without a deployment; docs/dags.md).",
    )
    refresh_seconds: int = setting(
        2,
        "How often the DAG processor looks for another version, 1 to 300 s; 2 s cost half a US dollar a "
        "month in requests to S3.",
        between(1, 300),
        needs=("source", DagSourceKind.BUNDLE),
    )
