# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""A Celery worker with Airflow's configuration, whose tasks do nothing: it writes results as any does.

Arguments: the pool, and how many seconds a task lasts.
"""

import sys
import time

from airflow.providers.celery.executors.celery_executor_utils import app

if __name__ == "__main__":
    pool, seconds = sys.argv[1:] or ("solo", "0")
    app.tasks["execute_workload"].run = lambda _: time.sleep(float(seconds))
    options = [
        "--queues",
        "default",
        "--pool",
        pool,
        "--concurrency",
        "1",
        "--without-gossip",
        "--without-mingle",
    ]
    app.worker_main(["worker", *options, "--loglevel", "warning"])
