"""Whom the kernel ends for memory. What this does not prove: that it does so on Fargate."""

import subprocess
import sys

from airflow_ecs_image import out_of_memory

PROGRAM = """
import os, sys
from pathlib import Path
from airflow_ecs_image import out_of_memory

def score():
    return Path("/proc/self/oom_score_adj").read_text().strip()

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


def test_a_task_is_ended_before_its_worker() -> None:
    """The task is a child of a child: a slot of the pool, with Airflow's supervisor, is between them."""
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "docker"},
    )
    own, task = found.stdout.split()
    assert (int(own) < out_of_memory.SCORE, int(task)) == (True, out_of_memory.SCORE)
