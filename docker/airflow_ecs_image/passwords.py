"""Which accounts have a password: those of single sign-on have none."""

from werkzeug.security import check_password_hash

NO_PASSWORD = "!"  # noqa: S105 - no secret
"""Stands in the place of a hash, and no password fits it: https://man7.org/linux/man-pages/man5/shadow.5.html"""


def usable(stored: str | None) -> bool:
    """Whether somebody could know the password of an account; FAB keeps an empty one's hash for none."""
    return bool(stored) and stored != NO_PASSWORD and not check_password_hash(stored, "")
