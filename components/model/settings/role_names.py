"""Airflow's roles by name, and settings that are given role by role."""

import difflib
from collections.abc import Mapping
from typing import Any, Final

from .errors import Errors, Key, invalid
from .setting import Rule

ROLES: Final = ("api-server", "scheduler", "dag-processor", "triggerer", "worker", "flower")
"""Airflow's long-running roles, by Airflow's own names."""
API_SERVER: Final = "api-server"
EXECUTION_API: Final = "execution-api"
"""Airflow's API for running tasks: a server of its own, always in the API server's task."""
COMPANIONS: Final = ("scheduler", "dag-processor", "triggerer")
"""The roles that can run in the API server's task."""
MIGRATION: Final = "migration"
"""The one-off role that brings the database to the image's schema."""
MAINTENANCE: Final = "maintenance"
"""The one-off role that a schedule starts to remove old rows from the database."""
ALL: Final = "all"
"""Stands for every role in a mapping by role."""


def by_role(rule: Rule) -> Rule:
    """A mapping from roles, or `all`, to values that satisfy a rule."""
    names = (*ROLES, EXECUTION_API, MIGRATION, MAINTENANCE, ALL)

    def check(value: Mapping[str, Any]) -> Errors:
        for role, one in value.items():
            if role not in names:
                near = difflib.get_close_matches(role, names, n=1, cutoff=0.5)
                hint = f". Did you mean {near[0]}?" if near else ""
                yield invalid(f"must be given by role ({', '.join(names)}); got {role!r}{hint}")
            else:
                yield from (error.below(Key(role)) for error in rule(one))

    return check


def of_role(values: Mapping[str, Any], role: str) -> list[Any]:
    """List what a mapping by role has for a role: what is for all, then its own."""
    return [values[name] for name in (ALL, role) if name in values]
