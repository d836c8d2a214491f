# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Cluster policy: no task runs longer than the stack is sized for. One database URL. Secrets masked in logs.

https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

import os
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from airflow_ecs_image import masking
from airflow_ecs_image.policy import LimitedTask, cap, max_task_duration

__all__ = ["create_async_metadata_engine", "task_policy"]

_LONGEST = max_task_duration(os.environ)
masking.mask()


def task_policy(task: LimitedTask) -> None:
    """Cap the task's execution timeout; Airflow calls this for each task of each DAG it parses."""
    cap(task, _LONGEST)


def create_async_metadata_engine(
    sql_alchemy_conn_async: str, *, connect_args: dict[str, Any], engine_args: dict[str, Any] | None = None
) -> AsyncEngine:
    """Reach the database asynchronously with psycopg too; Airflow calls this in place of its own.

    Left alone it takes asyncpg, which knows no `sslmode`. A second URL in a setting would be one that Airflow
    does not take away from tasks as it does the first (`block_orm_access` in the task SDK's supervisor).
    """
    url = sql_alchemy_conn_async.replace("postgresql+asyncpg:", "postgresql+psycopg:", 1)
    return create_async_engine(url, connect_args=connect_args, **(engine_args or {}))
