"""Whom the kernel ends for memory. What this does not prove: that it does so on Fargate."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from pathlib import Path
from airflow_ecs_image import out_of_memory

def score():
    return Path("/proc/self/oom_score_adj").read_text().strip()

Path("/proc/self/oom_score_adj").write_text(sys.argv[1])
out_of_memory.spare_this_process()
own = score()
if os.fork() == 0:
    if os.fork() == 0:
        print(own, score(), flush=True)
        os._exit(0)
    os.wait()
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize(("worker", "task"), [("400", "900"), ("800", "1000")])
def test_a_task_is_ended_before_its_worker(worker: str, task: str) -> None:
    """Whatever score the runtime gave the container.

    The task is a child of a child: a slot of the pool, with Airflow's supervisor, is between them.
    """
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, worker],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "docker"},
    )
    assert found.stdout.split() == [worker, task]
