"""The roles that Airflow logs in to its RDS instance as.

PostgreSQL has one password for each role: a further one is that of another role, which acts as the owner.
"""

from typing import Final

from ..secrets import named

OWNER: Final = "airflow"
"""Name of the metadata database, and of the role that owns it."""


def login(name: str) -> str:
    """Return the role whose password has a name."""
    return named(OWNER, name).replace("-", "_")
