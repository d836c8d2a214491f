"""The body of a CloudWatch dashboard: the states of all alarms, then what each of them watches.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Sequence
from typing import Any, Final

from ..alarm import Alarm

GRID: Final = 24
"""Columns of a dashboard."""
WIDTH: Final = 8
HEIGHT: Final = 5
STATES_HEIGHT: Final = 4


def body(
    table: Sequence[Alarm], metrics: Sequence[Sequence[str]], alarm_arns: Sequence[str], region: str
) -> dict[str, Any]:
    """Make the body.

    Args:
        table: the alarms.
        metrics: by alarm, its metric as a dashboard names it.
        alarm_arns: the alarms whose states are shown; empty: none.
        region: the AWS region.
    """
    top = STATES_HEIGHT if alarm_arns else 0
    states = [_states(alarm_arns)] if alarm_arns else []
    graphs = [
        _graph(alarm, metric, region, x=number * WIDTH % GRID, y=top + number * WIDTH // GRID * HEIGHT)
        for number, (alarm, metric) in enumerate(zip(table, metrics, strict=True))
    ]
    return {"widgets": [*states, *graphs]}


def _states(alarm_arns: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": GRID,
        "height": STATES_HEIGHT,
        "properties": {"title": "Alarms", "alarms": [*alarm_arns]},
    }


def _graph(alarm: Alarm, metric: Sequence[str], region: str, *, x: int, y: int) -> dict[str, Any]:
    return {
        "type": "metric",
        "x": x,
        "y": y,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": alarm.name,
            "region": region,
            "view": "timeSeries",
            "metrics": [[*metric]],
            "stat": alarm.metric.statistic,
            "period": alarm.period_seconds,
            "annotations": {"horizontal": [{"label": alarm.condition, "value": alarm.threshold}]},
        },
    }
