"""Whatever valid settings a stack has, the program renders it, twice the same, and keeps its own rules.

Under mocks, on an account that has everything that settings may name. For a few of them
`tests/engine/test_generated_settings.py` shows that a real engine and an account accept them, and that a
second preview is empty.
"""

import json
import re
from collections.abc import Iterator

from hypothesis import given

from components.airflow_cluster import AirflowCluster
from components.model.settings.configuration import DECLARED, parse
from components.model.settings.settings import Executor, Settings
from policy.rule import findings
from policy.rules import binding
from tests.components.model.settings.test_configuration import RIGHT_AND_WRONG
from tests.helpers.existing_account import account
from tests.helpers.generated_settings import examples, executors, generated, stacks
from tests.helpers.pulumi_mocks import REGION, Recording, record
from tests.helpers.rendered_stacks import rendered

EXAMPLES = 10
HERE = {  # in the account that mocks play
    key: right.replace("us-east-1", REGION) for key, (right, _, _) in RIGHT_AND_WRONG.items()
} | {
    "vpcPublicSubnetIds": '["subnet-0a", "subnet-0b"]',
    "vpcPrivateSubnetIds": '["subnet-1a", "subnet-1b"]',
    "vpcId": "vpc-1",
    "loadBalancerDomain": "airflow.example.com",
}


def _render(chosen: Settings) -> Recording:
    return record(lambda: AirflowCluster("air", chosen), answers=account())


def _registered(recording: Recording) -> Iterator[str]:
    for one in recording.resources:
        yield json.dumps([one.urn, one.inputs, one.protect, sorted(one.dependencies)], sort_keys=True)


@examples(EXAMPLES)
@given(raw=stacks(HERE))
def test_any_valid_settings_make_a_stack_that_keeps_the_rules(raw: dict[str, str]) -> None:
    """A rule is broken only where one of the settings governs it, and its remedy says which."""
    once, again = _render(parse(raw)), _render(parse(raw))
    assert sorted(_registered(once)) == sorted(_registered(again))
    assert len(once.resources) > 50
    broken = list(findings(binding(), rendered(once)))
    ungoverned = [
        f"{one.rule.name} {one.resource.name}: {one.why}"
        for one in broken
        if not any(re.search(rf"\b{key}\b", one.rule.remedy) for key in DECLARED)
    ]
    assert ungoverned == []
    assert not any(secret in once.in_plaintext() for secret in once.planted)


def test_generated_settings_cover_most_keys() -> None:
    """Else the property above would say little."""
    stacks_of_both = generated(stacks(HERE), EXAMPLES)
    assert {kind for raw in stacks_of_both for kind in executors(raw)} == {*Executor}
    assert len({key for raw in stacks_of_both for key in raw}) > len(RIGHT_AND_WRONG) * 0.6
