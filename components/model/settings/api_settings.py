"""The settings of the API server's secret key; its size and number are in `Settings.api_server`."""

from dataclasses import dataclass

from ..secrets import FIRST_NAME
from .rules import NAME
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class ApiSettings(Section):
    """The key that signs sessions."""

    secret_key_name: str = setting(
        FIRST_NAME,
        "Name of the API secret key: another name makes another one. `airflow-ecs rotate` changes it "
        "(docs/rotation.md).",
        NAME,
    )
