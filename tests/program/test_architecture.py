"""What docs/architecture.md shows of an `up` is what the program asks for."""

import re

from tests.helpers.rendered_stacks import recording
from tests.program.stacks import ROOT

KINDS = {
    "network": ("aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"),
    "database": ("aws:rds/instance:Instance",),
    "broker": ("aws:elasticache/replicationGroup:ReplicationGroup",),
    "load-balancer": ("aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener"),
    "image": ("BuiltImage", "KeptImage"),
    "migration": ("OneOffTask",),
    "service": ("aws:ecs/service:Service",),
    "rollout": ("Rollout",),
}


def _arrows() -> set[tuple[str, str]]:
    (diagram,) = re.findall(
        r"```mermaid\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(), re.DOTALL
    )
    return set(re.findall(r"^  (\S+) --> (\S+)$", diagram, re.MULTILINE))


def _closed(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Add what follows: what is before something is before all that comes after it."""
    closed = set(arrows)
    for _ in KINDS:
        closed |= {(first, last) for first, middle in closed for other, last in closed if middle == other}
    return closed


def test_the_order_of_an_up_is_as_shown() -> None:
    """Of `prod`: an arrow where each of the first is awaited by one of the second, no arrow where none is.

    Not proved: in which order AWS finishes, only what the engine waits for.
    """
    recorded = recording("prod")
    urns = {node: {one.urn for kind in kinds for one in recorded.all(kind)} for node, kinds in KINDS.items()}
    assert all(urns.values())
    waits = {
        node: {urn for kind in kinds for one in recorded.all(kind) for urn in recorded.before(one)}
        for node, kinds in KINDS.items()
    }
    shown = _closed(_arrows())
    needed = {
        (first, second)
        for first in KINDS
        for second in KINDS
        if first != second and urns[first] & waits[second]
    }
    assert shown == needed
