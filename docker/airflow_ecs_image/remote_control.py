# pyright: basic, reportMissingImports=false
# Celery is in the image's environment, not in the program's, and carries no types.
"""What workers obey of Celery's remote control: whoever has the broker's URL, so each task, may command them.

Airflow takes a waiting task back with `revoke`; Flower looks and asks for events. What stops a worker, its
queues, its processes or a running task is ECS's, and Airflow's, business.
https://docs.celeryq.dev/en/stable/userguide/workers.html#remote-control
"""

from typing import Any

from celery.worker import control

OBEYED = {
    *("active", "active_queues", "conf", "enable_events", "ping", "registered", "reserved", "revoke"),
    *("revoked", "scheduled", "stats"),
}


def revoke(state: Any, task_id: Any, **_: Any) -> Any:
    """Do not start a task that waits; one that runs goes on, whatever else is asked."""
    return control.revoke(state, task_id)


def restrict() -> None:
    """Forget all other commands, in the registry that the worker serves."""
    commands = control.Panel.data
    for name in set(commands) - OBEYED:
        del commands[name]
    commands["revoke"] = revoke
