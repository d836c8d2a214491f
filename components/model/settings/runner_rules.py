"""What must hold between the cluster and what runs Airflow's tasks: worker groups, AwsEcsExecutor's tasks."""

from typing import Any

from .errors import Errors, Path, SettingError, name_of
from .image_settings import Architecture
from .runner_settings import RunnerSettings


def runners(settings: Any) -> list[tuple[Path, RunnerSettings]]:
    """List what runs Airflow's tasks and has a processor of its own, by its path."""
    groups = [(("worker_groups", index), group) for index, group in enumerate(settings.worker_groups)]
    return [(("ecs_task",), settings.ecs_task), *groups]


def architectures(settings: Any) -> Errors:
    """An image that the program builds is for one processor."""
    if settings.image.uri:
        return
    for path, runner in runners(settings):
        if runner.architecture in {*Architecture} - {settings.architecture}:
            yield SettingError(
                (*path, "architecture"),
                f"must be {settings.architecture}, for which the program builds the image; got "
                f"{runner.architecture}. Remove it, or deploy an existing image for both "
                f"({name_of('image.uri')})",
            )
