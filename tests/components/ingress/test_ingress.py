"""Certificate, load balancers and record of a whole cluster under mocks."""

from functools import cache

import pytest

from components import AirflowCluster
from components.model.settings.settings import LoadBalancerSettings, Settings
from tests.helpers.existing_account import account
from tests.helpers.pulumi_mocks import REGION, Recording, record

CERTIFICATE = f"arn:aws:acm:{REGION}:123456789012:certificate/x"
DOMAIN = "airflow.data.example.com"


@cache
def _cluster(balancer: LoadBalancerSettings) -> Recording:
    return record(lambda: AirflowCluster("air", Settings(load_balancer=balancer)), answers=account())


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (LoadBalancerSettings(port=8080), "http://air.elb:8080"),
        (LoadBalancerSettings(certificate_arn=CERTIFICATE), "https://air.elb"),
        (LoadBalancerSettings(certificate_arn=CERTIFICATE, nlb=True), "https://air-nlb.elb"),
        (LoadBalancerSettings(domain=DOMAIN, nlb=True), f"https://{DOMAIN}"),
    ],
)
def test_the_url_is_that_of_the_outer_load_balancer_or_the_domain(
    settings: LoadBalancerSettings, url: str
) -> None:
    """And Airflow is told the same, for its links."""
    recording = _cluster(settings)
    assert recording.outputs[recording.one("index:AirflowCluster").urn]["url"] == url
    assert (
        f'"{url}"'
        in recording.one("ecs/taskDefinition:TaskDefinition", "air-api-server").inputs["containerDefinitions"]
    )


@pytest.mark.parametrize(("nlb", "name"), [(False, "air.elb"), (True, "air-nlb.elb")])
def test_the_domain_resolves_to_the_outer_load_balancer(*, nlb: bool, name: str) -> None:
    """As an alias, which costs nothing; the same record whichever it is, or AWS refuses the second."""
    recording = _cluster(LoadBalancerSettings(domain=DOMAIN, nlb=nlb))
    found = recording.one("route53/record:Record", "air")
    assert (found.inputs["name"], found.inputs["type"], found.inputs["zoneId"]) == (DOMAIN, "A", "Z0123")
    assert found.inputs["aliases"][0]["name"] == name
    assert found.parent == recording.one("index:Ingress", "air").urn


def test_without_a_zone_there_is_no_record() -> None:
    """The domain's DNS is elsewhere."""
    recording = _cluster(LoadBalancerSettings(domain=DOMAIN, certificate_arn=CERTIFICATE))
    assert not recording.all("route53/record:Record")


@pytest.mark.parametrize(
    ("internal", "outer"), [(False, "public"), (True, "private")], ids=["public", "internal"]
)
def test_a_network_load_balancer_stands_where_the_other_would(*, internal: bool, outer: str) -> None:
    """The one behind is in the private subnets always, and listens before it is a target."""
    recording = _cluster(LoadBalancerSettings(certificate_arn=CERTIFICATE, nlb=True, internal=internal))
    inner = recording.one("lb/loadBalancer:LoadBalancer", "air").inputs
    assert inner["subnets"] == ["air-network-private-0.id", "air-network-private-1.id"]
    given = recording.one("lb/loadBalancer:LoadBalancer", "air-nlb").inputs
    subnets = given.get("subnets") or [one["subnetId"] for one in given["subnetMappings"]]
    assert subnets == [f"air-network-{outer}-0.id", f"air-network-{outer}-1.id"]
    assert given["securityGroups"] == ["air-network-load-balancer.id"]
    listeners = {recording.one("lb/listener:Listener", name).urn for name in ("air-443", "air-80")}
    for one in recording.all("TargetGroupAttachment"):
        assert listeners <= one.dependencies


def test_outputs_name_both_load_balancers_and_the_addresses() -> None:
    """Partners put the addresses into their firewalls."""
    recording = _cluster(LoadBalancerSettings(certificate_arn=CERTIFICATE, nlb=True))
    exported = recording.outputs[recording.one("index:AirflowCluster").urn]
    assert (exported["alb_dns_name"], exported["nlb_dns_name"]) == ("air.elb", "air-nlb.elb")
    assert exported["nlb_addresses"] == ["air-nlb-0.address", "air-nlb-1.address"]
    alone = _cluster(LoadBalancerSettings())
    exported = alone.outputs[alone.one("index:AirflowCluster").urn]
    assert (exported.get("nlb_dns_name"), exported["nlb_addresses"]) == (None, [])
