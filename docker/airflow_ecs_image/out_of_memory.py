"""Which process the kernel ends when a container's memory is used up: a task's, not the service itself.

Airflow's supervisor of the task is left to log why the task died, and the other tasks go on.
https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
"""

import os
from pathlib import Path

SCORE = 500
"""Of 1000, in units of a thousandth of the memory: half of it more than the process has."""


def spare_this_process() -> None:
    """Let every process that this one forks from now on, and what those fork, end before it."""
    os.register_at_fork(after_in_child=_give_way)


def _give_way() -> None:
    Path("/proc/self/oom_score_adj").write_text(str(SCORE))
