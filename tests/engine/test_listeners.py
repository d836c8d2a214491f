"""A small cluster over what its users see first: HTTP, then a certificate, back, and another port.

Behind a Network Load Balancer, which besides holds on to the ports that it forwards to. The tests run in
order and share the stack. That browsers take the certificate is not proved here, nor how long AWS takes.
"""

from collections.abc import Iterator

import pytest
from pulumi import automation as auto

from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.shipped import client

pytestmark = [pytest.mark.engine, pytest.mark.drill(name="listeners")]

Seen = set[tuple[int, str, str]]
"""Port, protocol and default action of each listener of a load balancer."""
PLAIN: Seen = {(80, "HTTP", "forward")}
SECURE: Seen = {(80, "HTTP", "redirect"), (443, "HTTPS", "forward")}
MOVED: Seen = {(8080, "HTTP", "forward")}


@pytest.fixture(scope="module")
def certificate(bench: Bench) -> str:
    """A certificate of the account."""
    assert bench.home.exists()
    made = client("acm").request_certificate(DomainName="a.example.com", ValidationMethod="DNS")
    return made["CertificateArn"]


@pytest.fixture(scope="module", autouse=True)
def destroyed(bench: Bench) -> Iterator[None]:
    """At last the stack is gone."""
    yield
    select(bench).destroy()


def select(bench: Bench, **more: str) -> auto.Stack:
    """Select the small cluster; asleep, since only the load balancers matter."""
    settings = {
        "imageUri": bench.images["good"],
        "apiServerMemoryMib": '"4096"',
        "asleep": '"true"',
        "discardData": '"true"',
        "loadBalancerAllowedCidrs": "[127.0.0.0/8]",
        "loadBalancerNlb": '"true"',
        "nat": "none",
        "protectData": '"false"',
        "singleTask": '"true"',
        **more,
    }
    return bench.stack("listeners", {f"airflow-ecs:{key}": value for key, value in settings.items()})


def listeners(stack: auto.Stack, kind: str) -> Seen:
    """Describe the listeners of a stack's Application (`alb`) or Network Load Balancer (`nlb`)."""
    host = stack.outputs()[f"{kind}_dns_name"].value
    elb = client("elbv2")
    (arn,) = (
        one["LoadBalancerArn"]
        for one in elb.describe_load_balancers()["LoadBalancers"]
        if one["DNSName"] == host
    )
    return {
        (one["Port"], one["Protocol"], one["DefaultActions"][-1]["Type"])
        for one in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    }


STEPS = {
    "HTTP": ("", PLAIN),
    "HTTPS": ("loadBalancerCertificateArn", SECURE),
    "HTTP again": ("", PLAIN),
    "another port": ("loadBalancerPort", MOVED),
    "the first port again": ("", PLAIN),
}
"""The setting that is there at each step, and what listens then."""


@pytest.mark.parametrize("step", STEPS)
def test_a_listener_follows_the_settings(bench: Bench, certificate: str, step: str) -> None:
    """On one port there is one listener at any time, or AWS refuses; afterwards there is nothing to do."""
    key, expected = STEPS[step]
    values = {"loadBalancerCertificateArn": certificate, "loadBalancerPort": '"8080"'}
    stack = select(bench, **({key: values[key]} if key else {}))
    stack.up()
    assert preview(stack) == set()
    assert listeners(stack, "alb") == expected
    assert {port for port, _, _ in listeners(stack, "nlb")} == {port for port, _, _ in expected}
