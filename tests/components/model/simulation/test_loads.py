"""Loads, generated and recorded."""

import pytest

from components.model.simulation import loads
from components.model.simulation.loads import LoadError, Task

HEAD = "queued_dttm,start_date,end_date\n"
DAY = "2026-11-01"


@pytest.mark.parametrize("shape", loads.SHAPES)
def test_a_generated_load_is_the_same_for_the_same_seed(shape: str) -> None:
    """And another one for another seed; in order, within a day and a few hours."""
    load = loads.generated(shape, 1)
    assert load == loads.generated(shape, 1)
    assert load != loads.generated(shape, 2)
    assert list(load) == sorted(load)
    assert load[0].queued >= 0
    assert load[-1].queued < 1.2 * loads.DAY_SECONDS
    assert all(task.seconds > 0 for task in load)


def test_a_recorded_load_begins_with_its_first_task() -> None:
    """Whatever the order of its lines; other columns may be there."""
    text = (
        "dag_id,queued_dttm,start_date,end_date\n"
        f"b,{DAY} 00:01:00+00:00,{DAY} 00:01:05+00:00,{DAY} 00:01:35+00:00\n"
        f"a,{DAY}T00:00:00Z,{DAY}T00:00:01Z,{DAY}T00:00:03.5Z\n"
    )
    assert loads.recorded(text.splitlines(keepends=True)) == [Task(0, 2.5), Task(60, 30)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no task in it"),
        (HEAD, "no task in it"),
        ("queued_dttm,start_date\n1,2\n", "line 1: column end_date is missing"),
        (HEAD + "x,y,z\n", "line 2: Invalid isoformat string: 'x'"),
        (HEAD + f"{DAY},{DAY}\n", "line 2: "),
        (HEAD + f"{DAY},,\n", "line 2: Invalid isoformat string: ''"),
        (HEAD + f"{DAY} 00:00:02,{DAY} 00:00:01,{DAY} 00:00:03\n", "line 2: it starts before it is queued"),
        (HEAD + f"{DAY} 00:00:01,{DAY} 00:00:03,{DAY} 00:00:02\n", "line 2: it ends before it starts"),
        (HEAD + f"{DAY}T01:00:00Z,{DAY} 00:00:00,{DAY} 02:00:00\n", "line 2: it starts before"),
    ],
)
def test_a_load_that_cannot_be_read_is_an_error_with_its_line(text: str, why: str) -> None:
    """One line."""
    with pytest.raises(LoadError) as refused:
        loads.recorded(text.splitlines(keepends=True))
    assert str(refused.value).startswith(why)
    assert "\n" not in str(refused.value)
