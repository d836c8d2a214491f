# pyright: basic, reportMissingImports=false
# In the image.
"""Celery's configuration of a worker that tests can make deaf."""

from airflow_ecs_image.celery_config import CELERY_CONFIG as SHIPPED

CELERY_CONFIG = {**SHIPPED, "imports": [*SHIPPED["imports"], "commanded_worker"]}
