"""The names of the values that the cluster's secrets have: what a rotation changes.

A secret's values are generated, each under a name. Another name makes another value, and a name that is gone
deletes its value. So a stack's file has the state of every rotation, and no secret.
"""

from dataclasses import dataclass
from typing import Final

from ..secrets import FIRST_NAME
from .rules import matching, names
from .setting import Section, setting

MAX_NAMES: Final = 3
"""Values that a secret can have at a time; a rotation needs two."""
ROTATED_BY: Final = "`airflow-ecs rotate` changes it (docs/rotation.md)."
NAME: Final = matching(r"[a-z0-9]{1,16}", "1 to 16 of a-z 0-9")


@dataclass(frozen=True, kw_only=True)
class FernetSettings(Section):
    """The keys that encrypt what the metadata database keeps secret."""

    key_names: tuple[str, ...] = setting(
        (FIRST_NAME,),
        "Names of the Fernet keys, 1 to 3: the first encrypts, all decrypt. A removed name deletes its key, "
        f"and what is still encrypted with it cannot be read any more: {ROTATED_BY}",
        names(MAX_NAMES),
    )


@dataclass(frozen=True, kw_only=True)
class JwtSettings(Section):
    """The key pairs of Airflow's tokens."""

    key_names: tuple[str, ...] = setting(
        (FIRST_NAME,),
        "Names of the key pairs that sign and verify Airflow's tokens, 1 to 3: the first signs, all are "
        f"trusted. A new name makes a new pair, a removed one deletes it: {ROTATED_BY}",
        names(MAX_NAMES),
    )


@dataclass(frozen=True, kw_only=True)
class ApiSettings(Section):
    """The key of the API server's sessions."""

    secret_key_name: str = setting(
        FIRST_NAME, f"Name of the API secret key. Another name makes another key: {ROTATED_BY}", NAME
    )


@dataclass(frozen=True, kw_only=True)
class AdminSettings(Section):
    """The first user, an administrator."""

    username: str = setting(
        "admin",
        "Name of the first user, who is an administrator.",
        matching(r"[A-Za-z0-9._@-]{1,64}", "1 to 64 of A-Z a-z 0-9 . _ @ -"),
    )
    email: str = setting(
        "admin@example.com", "That user's e-mail address.", matching(r"[^@\s]+@[^@\s]+", "an e-mail address")
    )
    password_name: str = setting(
        FIRST_NAME,
        f"Name of that user's password. Another name makes another password: {ROTATED_BY}",
        NAME,
    )
