"""Which process the kernel ends when a container's memory is used up: a task's, not the service itself.

Airflow's supervisor of the task is left to log why the task died, and the other tasks go on.
https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
"""

import os
from pathlib import Path

SCORE = Path("/proc/self/oom_score_adj")
MORE = 500
"""In units of a thousandth of the memory: half of it more than the process has."""
MAX = 1000


def spare_this_process() -> None:
    """Let every process that this one forks from now on, and what those fork, end before it.

    Their score is above that of this process, which a runtime may have set: the kernel lets nobody lower one.
    """
    score = min(int(SCORE.read_text()) + MORE, MAX)
    os.register_at_fork(after_in_child=lambda: SCORE.write_text(str(score)))
