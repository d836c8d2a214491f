"""`NetworkLoadBalancer` under mocks: addresses, listeners, targets. That AWS hands on, only AWS can tell."""

from dataclasses import replace

import pytest

from components.ingress.network_load_balancer import NetworkLoadBalancer, NetworkLoadBalancerArgs
from components.model.settings.settings import LoadBalancerSettings
from tests.helpers.pulumi_mocks import Recording, record

HTTPS = LoadBalancerSettings(nlb=True, certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/x")
ARGS = NetworkLoadBalancerArgs(
    settings=HTTPS,
    vpc_id="vpc",
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_id="group",
    target_arn="alb",
    listening=[],
    addresses={},
    health_path="/api/v2/version",
    protect=True,
)


def _balancer(args: NetworkLoadBalancerArgs = ARGS) -> Recording:
    return record(lambda: NetworkLoadBalancer("air-nlb", args))


def test_the_load_balancer_in_full() -> None:
    """A public address a zone, which is an Elastic IP and so stays; deletion is locked at AWS."""
    recording = _balancer()
    assert recording.one("lb/loadBalancer:LoadBalancer").inputs == {
        "enableCrossZoneLoadBalancing": True,
        "enableDeletionProtection": True,
        "internal": False,
        "loadBalancerType": "network",
        "securityGroups": ["group"],
        "subnetMappings": [
            {"allocationId": "air-nlb-0.id", "subnetId": "subnet-a"},
            {"allocationId": "air-nlb-1.id", "subnetId": "subnet-b"},
        ],
    }
    exported = recording.outputs[recording.one("index:NetworkLoadBalancer").urn]
    assert exported["addresses"] == ["air-nlb-0.address", "air-nlb-1.address"]
    unlocked = _balancer(replace(ARGS, protect=False)).one("lb/loadBalancer:LoadBalancer")
    assert unlocked.inputs["enableDeletionProtection"] is False


def test_addresses_that_are_there_are_used() -> None:
    """In their order, and none is made."""
    recording = _balancer(replace(ARGS, addresses={"eipalloc-1": "192.0.2.1", "eipalloc-2": "192.0.2.2"}))
    mappings = recording.one("lb/loadBalancer:LoadBalancer").inputs["subnetMappings"]
    assert [one["allocationId"] for one in mappings] == ["eipalloc-1", "eipalloc-2"]
    assert not recording.all("Eip")
    exported = recording.outputs[recording.one("index:NetworkLoadBalancer").urn]
    assert exported["addresses"] == ["192.0.2.1", "192.0.2.2"]


def test_an_internal_one_has_no_public_address() -> None:
    """Nor an Elastic IP that nobody could use."""
    recording = _balancer(replace(ARGS, settings=replace(HTTPS, internal=True)))
    inputs = recording.one("lb/loadBalancer:LoadBalancer").inputs
    assert (inputs["internal"], inputs["subnets"]) == (True, ["subnet-a", "subnet-b"])
    assert "subnetMappings" not in inputs
    assert not recording.all("Eip")
    assert recording.outputs[recording.one("index:NetworkLoadBalancer").urn]["addresses"] == []


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (HTTPS, {80: "HTTP", 443: "HTTPS"}),
        (LoadBalancerSettings(nlb=True, port=8080), {8080: "HTTP"}),
    ],
)
def test_each_port_is_handed_on_to_the_load_balancer_behind(
    settings: LoadBalancerSettings, asked: dict[int, str]
) -> None:
    """Untouched, so that TLS ends there; it is asked as its listener speaks, and may redirect."""
    recording = _balancer(replace(ARGS, settings=settings))
    listeners = {one.inputs["port"]: one.inputs for one in recording.all("Listener")}
    groups = {one.inputs["port"]: one.inputs for one in recording.all("lb/targetGroup:TargetGroup")}
    attached = {one.inputs["port"]: one.inputs for one in recording.all("TargetGroupAttachment")}
    assert listeners.keys() == groups.keys() == attached.keys() == asked.keys()
    for port, protocol in asked.items():
        assert listeners[port]["protocol"] == "TCP"
        assert (groups[port]["protocol"], groups[port]["targetType"]) == ("TCP", "alb")
        assert groups[port]["healthCheck"] == {
            "healthyThreshold": 2,
            "interval": 10,
            "matcher": "200-399",
            "path": "/api/v2/version",
            "protocol": protocol,
            "timeout": 5,
            "unhealthyThreshold": 3,
        }
        (action,) = listeners[port]["defaultActions"]
        assert action["targetGroupArn"] == attached[port]["targetGroupArn"]
        assert attached[port]["targetId"] == "alb"


@pytest.mark.parametrize(("seconds", "kept"), [(60, None), (290, None), (291, 351), (4000, 4060)])
def test_idle_connections_are_closed_by_the_one_behind(seconds: int, kept: int | None) -> None:
    """This one would drop them without a word, after 350 s unless told."""
    recording = _balancer(replace(ARGS, settings=replace(HTTPS, idle_timeout_seconds=seconds)))
    assert {one.inputs.get("tcpIdleTimeoutSeconds") for one in recording.all("Listener")} == {kept}
