# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""A scheduler's executor that sends one task, and what it knows of it afterwards: `late.py SECONDS`."""

import sys
import time

from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from scripts.executor import print_json, queue, states

if __name__ == "__main__":
    executor = CeleryExecutor()
    workload = queue(executor)
    executor.heartbeat()
    states(executor)
    # As Airflow takes a task back that was queued for too long: nobody carries that to the workers.
    executor.celery_app.control.revoke(workload.ti.external_executor_id)
    print_json({"sent": workload.ti.external_executor_id})
    time.sleep(float(sys.argv[1]))
    executor.heartbeat()
    print_json({"states": list(states(executor).values())})
