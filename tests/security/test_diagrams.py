"""The diagram shows what the security tests check, of every variant: here all are rendered anyway."""

import re

import pytest

from cli.mermaid import render
from components.model.rendered import of_kind
from tests.helpers.rendered_stacks import VARIANTS, variant


@pytest.mark.parametrize("name", VARIANTS)
def test_every_service_and_every_rule_is_in_the_diagram(name: str) -> None:
    """A node for each service, an arrow for each way in, and no arrow from or to what is not there."""
    rendered = variant(name)
    text = render(rendered)
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
