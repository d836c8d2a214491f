"""A real pipeline: stock prices, validated with Great Expectations, kept as partitioned Parquet.

`validate_prices` and `write_parquet` run in an interpreter of their own, whose libraries (Great Expectations,
pandas, pyarrow) Airflow need not agree with. `refuse_bad_prices` stands between them: one broken expectation
ends the run there, named, without retry and with nothing written. `dags/nasdaq` says what is written where.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from nasdaq import PACKAGED_URI
from nasdaq.report import failure

if TYPE_CHECKING:
    from nasdaq import Manifest, Report

IN_PIPELINE: dict[str, Any] = {
    "python": os.environ.get("AIRFLOW_ECS_PIPELINE_PYTHON", "/opt/pipeline/bin/python"),
    "expect_airflow": False,
    "env_vars": {"PYTHONPATH": str(Path(__file__).parent)},
    "multiple_outputs": False,
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "execution_timeout": timedelta(minutes=10),
}
"""Where the tasks with heavy libraries run, and how often: S3 may stumble, data does not mend."""


@task.external_python(**IN_PIPELINE)
def validate_prices(source_uri: str) -> Report:
    """Hold the expectations against the source; the report goes on, bad or good."""
    from nasdaq import expectations  # noqa: PLC0415 (in the pipeline's interpreter)

    return expectations.validate(source_uri)


@task(retries=0)
def refuse_bad_prices(report: Report) -> Report:
    """End the run when an expectation is broken: no retry mends data."""
    if refused := failure(report):
        raise AirflowFailException(refused)
    return report


@task.external_python(**IN_PIPELINE)
def write_parquet(report: Report, run: str) -> Manifest:
    """Write what was validated; visible at once, by its manifest."""
    from nasdaq import parquet  # noqa: PLC0415 (in the pipeline's interpreter)

    manifest = parquet.write(report, run)
    print(f"{manifest['rows']} rows in {len(manifest['files'])} files below {manifest['prefix']}")  # noqa: T201
    return manifest


@dag(
    schedule="@monthly",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    tags=["example", "nasdaq"],
    doc_md=__doc__,
    params={
        "source_uri": Param(
            PACKAGED_URI,
            type="string",
            pattern=r"^(vega_datasets:stocks|s3://[^/]+/.+)$",
            description="The prices that ship in a package, or a CSV file of your own: s3://bucket/key.csv "
            "with the columns symbol, date and price.",
        )
    },
)
def nasdaq_stock_pipeline_with_gx() -> None:
    """Source -> expectations -> Parquet."""
    report = validate_prices("{{ params.source_uri }}")
    write_parquet(refuse_bad_prices(report), "{{ run_id }}")


nasdaq_stock_pipeline_with_gx()
