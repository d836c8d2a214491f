"""The first user's settings."""

from dataclasses import dataclass

from ..secrets import FIRST_NAME
from .rules import NAME, email, matching
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class AdminSettings(Section):
    """The first user, who is an administrator."""

    username: str = setting(
        "admin",
        "Name of the first user, who is an administrator.",
        matching(r"[A-Za-z0-9._@-]{1,64}", "1 to 64 of A-Z a-z 0-9 . _ @ -"),
    )
    email: str = setting("admin@example.com", "That user's e-mail address.", email)
    password_name: str = setting(
        FIRST_NAME,
        "Name of that user's password: another name makes another one. `airflow-ecs rotate` changes it "
        "(docs/rotation.md).",
        NAME,
    )
