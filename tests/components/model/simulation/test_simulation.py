"""A load on a scaled worker group: what waits, what starts, what stops, what is billed.

Not proved: that AWS takes as long as the table says.
"""

import pytest

from airflow_ecs_image.metrics import Group as Published
from airflow_ecs_image.metrics import Peak
from components.model.services import scaling
from components.model.services.scaling import Scaling
from components.model.simulation import loads
from components.model.simulation.delays import Delays
from components.model.simulation.loads import Task
from components.model.simulation.result import Result
from components.model.simulation.simulation import Group, Simulation
from embedded_aws.account.application_auto_scaling.steps import EXACT, StepScaling

DELAYS = Delays(pull=20)
WAKING = DELAYS.publish + DELAYS.evaluation + DELAYS.worker
"""The longest that a first task can wait."""


def _replay(load: list[Task], *, minimum: int = 0, maximum: int = 5, concurrency: int = 2) -> Result:
    group = Group(scaling=Scaling(minimum=minimum, maximum=maximum), concurrency=concurrency)
    return Simulation(group, load, DELAYS).run()


def test_without_tasks_no_worker_starts() -> None:
    """And none is billed."""
    found = _replay([])
    assert (found.most_workers, found.worker_seconds, found.wait(100)) == (0, 0, 0)


@pytest.mark.parametrize("queued", [0.0, 3.0, 9.9, 10.0, 61.0])
def test_a_first_task_waits_for_metric_alarm_and_worker(queued: float) -> None:
    """At whatever moment it comes."""
    (wait,) = _replay([Task(queued, 30)]).waits
    assert DELAYS.worker < wait <= WAKING


def test_a_worker_that_no_task_has_needed_for_a_while_goes() -> None:
    """After the time that the metric remembers, and is billed until then."""
    found = _replay([Task(0, 30)])
    gone = next(one.seconds for one in found.moments if one.seconds > WAKING and not one.desired)
    last_need = found.waits[0] + 30
    latest = last_need + DELAYS.memory + DELAYS.publish + DELAYS.evaluation
    assert last_need + DELAYS.memory <= gone <= latest + DELAYS.publish
    assert 0 < found.worker_seconds - (gone - WAKING + DELAYS.start + DELAYS.pull) < WAKING


def test_a_warm_worker_takes_a_task_at_once() -> None:
    """The minimum is there before the first task."""
    assert _replay([Task(5, 30)], minimum=1).waits == (0,)


def test_as_many_workers_as_are_needed_up_to_the_maximum() -> None:
    """Seven tasks need four workers of two slots; with a maximum of three the last one waits for a slot."""
    load = [Task(0, 600)] * 7
    assert _replay(load).most_workers == 4
    scarce = _replay(load, maximum=3)
    assert scarce.most_workers == 3
    assert scarce.wait(100) >= 600


def test_a_worker_with_a_task_is_not_stopped() -> None:
    """Two workers have a long and a short task each; the long ones end where they began."""
    load = [Task(0, 4000), Task(0, 30)] * 2
    found = _replay(load, concurrency=2)
    assert len(found.waits) == len(load)
    late = [one for one in found.moments if 2000 < one.seconds < 3500]
    assert {one.running for one in late} == {2}
    assert {one.desired for one in late} == {1}


def test_a_load_that_comes_back_within_the_memory_stops_nothing() -> None:
    """One scale-out for a task every four minutes."""
    assert _replay([Task(240.0 * number, 60) for number in range(20)]).starts == 1


def test_all_tasks_end_in_every_generated_load() -> None:
    """Each of them waits less than until Airflow would queue it again."""
    for shape in loads.SHAPES:
        load = loads.generated(shape, 1)
        found = Simulation(
            Group(scaling=Scaling(minimum=0, maximum=20), concurrency=8), load, Delays.of_image(400)
        ).run()
        assert len(found.waits) == len(load)
        assert found.wait(100) < 600
        assert found.task_seconds <= found.worker_seconds * 8


@pytest.mark.parametrize(("minimum", "maximum"), [(0, 5), (1, 20), (0, 100), (3, 77)])
def test_the_capacity_is_that_of_the_deployed_policy(minimum: int, maximum: int) -> None:
    """As the embedded account reads it."""
    group = Group(scaling=Scaling(minimum=minimum, maximum=maximum), concurrency=1)
    simulation = Simulation(group, [], DELAYS)
    steps = [
        {
            "ScalingAdjustment": step.capacity,
            **({} if step.lower is None else {"MetricIntervalLowerBound": step.lower}),
            **({} if step.upper is None else {"MetricIntervalUpperBound": step.upper}),
        }
        for step in scaling.steps(group.scaling)
    ]
    policy = StepScaling(EXACT, steps, aggregation="Maximum")
    for needed in range(minimum + 1, 2 * maximum):
        assert simulation.capacity(needed) == policy.adjustment([needed], minimum + 1, above=True)


def test_the_metric_is_that_of_the_image() -> None:
    """The publisher's own code finds the same needs."""
    load = loads.generated("hourly", 2)
    group = Group(scaling=Scaling(minimum=1, maximum=20), concurrency=4)
    published, peak = Published("worker-x", frozenset({"default"}), 4), Peak()
    found = Simulation(group, load, DELAYS).run()
    for moment in found.moments:
        tasks = moment.waiting + moment.busy
        assert moment.needed == published.workers({"default": tasks})
        assert moment.peak == peak.add(published.workers({"default": tasks}), moment.seconds)
