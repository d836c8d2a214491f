"""What AWS's provider and the program really ask of the account, against what CI's roles are made from.

With provider 5.100 by way of the bridge, and the answers of the embedded account: another provider, or
another answer of AWS, may ask for more.
"""

from dataclasses import replace

import pytest

from cli.ci import actions
from tests.engine.bench import Bench
from tests.engine.recorded_calls import NO_RIGHT, recorded
from tests.engine.shipped import select

pytestmark = [pytest.mark.engine, pytest.mark.long]


def test_no_right_is_missing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step of CI asks for no more than its role is given: preview, deploy, drift, and destroy."""
    with recorded(bench.environment["AWS_ENDPOINT_URL"]) as (address, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        through = replace(bench, environment={**bench.environment, "AWS_ENDPOINT_URL": address})
        calls: dict[str, set[str]] = {}

        def step(name: str) -> None:
            calls[name] = asked - {NO_RIGHT}
            asked.clear()

        unlocked = {"protectData": '"false"', "discardData": '"true"'}
        prod = select(through, "prod", **unlocked)
        prod.preview()
        step("preview")
        prod.up()
        step("deploy")
        prod.preview(refresh=True)
        step("drift")
        prod = select(through, "prod", workerCount='"1"', logsRetentionDays='"7"', **unlocked)
        prod.up()
        step("update")
        prod.destroy()
        step("destroy")
    everything = actions.reads() | actions.writes()
    allowed = {"preview": actions.read_by_lookups(), "drift": actions.reads()}
    assert all(calls.values())
    missing = {name: sorted(found - allowed.get(name, everything)) for name, found in calls.items()}
    assert {name: found for name, found in missing.items() if found} == {}
