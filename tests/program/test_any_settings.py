"""Whatever valid settings a stack has, the program renders it, twice the same, and keeps its own rules.

Under mocks, on an account that has everything that settings may name. `tests/engine` shows for some settings
that a real engine sees nothing to do the second time.
"""

import json
import re
from collections.abc import Iterator

from company import account
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from recording import REGION, Recording, record
from rendering import rendered
from unit.test_configuration import RIGHT_AND_WRONG, surroundings

from components.airflow_cluster import AirflowCluster
from components.model.configuration import DECLARED, parse
from components.model.settings import Settings, SettingsError
from policy.rule import findings
from policy.rules import binding

EXAMPLES = 10
HERE = {  # in the account that mocks play
    "vpcPublicSubnetIds": '["subnet-0a", "subnet-0b"]',
    "vpcPrivateSubnetIds": '["subnet-1a", "subnet-1b"]',
    "vpcId": "vpc-1",
    "loadBalancerDomain": "airflow.example.com",
}


def _value(key: str) -> str:
    right = HERE.get(key) or RIGHT_AND_WRONG[key][0]
    return right.replace("us-east-1", REGION)


@st.composite
def _stacks(draw: st.DrawFn) -> dict[str, str]:
    """Draw keys with what each needs beside it, and take back what does not fit together."""
    keys = draw(st.lists(st.sampled_from(sorted(RIGHT_AND_WRONG)), unique=True, min_size=20, max_size=60))
    raw: dict[str, str] = {}
    for key in keys:
        raw |= {one: _value(one) for one in surroundings(key)} | {key: _value(key)}
    while faults := _faults(raw):
        taken_back = {key for key in raw for fault in faults if fault.startswith(f"{key} ")}
        assume(taken_back)
        raw = {key: text for key, text in raw.items() if key not in taken_back}
    return raw


def _faults(raw: dict[str, str]) -> list[str]:
    try:
        parse(raw)
    except SettingsError as error:
        return error.faults
    return []


def _render(chosen: Settings) -> Recording:
    return record(lambda: AirflowCluster("air", chosen), answers=account())


def _registered(recording: Recording) -> Iterator[str]:
    for one in recording.resources:
        yield json.dumps([one.urn, one.inputs, one.protect, sorted(one.dependencies)], sort_keys=True)


few = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing example is small enough, and takes seconds
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@few
@given(raw=_stacks())
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
    assert not any(secret in once.in_clear() for secret in once.planted)


def test_what_is_drawn_covers_most_settings() -> None:
    """Else the property above would say little."""
    kept: set[str] = set()

    @few
    @given(raw=_stacks())
    def collect(raw: dict[str, str]) -> None:
        kept.update(raw)

    collect()
    assert len(kept) > len(RIGHT_AND_WRONG) * 0.6
