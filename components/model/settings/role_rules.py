"""What must hold between the roles of a cluster; names and paths begin in the whole cluster's settings."""

from collections.abc import Mapping
from typing import Final

from .errors import Errors, SettingError, at, name_of
from .role_names import COMPANIONS, ROLES
from .role_settings import RoleSettings
from .setting import Section, changed

MIN_API_SERVER: Final = (1024, 2048)
"""CPU units and MiB; with less, the API server was seen to die under load."""
MIN_SINGLE_TASK_MIB: Final = 4096
"""Nearly twice what five roles were measured to use (docs/image.md), and room for eight tasks."""
_ALWAYS: Final = ROLES[:4]
_OF_CELERY: Final = ("worker", "flower", "broker", "worker_concurrency")


def counts(count_by_role: Mapping[str, int]) -> Errors:
    """Airflow does not work without some roles."""
    for role in _ALWAYS:
        if count_by_role[role] == 0:
            message = f"must be at least 1; got 0. Airflow does not work without its {role}"
            yield at(f"{_field(role)}.count", message)


def executor(settings: Section, executor: str, worker: RoleSettings | None) -> Errors:
    """Settings of workers are for an executor that has some; `worker` is None where there are none."""
    name = name_of("executor")
    if worker is None:
        for path in changed(settings, _OF_CELERY):
            yield SettingError(
                path,
                f"needs {name} CeleryExecutor; with {executor} it has no effect. Remove it, or set {name}",
            )
    elif not worker.count:
        yield at("worker.count", f"must be at least 1 with {name} {executor}; got 0")


def single_task(settings: Section, api_server: RoleSettings) -> Errors:
    """The API server's task holds other roles: their own sizes have no effect, and its own must be enough."""
    name = name_of("single_task")
    for path in changed(settings, [_field(role) for role in COMPANIONS]):
        yield SettingError(
            path,
            f"has no effect with {name}: the API server's task holds this role. Set "
            f"{name_of(f'api_server.{path[1]}')} instead, or remove {name}",
        )
    if api_server.memory_mib < MIN_SINGLE_TASK_MIB:
        message = f"must be at least {MIN_SINGLE_TASK_MIB} with {name}; got {api_server.memory_mib}"
        yield at("api_server.memory_mib", message)


def api_server_warnings(size: RoleSettings) -> Errors:
    """A small API server can be deployed, but was seen to go wrong."""
    cpu_units, memory_mib = MIN_API_SERVER
    if size.cpu_units < cpu_units or size.memory_mib < memory_mib:
        yield at(
            "api_server.cpu_units",
            f"and {name_of('api_server.memory_mib')} are {size.cpu_units} and {size.memory_mib}: below "
            f"{cpu_units} and {memory_mib} the API server was seen to die under load",
        )


def _field(role: str) -> str:
    return role.replace("-", "_")
