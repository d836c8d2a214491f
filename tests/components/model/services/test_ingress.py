"""Where users come in."""

import pytest

from components.model.services import ingress
from components.model.settings.settings import LoadBalancerSettings

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/x"


@pytest.mark.parametrize(
    ("settings", "ports", "url"),
    [
        (LoadBalancerSettings(), [80], "http://airflow.example"),
        (LoadBalancerSettings(port=8080), [8080], "http://airflow.example:8080"),
        (LoadBalancerSettings(certificate_arn=CERTIFICATE), [80, 443], "https://airflow.example"),
        (
            LoadBalancerSettings(certificate_arn=CERTIFICATE, domain="a.example"),
            [80, 443],
            "https://a.example",
        ),
        (LoadBalancerSettings(certificate_arn=CERTIFICATE, port=8080), [80, 443], "https://airflow.example"),
    ],
)
def test_the_address_follows_the_listeners(
    settings: LoadBalancerSettings, ports: list[int], url: str
) -> None:
    """A certificate means HTTPS on 443 with a redirect from 80; without one it is the port set."""
    assert ingress.ports(settings) == ports
    assert ingress.url(settings, "airflow.example") == url
