"""The bridge talks to an account on loopback, and to nothing else."""

from __future__ import annotations

import pytest

from embedded_aws.engine.bridge import endpoints
from embedded_aws.engine.provider import ProviderError

HERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "https://localhost", "http://[::1]:80", "http://127.9.8.7"]
)
def test_loopback_is_served(url: str) -> None:
    """Every way to write this machine's address is taken."""
    endpoints.check({"AWS_ENDPOINT_URL": url}, [{"s3": url}])


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"AWS_ENDPOINT_URL": ""},
        {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:5000"},
        {"AWS_ENDPOINT_URL": "https://s3.amazonaws.com"},
        {"AWS_ENDPOINT_URL": "http://10.0.0.1"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1.example.com"},
        {"AWS_ENDPOINT_URL": "127.0.0.1:5000"},
        HERE | {"AWS_ENDPOINT_URL_ECS": "https://ecs.us-east-1.amazonaws.com"},
    ],
)
def test_an_endpoint_that_is_missing_or_elsewhere_is_refused(environment: dict[str, str]) -> None:
    """The general endpoint must be there, and each must be a URL of this machine."""
    with pytest.raises(ProviderError, match="serves an account on loopback only"):
        endpoints.check(environment, [])


def test_the_providers_own_endpoints_are_checked_too() -> None:
    """A program's `endpoints` are no way out; the one to blame is named."""
    with pytest.raises(
        ProviderError, match=r"endpoints\.ecs=https://ecs\.example\.com is not on this machine"
    ):
        endpoints.check(HERE, [{"s3": "http://127.0.0.1:1"}, {"ecs": "https://ecs.example.com"}])


def test_nothing_leads_the_provider_past_the_checked_endpoints() -> None:
    """Neither a profile of the user nor a switch that makes the SDK forget the endpoints gets through."""
    ambient = HERE | {"AWS_PROFILE": "prod", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "HOME": "/home/a"}
    assert endpoints.sealed(ambient) == HERE | {
        "HOME": "/home/a",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
