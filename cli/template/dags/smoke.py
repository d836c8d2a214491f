"""Proves in seconds that a deploy works: tasks run, XCom passes, logs are written, the data bucket answers.

Triggered by hand or by the deploy, never on a schedule. It needs nothing but Airflow, and the environment's
AIRFLOW_ECS_DATA_BUCKET; what it writes there it removes.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta

import boto3
from airflow.sdk import dag, task

log = logging.getLogger(__name__)


@task(multiple_outputs=False)
def write(run: str) -> dict[str, str]:
    """Write the run's id to the data bucket and say where, so that the next task can find it."""
    bucket = os.environ.get("AIRFLOW_ECS_DATA_BUCKET")
    if not bucket:
        raise ValueError("AIRFLOW_ECS_DATA_BUCKET is not set: it must name the stack's data bucket.")
    where = {"Bucket": bucket, "Key": f"smoke/{run}"}
    boto3.client("s3").put_object(**where, Body=run.encode())
    log.info("smoke: wrote s3://%s/%s", bucket, where["Key"])
    return where


@task
def read_back(where: dict[str, str], run: str) -> None:
    """Read what the first task wrote, in another process and perhaps on another machine; remove it."""
    s3 = boto3.client("s3")
    found = s3.get_object(**where)["Body"].read().decode()
    if found != run:
        raise ValueError(f"s3://{where['Bucket']}/{where['Key']} holds {found!r}; expected {run!r}.")
    s3.delete_object(**where)
    log.info("smoke: read it back and removed it; this deploy works")


@dag(
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    dagrun_timeout=timedelta(minutes=5),
    # No retries: a smoke test that is repeated until it passes proves less.
    default_args={
        "retries": 0,
        "execution_timeout": timedelta(minutes=1),
        # Next in turn, whatever else waits for a slot: a deploy waits for it.
        "priority_weight": 1_000_000,
        "weight_rule": "absolute",
    },
    tags=["example", "smoke"],
    doc_md=__doc__,
)
def smoke() -> None:
    """Write, then read back."""
    read_back(write("{{ run_id }}"), "{{ run_id }}")


smoke()
