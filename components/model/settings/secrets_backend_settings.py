"""The settings of Airflow's secrets backend."""

from dataclasses import dataclass

from .rules import matching
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class SecretsBackendSettings(Section):
    """Where Airflow looks for connections and variables before it looks into its database."""

    prefix: str = setting(
        "",
        "Connections and variables are read from Secrets Manager first, under <prefix>/connections/ and "
        "<prefix>/variables/ (docs/connections-variables-pools.md). Empty: from the database alone.",
        matching(
            r"([A-Za-z0-9_+=.@-]+(/[A-Za-z0-9_+=.@-]+)*)?",
            "the beginning of secrets' names such as airflow/prod, with no slash at its ends and no *",
        ),
    )
