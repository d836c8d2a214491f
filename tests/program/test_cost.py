"""What the program renders is priced, and the page says what the code says."""

import pytest

from components.model.aws import fargate
from components.model.pricing import prices
from components.model.pricing.cost import bill
from components.model.pricing.free_resources import FREE, is_free
from components.model.pricing.priced_resources import PRICED
from tests.helpers.rendered_stacks import WORKER_GROUPS, stack
from tests.program import costs, stacks

VARIANTS = {
    "workers and Flower": costs.CELERY | {"flowerCount": "1"},
    "one NAT": {"nat": "single"},
    "worker groups": WORKER_GROUPS,
    "AwsEcsExecutor": {"executor": "AwsEcsExecutor"},
    "existing image": {"imageUri": "docker.io/me/airflow:1"},
}


@pytest.mark.parametrize("name", stacks.STACKS)
def test_every_resource_of_a_shipped_stack_has_a_price_or_a_reason(name: str) -> None:
    """A kind that nobody thought of makes every sum a lie."""
    rendered = stack(name)
    assert [line for line in bill(rendered, "us-east-1").lines if line.unknown] == []
    assert [one.type for one in rendered if not is_free(one) and one.kind not in PRICED] == []


@pytest.mark.parametrize("name", VARIANTS)
def test_every_resource_of_a_variant_too(name: str) -> None:
    """What settings add is priced as well."""
    assert bill(stack("dev", **VARIANTS[name]), "us-east-1").unknown == []


def test_tasks_that_an_executor_starts_are_priced_by_the_hour() -> None:
    """1 vCPU and 2 GB are $0.04937 an hour on x86, as at https://aws.amazon.com/fargate/pricing/."""
    lines = bill(stack("dev", executor="LocalExecutor,AwsEcsExecutor"), "us-east-1").lines
    (line,) = (one for one in lines if one.item == "Fargate task of each Airflow task")
    assert (line.usd_month, line.note) == (None, "$0.0494 per hour, by the second, a minute at least")
    assert bill(
        stack("dev", executor="LocalExecutor,AwsEcsExecutor"), "us-east-1"
    ).usd_month == pytest.approx(bill(stack("dev"), "us-east-1").usd_month)


def test_the_page_is_fresh() -> None:
    """`make docs` was run after the last change of a price or a resource."""
    assert costs.PAGE.read_text() == costs.page()


def test_no_kind_is_both_free_and_priced() -> None:
    """And every reason says something."""
    assert not set(FREE) & set(PRICED)
    assert all(FREE.values())


def test_where_a_price_is_missing_the_sum_is_a_lower_bound() -> None:
    """In a region without a table nothing is guessed."""
    nowhere = bill(stack("dev"), "eu-west-1")
    assert nowhere.usd_month == 0
    assert len(nowhere.unknown) >= 15
    assert {line.note for line in nowhere.unknown} == {"no prices are known for eu-west-1"}


def test_asleep_only_tasks_cost_nothing() -> None:
    """Database, load balancer and NAT go on."""
    total = bill(stack("dev"), "us-east-1")
    tasks = sum(line.usd_month or 0 for line in total.lines if line.sleeps)
    assert total.awake(24) == pytest.approx(total.usd_month)
    assert total.awake(0) == pytest.approx(total.usd_month - tasks)
    assert {line.item.split()[0] for line in total.lines if line.sleeps} == {"Fargate", "1"}
    assert bill(stack("dev", asleep="true"), "us-east-1").usd_month == pytest.approx(total.awake(0))


def test_celery_on_dev_is_cheaper_than_half_of_the_smallest_managed_airflow() -> None:
    """The goal that the README speaks of."""
    assert costs.bills()["dev, Celery"].usd_month <= prices.MANAGED_AIRFLOW[0].month / 2


def test_every_line_of_the_page_belongs_to_something() -> None:
    """What forces a figure is said without a rest."""
    assert "other $" not in costs.PAGE.read_text()


def test_a_vcpu_has_1024_units() -> None:
    """Fargate's price is by vCPU, its size by unit."""
    (line,) = (
        line
        for line in bill(stack("prod"), "us-east-1").lines
        if line.resource == "airflow-prod-api-server" and line.item.startswith("Fargate")
    )
    assert line.usd_month == pytest.approx(2 * (0.04048 + 2 * 0.004445) * 730)
    assert fargate.CPU_UNITS_PER_VCPU == 1024
