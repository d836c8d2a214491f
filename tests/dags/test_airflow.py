"""DAG files in Airflow itself: those of the user import, and whole runs of the examples end as they must."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dags import samples
from tests.dags.interpreters import ROOT
from tests.dags.storage import Storage
from tests.helpers.checkout import SHIPPED

pytestmark = pytest.mark.airflow

Airflow = Callable[..., subprocess.CompletedProcess[str]]

LIST_DAGS = """
import json, sys
from pathlib import Path
from airflow import plugins_manager
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1], bundle_path=Path(sys.argv[1]), bundle_name="dags-folder")
print(json.dumps({
    "errors": bag.import_errors,
    "plugins": plugins_manager.get_import_errors(),
    "dags": {
        name: {
            "catchup": dag.catchup,
            "schedule": dag.schedule,
            "retries": {task.task_id: task.retries for task in dag.tasks},
        }
        for name, dag in bag.dags.items()
    },
}))
"""
"""As the DAG processor reads a folder."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this Airflow keeps its database."""
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="module")
def python(airflow_python: Path, pipeline_python: Path, home: Path, storage: Storage) -> Airflow:
    """Runs Airflow's interpreter, with a database on disk and S3 on loopback."""
    environment = {
        **os.environ,
        **storage.environment,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(SHIPPED / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_ECS_PIPELINE_PYTHON": str(pipeline_python),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def python(*arguments: str, bucket: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [airflow_python, *arguments],
            env={**environment, "AIRFLOW_ECS_DATA_BUCKET": bucket},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )

    migrated = python("-m", "airflow", "db", "migrate")
    assert migrated.returncode == 0, migrated.stdout
    return python


def test_the_examples_import(python: Airflow) -> None:
    """Two DAGs, no error, no library taken for a DAG; schedules and retries as meant."""
    listed = python("-c", LIST_DAGS, str(SHIPPED / "dags"))
    assert listed.returncode == 0, listed.stdout
    assert json.loads(listed.stdout.splitlines()[-1]) == {
        "errors": {},
        "plugins": {},
        "dags": {
            "smoke": {
                "catchup": False,
                "schedule": None,
                "retries": {"write": 0, "read_back": 0},
            },
            "nasdaq_stock_pipeline_with_gx": {
                "catchup": False,
                "schedule": "@monthly",
                "retries": {"validate_prices": 2, "refuse_bad_prices": 0, "write_parquet": 2},
            },
        },
    }


def test_what_lies_in_dags_and_plugins_imports(users_python: Path, tmp_path: Path) -> None:
    """Whatever it is, with the packages that `docker/extra-requirements.txt` names, as in the image."""
    folders = {"DAGS_FOLDER": "dags", "PLUGINS_FOLDER": "plugins"}
    done = subprocess.run(
        [users_python, "-c", LIST_DAGS, ROOT / "dags"],
        env=os.environ
        | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        | {f"AIRFLOW__CORE__{key}": str(ROOT / name) for key, name in folders.items()}
        | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = json.loads(done.stdout.splitlines()[-1])
    broken = {**listed["errors"], **listed["plugins"]}
    assert not broken, "Airflow cannot import these files:\n" + "\n".join(map(": ".join, broken.items()))


def test_the_smoke_dag_succeeds_and_leaves_nothing(python: Airflow, home: Path, storage: Storage) -> None:
    """It wrote, read back and removed."""
    bucket = storage.make_bucket("smoke")
    ended = _run(python, "smoke", bucket)
    assert ended.returncode == 0, ended.stdout
    assert "smoke: wrote s3://smoke/smoke/manual__" in ended.stdout
    assert "smoke: read it back and removed it" in ended.stdout
    assert _states(home, "smoke") == {"write": "success", "read_back": "success"}
    assert storage.keys(bucket) == []


@pytest.mark.long
def test_the_smoke_dag_fails_clearly_without_a_bucket(python: Airflow, home: Path) -> None:
    """One line, and a failed run."""
    ended = _run(python, "smoke", "")
    assert "AIRFLOW_ECS_DATA_BUCKET is not set: it must name the stack's data bucket." in ended.stdout
    assert _states(home, "smoke") == {"write": "failed", "read_back": "upstream_failed"}


@pytest.mark.long
def test_the_packaged_prices_arrive(python: Airflow, home: Path, storage: Storage) -> None:
    """The whole pipeline as deployed: 560 rows, 51 files, one manifest."""
    bucket = storage.make_bucket("prices")
    ended = _run(python, "nasdaq_stock_pipeline_with_gx", bucket)
    assert ended.returncode == 0, ended.stdout
    assert set(_states(home, "nasdaq_stock_pipeline_with_gx").values()) == {"success"}
    assert "Traceback" not in ended.stdout
    manifest = json.load(storage.client.get_object(Bucket=bucket, Key="nasdaq/manifest.json")["Body"])
    assert manifest["rows"] == 560
    assert manifest["run_id"].startswith("manual__")
    assert len([key for key in storage.keys(bucket) if key.endswith(".parquet")]) == 51


@pytest.mark.long
def test_a_bad_row_fails_the_run_by_name(
    python: Airflow, home: Path, storage: Storage, pipeline_python: Path
) -> None:
    """The task that refuses says which expectation, once; nothing runs or is written after it."""
    bucket = storage.make_bucket("refused")
    text = samples.faulty(samples.packaged(pipeline_python), samples.ERRORS["negative-price"][0])
    source = storage.put(storage.make_bucket("sources"), "negative.csv", text)
    ended = _run(python, "nasdaq_stock_pipeline_with_gx", bucket, {"source_uri": source})
    error = f"{samples.BETWEEN} (price): 1 of 560 rows break it, such as -39.81"
    assert f"AirflowFailException: {source}: 1 of 8 expectations broken: {error}" in ended.stdout
    assert _states(home, "nasdaq_stock_pipeline_with_gx") == {
        "validate_prices": "success",
        "refuse_bad_prices": "failed",
        "write_parquet": "upstream_failed",
    }
    assert storage.keys(bucket) == []


def test_a_source_of_another_kind_is_refused_before_any_task(python: Airflow, storage: Storage) -> None:
    """By the parameter's own pattern."""
    bucket = storage.make_bucket("pattern")
    ended = _run(python, "nasdaq_stock_pipeline_with_gx", bucket, {"source_uri": "ftp://example.com/a.csv"})
    assert ended.returncode != 0
    assert "'ftp://example.com/a.csv' does not match" in ended.stdout


def _run(python: Airflow, dag: str, bucket: str, conf: dict[str, Any] | None = None) -> Any:
    """One whole run of `dag`, its tasks in real task processes."""
    return python("-m", "airflow", "dags", "test", dag, "--conf", json.dumps(conf or {}), bucket=bucket)


def _states(home: Path, dag: str) -> dict[str, str]:
    """How the tasks of the latest run of `dag` ended."""
    query = """
        select task_id, state from task_instance where dag_id = ? and run_id =
        (select run_id from dag_run where dag_id = ? order by id desc limit 1)
    """
    with sqlite3.connect(home / "airflow.db") as database:
        return dict(database.execute(query, (dag, dag)).fetchall())
