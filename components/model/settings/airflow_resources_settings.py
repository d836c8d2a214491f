"""The settings of Airflow resources: connections, variables, pools."""

from dataclasses import dataclass

from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class AirflowResourcesSettings(Section):
    """Connections, variables and pools as code."""

    file: str = setting(
        "",
        "A YAML or JSON file, relative to the project, of connections, variables and pools that the "
        "migration creates, updates and removes (docs/connections-variables-pools.md). Empty: none.",
    )
