"""What settings of an OpenID provider must be, Airflow's and the load balancer's alike."""

from ..shown import shown
from .errors import Errors, invalid
from .rules import matching

url = matching(r"(https://[^\s?#@]+)?", "an https:// URL without login and query")
client_id = matching(r"\S*", "a client id without spaces")


def scopes(value: tuple[str, ...]) -> Errors:
    """Scopes of a request for an ID token: `openid` is one of them."""
    if "openid" not in value:
        yield invalid(f"must hold openid; got {shown([*value])}")
