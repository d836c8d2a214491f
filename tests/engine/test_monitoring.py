"""What watches a cluster, with the real engine: it is made, previewed empty, muted, and removed.

Not proved: that an alarm fires (tests/embedded_aws/account) and whom AWS notifies.
"""

from pathlib import Path

import pytest
from pulumi import automation as auto

from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.shipped import client

pytestmark = pytest.mark.engine
PROGRAM = Path(__file__).parent / "watched"


def _stack(bench: Bench, *, asleep: bool = False) -> auto.Stack:
    config = {"aws:region": "us-east-1", "watched:asleep": f'"{str(asleep).lower()}"'}
    return bench.stack("watched", config, project=PROGRAM)


def _enabled() -> dict[str, bool]:
    found = client("cloudwatch").describe_alarms(AlarmNamePrefix="watched-")["MetricAlarms"]
    return {one["AlarmName"].rpartition("-")[0]: one["ActionsEnabled"] for one in found}


def test_all_that_watches_is_made_muted_and_removed(bench: Bench) -> None:
    """Twice nothing is left to do; what runs no task on purpose notifies nobody."""
    _stack(bench).up()
    assert preview(_stack(bench)) == set()
    assert {*_enabled().values()} == {True}
    _stack(bench, asleep=True).up()
    assert preview(_stack(bench, asleep=True)) == set()
    assert _enabled()["watched-worker-down"] is False
    assert _enabled()["watched-database-cpu"] is True
    _stack(bench).destroy()
    assert _enabled() == {}
    assert client("logs").describe_resource_policies()["resourcePolicies"] == []
    assert client("events").list_rules()["Rules"] == []
