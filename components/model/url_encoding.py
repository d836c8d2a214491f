"""Percent-encoding for the parts of a connection URL."""

from urllib.parse import quote


def encoded(text: str) -> str:
    """Encode one part; `$` and `~` too, since Airflow expands both in what it reads from the environment."""
    return quote(text, safe="").replace("~", "%7E")
