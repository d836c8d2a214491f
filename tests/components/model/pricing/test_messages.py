"""What tasks cost in SQS and DynamoDB."""

import re
from pathlib import Path

import pytest

from components.model.pricing import messages
from components.model.pricing.prices import AP_SOUTHEAST_1, US_EAST_1

IMAGE = Path(__file__).parents[4] / "docker" / "airflow_ecs_image" / "result_table.py"


@pytest.mark.parametrize(("seconds", "reads"), [(0.5, 1), (50, 50), (60, 60), (3600, 268)])
def test_a_long_task_is_read_less_often(seconds: float, reads: int) -> None:
    """Each second at first, and then after a fiftieth of its time: that is what is paid for."""
    assert messages.reads(seconds) == pytest.approx(reads, abs=6)


def test_the_image_reads_as_often_as_is_priced() -> None:
    """Both have the same two numbers."""
    (found,) = re.findall(r"^READ_SECONDS, READ_SHARE = ([\d.]+), ([\d.]+)$", IMAGE.read_text(), re.MULTILINE)
    assert tuple(map(float, found)) == (messages.READ_SECONDS, messages.READ_SHARE)


def test_prices() -> None:
    """100,000 tasks: three requests each, two writes each, and reads by their time."""
    assert messages.queue_usd(US_EAST_1, 100_000) == pytest.approx(0.12)
    reads = messages.reads(60)
    assert messages.results_usd(US_EAST_1, 100_000, 60) == pytest.approx(0.125 + reads * 0.5 * 0.0125)
    assert messages.results_usd(AP_SOUTHEAST_1, 1, 60) is None
    assert messages.idle_worker_usd_month(US_EAST_1) == pytest.approx(0.069, abs=0.001)
