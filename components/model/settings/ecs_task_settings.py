"""The settings of the ECS tasks that AwsEcsExecutor starts, each for one Airflow task."""

from dataclasses import dataclass

from .runner_settings import RunnerSettings


@dataclass(frozen=True, kw_only=True)
class EcsTaskSettings(RunnerSettings):
    """Size of one ECS task; an Airflow task may have another one (`executor_config`, docs/executors.md)."""
