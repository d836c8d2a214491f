# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""A Celery worker with Airflow's configuration, whose tasks do nothing: it writes results as any does."""

from airflow.providers.celery.executors.celery_executor_utils import app

if __name__ == "__main__":
    app.tasks["execute_workload"].run = lambda _: None
    options = ["--queues", "default", "--pool", "solo", "--without-gossip", "--without-mingle"]
    app.worker_main(["worker", *options, "--loglevel", "warning"])
