"""Cluster policy: no task runs longer than the stack is sized for.

https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

import os

from airflow_ecs_image.policy import LimitedTask, cap, max_task_duration

_LONGEST = max_task_duration(os.environ)


def task_policy(task: LimitedTask) -> None:
    """Cap the task's execution timeout; Airflow calls this for each task of each DAG it parses."""
    cap(task, _LONGEST)
