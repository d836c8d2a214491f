"""The picture is drawn from what the program renders, and has all of it."""

import re

import pytest
from rendering import stack, variant

from components.model.rendered import of_kind
from operations.picture import draw
from program import pictures

DIFFERENT = (
    "dev",
    "dev with workers and Flower",
    "prod with guests",
    "prod inside behind a Network Load Balancer",
    "prod in a company",
)
"""Stacks whose pictures have little in common."""


def test_the_readme_has_the_picture() -> None:
    """`make docs` was run after the last change of the program."""
    assert pictures.README.read_text() == pictures.readme()


@pytest.mark.parametrize("name", DIFFERENT)
def test_every_service_and_every_rule_is_drawn(name: str) -> None:
    """A node for each service, an arrow for each way in, and no arrow from or to what is not there."""
    rendered = variant(name)
    text = draw(rendered)
    nodes = set(re.findall(r"^ +([\w-]+)[\[{]", text, re.MULTILINE)) | {"users"}
    for service in of_kind(rendered, "ecs/Service"):
        assert re.search(rf"^ +{re.escape(service.name.split('-', 2)[2])}\[", text, re.MULTILINE), (
            service.name
        )
    arrows = re.findall(r"^ +([\w-]+)(?:\S.*?)? -->\|(\d+)\| ([\w-]+)$", text, re.MULTILINE)
    rules = {
        (str(one.inputs.get("description")), one.inputs.get("fromPort"))
        for one in of_kind(rendered, "vpc/SecurityGroupIngressRule")
    }
    assert len(arrows) == len(rules)
    assert {target for _, _, target in arrows} <= nodes | {"database"}


def test_nobody_reaches_a_worker() -> None:
    """It asks others; no arrow ends there."""
    text = draw(stack("prod", **pictures.USERS))
    assert "worker -->|8080| api-server" in text
    assert not re.search(r"\| worker$", text, re.MULTILINE)


def test_users_come_in_at_the_outer_load_balancer() -> None:
    """And only that one reaches the other."""
    text = draw(stack("prod", **pictures.USERS, loadBalancerNetwork="true"))
    assert 'network-load-balancer{{"<b>Network Load Balancer</b><br/>public"}}' in text
    assert '  load-balancer{{"<b>load balancer</b><br/>internal"}}' in text
    sources = re.findall(r"(\S+) -->\|80\| load-balancer$", text, re.MULTILINE)
    assert sources == ["network-load-balancer"]
    assert "-->|80| network-load-balancer" in text


def test_the_picture_says_what_is_paid_for() -> None:
    """Numbers, sizes, zones, Spot."""
    together = "api-server + dag-processor + scheduler + triggerer"
    assert f"<b>{together}</b><br/>1 x 1 vCPU, 4 GB Spot" in draw(stack("dev"))
    assert "<b>worker</b><br/>2 x 1 vCPU, 2 GB" in draw(stack("prod"))
    assert "VPC 10.20.0.0/16, 2 zones, no NAT" in draw(stack("dev"))
    assert "ElastiCache valkey</b><br/>2 x cache.t4g.micro" in draw(stack("prod"))
