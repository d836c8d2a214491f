"""The longest names on the engine, whose provider makes and checks them; AWS itself is not asked."""

import pytest
from pulumi import automation as auto

from components.model.aws import aws_names
from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.shipped import KEYS
from tests.helpers.checkout import SHIPPED

pytestmark = pytest.mark.engine

SETTINGS = {
    "executor": "CeleryExecutor",
    "databaseMaintenanceAfterDays": '"90"',
    "databaseMonitoringSeconds": '"60"',
    "flowerCount": '"1"',
    "loadBalancerNlb": '"true"',
}
"""What makes as many kinds of resources as possible."""


def _preview(bench: Bench, prefix: str, stack: str) -> set[tuple[str, str, str]]:
    settings = {**KEYS["prod"], "airflow-ecs:imageUri": bench.images["good"]}
    settings |= {f"airflow-ecs:{key}": value for key, value in {**SETTINGS, "namePrefix": prefix}.items()}
    return preview(bench.stack(stack, settings, base=(SHIPPED / "Pulumi.prod.yaml").read_text()))


@pytest.mark.long
def test_the_provider_takes_the_longest_names(bench: Bench) -> None:
    """Its checks of every resource run in a preview already."""
    made = _preview(bench, "p" * 16, "s" * aws_names.MAX_STACK_NAME_LENGTH)
    kinds = {kind for _, kind, _ in made}
    assert {"aws:lb/targetGroup:TargetGroup", "aws:elasticache/replicationGroup:ReplicationGroup"} <= kinds


def test_a_stack_name_that_aws_would_refuse_is_reported_in_one_line(bench: Bench) -> None:
    """Before anything else is looked at."""
    with pytest.raises(auto.CommandError, match=r"error: stack a_b cannot be deployed: its name must be"):
        _preview(bench, "airflow", "a_b")
