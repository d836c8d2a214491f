"""What settings of an OpenID provider must be, Airflow's and the load balancer's alike."""

from . import secret_references
from .setting import matching

url = matching(r"(https://[^\s?#]+)?", "an https:// URL without query")
client_id = matching(r"\S*", "a client id without spaces")
client_secret_arn = matching(f"({secret_references.ARN})?", "the ARN of a secret in Secrets Manager")


def scopes(value: tuple[str, ...]) -> str | None:
    """Take those with which a provider says who the user is."""
    return None if "openid" in value else f"must hold openid; got {list(value)}"
