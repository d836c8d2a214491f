"""The picture is drawn from what the program renders, and has all of it."""

import re

from rendering import stack

from operations.picture import draw
from program import pictures


def test_the_readme_has_the_picture() -> None:
    """`make docs` was run after the last change of the program."""
    assert pictures.README.read_text() == pictures.readme()


def test_nobody_reaches_a_worker() -> None:
    """It asks others; no arrow ends there."""
    text = draw(stack("prod", **pictures.USERS))
    assert "worker -->|8081| api-server" in text
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
    together = "api-server + dag-processor + execution-api + scheduler + triggerer"
    assert f"<b>{together}</b><br/>1 x 1 vCPU, 4 GB Spot" in draw(stack("dev"))
    assert "<b>worker</b><br/>2 x 1 vCPU, 2 GB" in draw(stack("prod"))
    assert "VPC 10.20.0.0/16, 2 zones, no NAT" in draw(stack("dev"))
    assert "ElastiCache valkey</b><br/>2 x cache.t4g.micro" in draw(stack("prod"))
