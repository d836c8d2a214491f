"""Whatever valid settings a stack has, it comes up, a second preview is empty, and destroy leaves nothing.

A sample: the few of many drawn stacks that differ most, in an account that holds what settings may name.
`tests/program/test_any_settings.py` draws more, under mocks. The image only looks like Airflow, and runs on
this machine's processor, whatever the architecture: that Airflow takes the settings is not proved here.
"""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from pulumi import automation as auto

from components.model.settings.configuration import DECLARED
from components.model.settings.settings import Executor
from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.company_account import holdings, settle
from tests.engine.company_values import values, with_what_is_its_own
from tests.engine.shipped import added, inventory
from tests.helpers.generated_settings import executors, far_apart, generated, stacks

pytestmark = [pytest.mark.engine, pytest.mark.drill(name="generated-settings")]

EXAMPLES, CANDIDATES = 3, 60
CHOICES = {
    "existing VPC": {"vpcId", "vpcTag"},
    "existing database": {"databaseHost"},
    "HTTPS": {"loadBalancerDomain", "loadBalancerCertificateArn"},
    "unlocked data": {"protectData"},
}
"""Keys that make another stack of a stack, in at least one example and not in all."""
LEFT_OUT = {
    **dict.fromkeys(
        ("databaseSnapshotIdentifier", "databaseFernetKeySecretArn"),
        "a snapshot is of a stack's own database; test_restore.py restores one",
    ),
    "architecture": "the image is for this machine's processor, and no stack takes it for another one",
    **{
        key: "with imageUri no image is built; test_company.py builds one"
        for key in DECLARED
        if key.startswith("image")
    },
    **{
        key: "the account's load balancers cannot sign anybody in, and refuse it"
        for key in DECLARED
        if key.startswith("loadBalancerOidc")
    },
}
"""Keys that are not drawn, and why."""


@dataclass(frozen=True)
class Sample:
    """Stacks, and the account before them."""

    company: dict[str, Any]
    stacks: list[dict[str, str]]
    account: dict[str, list[str]]
    held: dict[str, Any]


@pytest.fixture(scope="module")
def sample(bench: Bench) -> Sample:
    """Settle a company, and draw stacks that use what it has."""
    company = settle()
    always = {"imageUri": bench.images["good"]}
    strategy = stacks(values(company, bench.home), LEFT_OUT, always)
    chosen = far_apart(generated(strategy, CANDIDATES), EXAMPLES, _choices)
    alone = [with_what_is_its_own(raw, number) for number, raw in enumerate(chosen)]
    return Sample(company, alone, inventory(), holdings(company))


def _choices(raw: dict[str, str]) -> set[tuple[str, str]]:
    taken = {(name, "not set" if raw.keys().isdisjoint(keys) else "set") for name, keys in CHOICES.items()}
    return {*(("executor", kind) for kind in executors(raw)), *taken}


@pytest.fixture(scope="module")
def lives(bench: Bench, sample: Sample) -> list[Future[set[tuple[str, str, str]]]]:
    """Let all stacks live at the same time: most of it is waiting."""
    with ThreadPoolExecutor() as pool:
        return [pool.submit(_live, bench, number, raw) for number, raw in enumerate(sample.stacks)]


def _live(bench: Bench, number: int, raw: dict[str, str]) -> set[tuple[str, str, str]]:
    """Bring a stack up and destroy it, unlocked; return what a second update would have done."""
    stack = _stack(bench, number, raw)
    stack.up()
    changes = preview(stack)
    if raw | (unlocked := _unlocked(raw)) != raw:
        stack = _stack(bench, number, raw | unlocked)
        stack.up()
    stack.destroy()
    return changes


def _unlocked(raw: dict[str, str]) -> dict[str, str]:
    """What must be set before a destroy; a bucket that holds DAGs goes only with its contents."""
    holds_dags = raw.get("dagSource") == "bundle"
    return {"protectData": "false"} | ({"discardData": "true"} if holds_dags else {})


def _stack(bench: Bench, number: int, raw: dict[str, str]) -> auto.Stack:
    settings = {f"airflow-ecs:{key}": _in_yaml(key, text) for key, text in raw.items()}
    return bench.stack(f"drawn{number}", settings)


def _in_yaml(key: str, text: str) -> str:
    """Leave lists and mappings as they are; quote the rest."""
    return text if DECLARED[key].type in (tuple, dict) else json.dumps(text)


def test_the_sample_is_wide(sample: Sample) -> None:
    """Most keys are set in one of the stacks, and each choice of the large ones is taken by one."""
    shown = {choice for raw in sample.stacks for choice in _choices(raw)}
    assert shown == {(name, way) for name in CHOICES for way in ("set", "not set")} | {
        ("executor", executor) for executor in Executor
    }
    wanted = {*DECLARED} - {*LEFT_OUT}
    found = {key for raw in sample.stacks for key in raw}
    assert len(found & wanted) > len(wanted) * 0.7, sorted(wanted - found)


@pytest.mark.parametrize("number", range(EXAMPLES))
def test_a_second_preview_is_empty(
    sample: Sample, lives: list[Future[set[tuple[str, str, str]]]], number: int
) -> None:
    """What was deployed is what the program says; where not, the settings are printed."""
    print(json.dumps(sample.stacks[number], indent=2))  # noqa: T201, pytest shows it with the failure
    assert lives[number].result() == set()


def test_destroy_leaves_the_account_as_it_was(
    sample: Sample, lives: list[Future[set[tuple[str, str, str]]]]
) -> None:
    """The company's own things word for word."""
    assert [life.exception() for life in lives] == [None] * EXAMPLES
    assert added(inventory(), sample.account) == {}
    assert holdings(sample.company) == sample.held
