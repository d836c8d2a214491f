"""Which of ECS's events are logged, and which of those are counted."""

import json
from typing import Any

from components.model.monitoring import events

CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/airflow-1"
RULES = {rule.name: rule for rule in events.RULES}


def _pattern(name: str) -> dict[str, Any]:
    return json.loads(RULES[name].pattern(CLUSTER))


def test_rules_match_events_of_the_own_cluster_only() -> None:
    """Deployments name no cluster but in the ARN of the service."""
    for name in ("stopped-tasks", "stopped-one-off-tasks"):
        pattern = _pattern(name)
        assert pattern["detail"]["clusterArn"] == [CLUSTER]
        assert pattern["detail"]["lastStatus"] == ["STOPPED"]
    services = "arn:aws:ecs:eu-west-1:123456789012:service/airflow-1/"
    assert _pattern("deployments")["resources"] == [{"prefix": services}]


def test_what_may_hold_overrides_is_never_logged_whole() -> None:
    """RunTask's callers set command and environment; the ECS service scheduler sets neither."""
    whole = [rule for rule in events.RULES if not rule.paths and rule.detail_type == "ECS Task State Change"]
    assert [rule.detail["group"] for rule in whole] == [[{"prefix": "service:"}]]
    named = RULES["stopped-one-off-tasks"]
    assert not any("overrides" in path for path in named.input_paths.values())


def test_the_template_is_a_time_and_a_message() -> None:
    """CloudWatch Logs as a target takes no other."""
    rule = RULES["stopped-one-off-tasks"]
    assert rule.input_paths["time"] == "$.time"
    assert json.loads(rule.template.replace("<time>", '"now"')) == {
        "timestamp": "now",
        "message": "task=<task>; group=<group>; stopCode=<stopCode>; exitCode=<exitCode>;",
    }


def test_a_failed_run_is_one_of_the_family_that_does_not_end_with_0() -> None:
    """10 is not 0, and air-migration-1 not air-migration-10."""
    assert events.failed("air-migration-1") == '"group=family:air-migration-1;" -"exitCode=0;"'
    assert events.alarm_name(events.failed_runs("maintenance")) == "failed-maintenance"
