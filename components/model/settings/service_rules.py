"""What must hold between the services of a cluster; names and paths begin in the whole cluster's settings.

The metadata of a service's field in `Settings` has what is special about it:
- `required`: Airflow does not work without it; where the field `needs` an executor, that executor does not.
- `co_located`: with `single_task` it runs in the API server's task.
- `grouped`: worker groups replace it.
"""

import dataclasses
from typing import Any, Final

from .errors import Errors, SettingError, at, name_of
from .image_settings import Architecture
from .needs import has
from .runner_rules import runners
from .setting import changed, need_of
from .task_settings import ServiceSettings

MIN_API_SERVER: Final = (1024, 2048)
"""CPU units and MiB; with less, the API server was seen to die under load."""
MIN_SINGLE_TASK_MIB: Final = 4096
"""Nearly twice what five services were measured to use (docs/image.md), and room for eight tasks."""


def counts(settings: Any) -> Errors:
    """Airflow does not work without some services, nor an executor without its own."""
    for field, size in _services(settings):
        if size.count or not field.metadata.get("required"):
            continue
        path, needs = f"{field.name}.count", need_of(field)
        if needs is None:
            name = field.name.replace("_", "-")
            yield at(path, f"must be at least 1; got 0. Airflow does not work without its {name}")
        elif has(settings, needs):
            yield at(path, f"must be at least 1 with {name_of(needs[0])} {needs[1]}; got 0")


def single_task(settings: Any, api_server: ServiceSettings) -> Errors:
    """The API server's task holds other services: their own sizes have no effect, its own must be enough."""
    name = name_of("single_task")
    for path in changed(settings, co_located(settings)):
        yield SettingError(
            path,
            f"has no effect with {name}: the API server's task holds this service. Set "
            f"{name_of(f'api_server.{path[1]}')} instead, or remove {name}",
        )
    if settings.scheduler_stopped:
        message = (
            f"has no effect with {name}: the API server's task holds the scheduler. Set {name_of('asleep')}"
        )
        yield at("scheduler_stopped", f"{message} instead, or remove one of the two")
    if api_server.memory_mib < MIN_SINGLE_TASK_MIB:
        message = f"must be at least {MIN_SINGLE_TASK_MIB} with {name}; got {api_server.memory_mib}"
        yield at("api_server.memory_mib", message)


def co_located(settings: Any) -> list[str]:
    """List the services that can run in the API server's task, by their field."""
    return [field.name for field, _ in _services(settings) if field.metadata.get("co_located")]


def spot(settings: Any, region: str) -> Errors:
    """AWS's regions in China have no Fargate Spot for ARM64.

    https://docs.amazonaws.cn/en_us/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    if not region.startswith("cn-"):
        return
    remedy = f"Remove it, or change {name_of('architecture')}"
    message = f"needs x86_64 in {region}: Fargate Spot has no ARM64 there. {remedy}"
    for field, size in _services(settings):
        if size.spot and size.count and settings.architecture is Architecture.ARM64:
            yield at(f"{field.name}.spot", message)
    for path, runner in runners(settings):
        if runner.spot_percent and (runner.architecture or settings.architecture) == Architecture.ARM64:
            yield SettingError((*path, "spot_percent"), message)


def api_server_warnings(size: ServiceSettings) -> Errors:
    """A small API server can be deployed, but was seen to go wrong."""
    cpu_units, memory_mib = MIN_API_SERVER
    if size.cpu_units < cpu_units or size.memory_mib < memory_mib:
        yield at(
            "api_server.cpu_units",
            f"and {name_of('api_server.memory_mib')} are {size.cpu_units} and {size.memory_mib}: below "
            f"{cpu_units} and {memory_mib} the API server was seen to die under load",
        )


def _services(settings: Any) -> list[tuple["dataclasses.Field[Any]", ServiceSettings]]:
    """List the services that have settings, in order."""
    values = [(field, getattr(settings, field.name)) for field in dataclasses.fields(settings)]
    return [(field, value) for field, value in values if isinstance(value, ServiceSettings)]
