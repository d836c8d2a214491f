"""What tasks that run Airflow's tasks have as settings beside CPU and memory: workers, and ECS tasks."""

from dataclasses import dataclass

from ..aws import fargate
from .image_settings import Architecture
from .rules import between, matching
from .setting import setting
from .task_settings import SizeSettings


@dataclass(frozen=True, kw_only=True)
class RunnerSettings(SizeSettings):
    """Size, storage, processor and share of Spot of the tasks that run Airflow's tasks."""

    ephemeral_storage_gib: int = setting(
        fargate.INCLUDED_STORAGE_GIB,
        "Ephemeral storage of one task, 21 to 200 GiB, of which the image takes its part; 20, which cost "
        "nothing, are Fargate's own.",
        between(fargate.INCLUDED_STORAGE_GIB, fargate.MAX_STORAGE_GIB),
    )
    spot_percent: int = setting(
        0,
        "Share of Fargate Spot in the tasks, 0 to 100; of workers in those beyond the base. Where AWS has no "
        "Spot to give, those workers are missing; a task of AwsEcsExecutor is then started on demand.",
        between(0, 100),
    )
    architecture: str = setting(
        "",
        "Processor of the tasks, x86_64 or ARM64; empty: that of the cluster. Another one needs an "
        "existing image for both (imageUri).",
        matching("|".join(["", *Architecture]), f"{' or '.join(Architecture)}, or empty"),
    )

    @property
    def further_storage_gib(self) -> int:
        """The ephemeral storage to ask for; 0: Fargate's own, for AWS takes no smaller number than 21."""
        storage = self.ephemeral_storage_gib
        return storage if storage > fargate.INCLUDED_STORAGE_GIB else 0
