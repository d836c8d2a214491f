# pyright: basic
# boto3's answers have no types.
"""A one-off task of a service and its log, as commands start and read them in a running account.

Not proved: that AWS lets a line be read as soon: there it also takes as long as CloudWatch Logs needs.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from cli import logs, one_off
from cli.cluster import Cluster

if TYPE_CHECKING:
    from .conftest import Stage

MAX_SECONDS = 3
"""How soon a line is to be shown."""
CODE = (
    "import sys, time; print(time.time(), flush=True); time.sleep(1.5); "
    "print(time.time(), flush=True); sys.exit(3)"
)


def test_a_command_runs_with_its_log_and_exit_code(stage: Stage) -> None:
    """Each line is shown while the task runs, in its own log and in that of all services."""
    options = {"awslogs-group": "/stage", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "scheduler"}
    definition = stage.definition(
        name="scheduler", logConfiguration={"logDriver": "awslogs", "options": options}
    )
    service = stage.serve(definition)
    outputs = {
        "cluster_name": stage.cluster,
        "service_names": {"scheduler": service},
        "log_groups": {"scheduler": "/stage"},
    }
    cluster = Cluster("dev", "123456789012", outputs, stage.clients.__getitem__)

    own: list[float] = []
    followed: list[float] = []

    def late(message: str, into: list[float]) -> None:
        if message.replace(".", "").isdigit():
            into.append(time.time() - float(message))

    def follow() -> None:
        read = partial(logs.lines, cluster, "scheduler")
        start = int(1000 * time.time())
        for line in logs.follow(read, start, partial(time.sleep, logs.POLL_SECONDS)):
            late(line.message, followed)
            if len(followed) == 2:
                return

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    task, code = one_off.run(cluster, [CODE], partial(late, into=own))
    thread.join(10)
    assert code == 3
    assert stage.task(task)["overrides"]["containerOverrides"][0]["name"] == "scheduler"
    assert len(own) == len(followed) == 2
    assert max(own + followed) <= MAX_SECONDS
