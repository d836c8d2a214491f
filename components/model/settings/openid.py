"""What settings of an OpenID provider must be, Airflow's and the load balancer's alike."""

from . import secret_references
from .errors import Errors, invalid
from .rules import matching

url = matching(r"(https://[^\s?#]+)?", "an https:// URL without query")
client_id = matching(r"\S*", "a client id without spaces")
client_secret_arn = matching(f"({secret_references.ARN})?", "the ARN of a secret in Secrets Manager")


def scopes(value: tuple[str, ...]) -> Errors:
    """Scopes of a request for an ID token: `openid` is one of them."""
    if "openid" not in value:
        yield invalid(f"must hold openid; got {list(value)}")
