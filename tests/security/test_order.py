"""What must be there before what has a public address; not proved: in which order AWS makes and deletes."""

import pytest

from tests.helpers.pulumi_mocks import Recording, Registration
from tests.helpers.rendered_stacks import VARIANTS, recording


def _public(recorded: Recording) -> list[Registration]:
    """List what AWS refuses, or gives no way out, in a VPC without an internet gateway."""
    services = [
        one
        for one in recorded.all("ecs/service:Service")
        if one.inputs["networkConfiguration"]["assignPublicIp"]
    ]
    balancers = [one for one in recorded.all("lb/loadBalancer:LoadBalancer") if not one.inputs["internal"]]
    return [*recorded.all("NatGateway"), *balancers, *services]


@pytest.mark.parametrize("name", [name for name, (_, given) in VARIANTS.items() if "vpcId" not in given])
def test_what_is_public_waits_for_the_internet_gateway(name: str) -> None:
    """NAT gateways, load balancers, tasks with an address of their own, over all that each waits for.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html#gatewayattachment
    """
    recorded = recording(name)
    gateways = {one.urn for one in recorded.all("InternetGateway")}
    routes = {one.urn for one in recorded.all("Route") if one.name.endswith("-public-internet")}
    public = _public(recorded)
    assert [one.line for one in public if not (gateways | routes) <= recorded.before(one)] == []
    assert public
