"""The only reader of the stack's configuration."""

import pulumi
from pulumi.runtime import get_config_env

from model.configuration import parse
from model.settings import Settings, SettingsError, warnings


def load() -> Settings:
    """Read and check the settings of the selected stack.

    Raises:
        pulumi.RunError: every fault at once, before any resource exists; printed without a traceback.
    """
    namespace = f"{pulumi.get_project()}:"
    raw = {
        key.removeprefix(namespace): value
        for key, value in get_config_env().items()
        if key.startswith(namespace)
    }
    try:
        settings = parse(raw)
    except SettingsError as error:
        faults = "\n".join(f"  {namespace}{fault}" for fault in error.faults)
        stack = pulumi.get_stack()
        raise pulumi.RunError(f"stack {stack} cannot be deployed with these settings:\n{faults}") from None
    for warning in warnings(settings):
        pulumi.log.warn(f"{namespace}{warning}")
    return settings
