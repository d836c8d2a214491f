"""The policy pack on the real engine: `pulumi preview --policy-pack policy`, and nothing else to say.

How strict it is comes from the stack's own settings. What each rule finds is tested in `tests/policy`.
"""

from typing import Any

import pytest
from pulumi import automation as auto

from policy.rules import binding
from tests.engine.bench import PROJECT, Bench
from tests.helpers.checkout import SHIPPED

pytestmark = [pytest.mark.engine, pytest.mark.long]

PACK = str(PROJECT / "policy")
CARELESS = {"airflow-ecs:databaseBackupDays": '"1"', "airflow-ecs:vpcFlowLogRetentionDays": '"0"'}
HARDENED = {"airflow-ecs:policyEnforcement": "advisory", "airflow-ecs:policyHardened": '"true"'}


def _reported(bench: Bench, name: str, settings: dict[str, str]) -> tuple[dict[tuple[str, str], str], str]:
    """Preview `prod` with the pack: message by rule and level, and the engine's output where it refuses."""
    image = {"airflow-ecs:imageUri": bench.images["good"]}
    stack = bench.stack(name, image | settings, base=(SHIPPED / "Pulumi.prod.yaml").read_text())
    found: dict[tuple[str, str], str] = {}

    def collect(event: Any) -> None:
        if one := event.policy_event:
            found[one.policy_name, one.enforcement_level] = one.message

    try:
        stack.preview(on_event=collect, policy_packs=[PACK])
    except auto.CommandError as error:
        return found, str(error)
    return found, ""


def test_a_broken_rule_stops_a_stack_where_rules_are_mandatory(bench: Bench) -> None:
    """As `prod` is shipped; a rule of one resource, and one of the whole stack, each with its remedy."""
    reported, refusal = _reported(bench, "careless", CARELESS)
    assert set(reported) == {("rds-backups", "mandatory"), ("vpc-flow-log", "mandatory")}
    message = reported["rds-backups", "mandatory"]
    for part in ("backupRetentionPeriod is 1, less than 7", "Set databaseBackupDays to 7", "RDS.11"):
        assert part in message
    assert "rds-backups" in refusal


def test_elsewhere_it_is_reported(bench: Bench) -> None:
    """And `policyHardened` adds what only costs money; `prod` breaks nothing else.

    What is known only after the deployment is not checked.
    """
    only_money = {rule.name for rule in binding(hardened=True)} - {rule.name for rule in binding()}
    reported, refusal = _reported(bench, "hardened", HARDENED)
    # The image is there already, and `prod` has no queue, table or topic, and another broker.
    absent = {f"{service}-own-key" for service in ("dynamodb", "ecr", "mq", "sns", "sqs")}
    assert set(reported) == {(name, "advisory") for name in only_money - absent}
    assert not refusal
