# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Airflow's plugin of this image: masks the cluster's secrets, for each task before its DAG file is read.

https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/listeners.html
"""

from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from airflow_ecs_image import masking


class Masks:
    """Listens for the start of Airflow's jobs, and of tasks, for which Airflow has forgotten all masks."""

    @hookimpl
    def on_starting(self, component: Any) -> None:  # noqa: ARG002 - Airflow's signature
        """Mask before anything of the user runs."""
        masking.mask()
        masking.mask_output()


class AirflowEcsPlugin(AirflowPlugin):
    """Found by the entry point in airflow_ecs_image.dist-info."""

    name = "airflow_ecs"
    listeners = [Masks()]  # noqa: RUF012 - Airflow's interface
