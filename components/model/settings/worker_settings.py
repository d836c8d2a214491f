"""The settings of Celery's workers beside CPU, memory and count, which are in `task_settings`."""

from dataclasses import dataclass

from .rules import between
from .setting import setting
from .task_settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class WorkerSettings(ServiceSettings):
    """Size and number of equal workers, and how many tasks each runs; 1 vCPU and 2 GiB by default."""

    concurrency: int = setting(
        0,
        "Tasks that one worker runs at once, 0 to 256; 0: one for each 360 MiB of its memory beyond 512, as "
        "a task with pandas and some data needs, and at most 16 for each vCPU.",
        between(0, 256),
    )
