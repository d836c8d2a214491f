"""Services that settings name: each must be in the catalogue."""

from collections.abc import Mapping
from typing import Any, Final

from ..services import worker
from ..settings.by_service import ByService, unknown
from ..settings.errors import Errors
from ..settings.setting import declarations, value_at
from ..settings.settings import Settings
from .catalogue import Catalogue

_PATHS: Final = [one.path for one in declarations(Settings) if isinstance(one.rule, ByService)]
_GROUPS: Final = ("worker_groups",)


def unknown_services(values: Mapping[tuple[str, ...], Any], catalogue: Catalogue) -> Errors:
    """Yield an error for each service that does not exist.

    Args:
        values: values of settings by their path, as far as they are known: valid or not.
        catalogue: the services that there are, in use or not.
    """
    settings = Settings()
    own = catalogue.made_services(settings)
    further = [service for executor in catalogue.made_executors(settings) for service in executor.services]
    groups = [worker.group_name(one.name) for one in values.get(_GROUPS, ())]
    names = [*(service.name for service in (*own, *further)), *groups]
    for path in _PATHS:
        yield from (error.below(*path) for error in unknown(values.get(path, {}), names))


def by_service(settings: Settings) -> dict[tuple[str, ...], Any]:
    """Give the settings that are given by service, and the worker groups, by their path."""
    return {path: value_at(settings, path) for path in (*_PATHS, _GROUPS)}
