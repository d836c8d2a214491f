"""Every DAG of this project; `make test` runs this with the packages of the image."""

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import BundleDagBag

DAGS = Path(__file__).resolve().parents[1] / "dags"


@pytest.fixture(scope="module")
def dag_bag() -> BundleDagBag:
    """Read dags/ as the DAG processor does, what DAGs share included."""
    return BundleDagBag(DAGS, bundle_path=DAGS, bundle_name="dags")


def test_every_dag_can_be_imported(dag_bag: BundleDagBag) -> None:
    """Else it would vanish from Airflow."""
    assert dag_bag.import_errors == {}


def test_the_smoke_dag_reads_back_what_it_wrote(dag_bag: BundleDagBag) -> None:
    """In this order."""
    dag = dag_bag.dags["smoke"]
    assert dag.get_task("write").downstream_task_ids == {"read_back"}
