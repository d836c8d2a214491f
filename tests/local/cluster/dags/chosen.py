# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Three tasks, one of which chooses another executor, with more memory; and 20 that leave a mark each."""

import os
import uuid
from datetime import UTC, datetime

import boto3
from airflow.sdk import dag, get_current_context, task

BIG = {"overrides": {"cpu": "512", "memory": "2048"}}


@task
def before() -> str:
    """Run with the default executor."""
    return "passed on"


@task(executor="big", executor_config=BIG)
def inside(given: str) -> dict[str, str]:
    """Run in an ECS task of its own, which reads XComs as any other."""
    return {"given": given}


@task
def after(found: dict[str, str]) -> None:
    """Run with the default executor again."""
    assert found["given"] == "passed on", found


@task
def mark(number: int) -> None:
    """Leave one object for each time that this task runs."""
    run = get_current_context()["dag_run"].run_id
    key = f"marks/{run}/{number}/{uuid.uuid4().hex}"
    boto3.client("s3").put_object(Bucket=os.environ["AIRFLOW_ECS_DATA_BUCKET"], Key=key, Body=b"")


@dag(schedule=None, start_date=datetime(2024, 1, 1, tzinfo=UTC), catchup=False)
def chosen() -> None:
    """Default, chosen, default."""
    after(inside(before()))


@dag(schedule=None, start_date=datetime(2024, 1, 1, tzinfo=UTC), catchup=False, max_active_tasks=20)
def twenty() -> None:
    """Twenty at once."""
    mark.override(executor="big").expand(number=[*range(20)])


chosen()
twenty()
