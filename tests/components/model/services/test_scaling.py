"""What worker groups are scaled by: the steps, and traces of tasks replayed with the account's own decisions.

Not proved: when CloudWatch evaluates, and how long a worker takes to start; here each decision is fulfilled
at once, and an alarm that stays in its state invokes its policy once a minute.
"""

import dataclasses
import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from airflow_ecs_image import metrics as publisher
from components.model.iam.grants import Grants
from components.model.secrets import Secret
from components.model.services import airflow_env, metrics, scaling, task_role_policy
from components.model.services.scaling import Scaling
from components.model.settings.settings import Executor, Settings
from components.model.workload.traffic_rules import traffic_rules
from components.model.workload.vcpus import ON_DEMAND, peak_vcpus
from components.model.workload.workload import workload
from embedded_aws.account.application_auto_scaling.activities import Activities, Activity
from embedded_aws.account.application_auto_scaling.decision import Bounds, Counts, Situation
from embedded_aws.account.application_auto_scaling.steps import StepScaling
from tests.components.model.samples import ENDPOINTS, SCALED, member, members

REPEATED_SECONDS = 60
CONCURRENCY = 4
BOUNDS = [(0, 1), (0, 10), (3, 4), (1, 21), (0, 21), (5, 60), (0, 100), (99, 100)]


def _capacity(bounds: Scaling, needed: int) -> int:
    """The capacity that the policy `out` sets."""
    exceeded = needed - (bounds.minimum + 1)
    (found,) = (
        one.capacity
        for one in scaling.steps(bounds)
        if one.lower is not None and one.lower <= exceeded and (one.upper is None or exceeded < one.upper)
    )
    return found


@pytest.mark.parametrize(("minimum", "maximum"), BOUNDS)
def test_steps_give_enough_workers_and_few_too_many(minimum: int, maximum: int) -> None:
    """AWS takes 20 steps: up to so many capacities each has its own, beyond at most a third is too much."""
    bounds = Scaling(minimum=minimum, maximum=maximum)
    assert len(scaling.steps(bounds)) <= scaling.MAX_STEPS
    for needed in range(minimum + 1, 2 * maximum + 2):
        capacity, wanted = _capacity(bounds, needed), min(needed, maximum)
        exact = maximum - minimum <= scaling.MAX_STEPS
        assert wanted <= capacity <= (wanted if exact else math.ceil(wanted * 4 / 3))


class Trace:
    """A group over time, one round of the publisher after the other."""

    def __init__(self, bounds: Scaling, tasks: Callable[[int], int]) -> None:
        self.bounds, self.count = bounds, bounds.minimum
        self._state: str = ""
        self._tasks, self._before, self._invoked = tasks, Activities(), {"out": -math.inf, "in": -math.inf}
        self._peak = publisher.Peak()
        self._group = publisher.Group("worker-small", frozenset({"default"}), CONCURRENCY)

    def run(self, seconds: int) -> Iterator[tuple[int, int, int]]:
        """Give time, workers that the tasks need, and workers."""
        for now in range(0, seconds, publisher.INTERVAL_SECONDS):
            needed = self._group.workers({"default": self._tasks(now), "other": 1000})
            self._alarm(self._peak.add(needed, now), now)
            yield now, needed, self.count

    def _alarm(self, metric: int, now: int) -> None:
        state = "out" if metric >= self.bounds.minimum + 1 else "in"
        if state == self._state and now - self._invoked[state] < REPEATED_SECONDS:
            return
        self._state, self._invoked[state] = state, now
        policy, threshold = self._policy(state)
        adjustment = policy.adjustment([metric], threshold, above=state == "out")
        assert adjustment is not None
        limits = Bounds(self.bounds.minimum, self.bounds.maximum)
        counts = Counts(self.count, self.count)
        decision = Situation(counts, limits, self._before, now).decide(policy, adjustment)
        if decision.desired is not None:
            done = Activity(
                resource_id="service/c/s",
                cause=state,
                desired=decision.desired,
                out=decision.out,
                base=decision.base,
                cooldown_seconds=policy.cooldown_seconds,
                start=now,
            )
            self._before.begin(done, now)
            done.finish("Successful", "", now)
            self.count = decision.desired

    def _policy(self, state: str) -> tuple[StepScaling, float]:
        minimum = self.bounds.minimum
        found = scaling.steps(self.bounds) if state == "out" else [_Step(None, 0, minimum)]
        names = ("MetricIntervalLowerBound", "MetricIntervalUpperBound", "ScalingAdjustment")
        steps = [
            {name: value for name, value in zip(names, _values(one), strict=True) if value is not None}
            for one in found
        ]
        given = {"AdjustmentType": "ExactCapacity", "Cooldown": scaling.COOLDOWN_SECONDS}
        policy = StepScaling.of({**given, "StepAdjustments": steps, "MetricAggregationType": "Maximum"})
        return policy, minimum + 1 if state == "out" else minimum


def _Step(lower: int | None, upper: int | None, capacity: int) -> scaling.Step:  # noqa: N802 - short for it
    return scaling.Step(lower=lower, upper=upper, capacity=capacity)


def _values(step: scaling.Step) -> Sequence[int | None]:
    return (step.lower, step.upper, step.capacity)


def _burst(now: int) -> int:
    """Two hundred mapped tasks, which are queued within half a minute and run for ten minutes."""
    return min(200, now // 10 * 70) if now < 600 else 0


def _often(now: int) -> int:
    """A DAG of one task of 20 s each minute."""
    return 1 if now % 60 < 20 else 0


def _waves(now: int) -> int:
    """A load that comes and goes every four minutes."""
    return 40 if now % 240 < 120 else 4


def _rise(now: int) -> int:
    """One task more each minute, for an hour; then one less."""
    return now // 60 if now < 3600 else max(0, 120 - now // 60)


def _pipelines(now: int) -> int:
    """Two pipelines with steps of other widths, and a pause of a quarter of an hour."""
    widths = (1, 24, 24, 2, 0, 0, 0, 12, 60, 1)
    return widths[now // 300 % len(widths)]


TRACES = (_burst, _often, _waves, _rise, _pipelines)
GROUPS = (Scaling(minimum=0, maximum=10), Scaling(minimum=2, maximum=60))


@pytest.mark.parametrize("bounds", GROUPS, ids=str)
@pytest.mark.parametrize("tasks", TRACES)
def test_workers_follow_tasks_and_stay_for_five_minutes(tasks: Callable[[int], int], bounds: Scaling) -> None:
    """Never more than a minute too few, never fewer than the last five minutes needed, never for nothing."""
    needs: list[int] = []
    counts: list[int] = []
    rounds = publisher.MEMORY_SECONDS // publisher.INTERVAL_SECONDS
    late = REPEATED_SECONDS // publisher.INTERVAL_SECONDS
    for _, needed, count in Trace(bounds, tasks).run(7200):
        needs.append(min(needed, bounds.maximum))
        counts.append(count)
        assert bounds.minimum <= count <= bounds.maximum
        assert count >= min(needs[-late:])
        if len(counts) > 1 and count < counts[-2]:
            assert count >= max(needs[-rounds:])
        lasting = max(bounds.minimum, *needs[-(rounds + late) :])
        assert count <= max(_capacity(bounds, lasting) if lasting > bounds.minimum else 0, bounds.minimum)


@pytest.mark.parametrize("tasks", [_often, _waves])
def test_a_load_that_comes_and_goes_starts_and_stops_no_workers(tasks: Callable[[int], int]) -> None:
    """After the first minutes their number does not change any more."""
    counts = [count for now, _, count in Trace(GROUPS[0], tasks).run(7200) if now > 300]
    assert set(counts) == {1 if tasks is _often else 10}


def test_a_group_comes_from_zero_at_once_and_goes_back() -> None:
    """The alarm changes its state with the first task, and again when five minutes had none."""
    changes = [
        (now, count)
        for (_, _, before), (now, _, count) in itertools.pairwise(Trace(GROUPS[0], _burst).run(3600))
        if count != before
    ]
    assert changes == [(10, 10), (890, 0)]


GRANTS = Grants(
    logs_bucket_arn="arn:logs",
    logs_prefix="tasks",
    data_bucket_arn="arn:data",
    cluster_arn="arn:aws:ecs:eu-west-1:123456789012:cluster/airflow-1234567",
)


def test_the_scheduler_publishes_with_a_second_container() -> None:
    """It reads the database, has no other secret, and its task may publish in the cluster's own namespace."""
    found = member(SCALED, metrics.NAME)
    (task,) = (task for task in workload(SCALED).tasks if found in task)
    assert [one.name for one in task] == ["scheduler", "metrics"]
    assert [one.memory_mib for one in task] == [1792, 256]
    assert found.secrets == {Secret.DATABASE_URL}
    assert {one.source for one in traffic_rules(workload(SCALED))}.isdisjoint({metrics.NAME})
    (statement,) = task_role_policy.statements(SCALED, list(task), GRANTS)
    assert statement == {
        "Action": ["cloudwatch:PutMetricData"],
        "Condition": {"StringEquals": {"cloudwatch:namespace": "airflow-ecs/airflow-1234567"}},
        "Effect": "Allow",
        "Resource": ["*"],
    }
    environment = airflow_env.environment(SCALED, found, ENDPOINTS)
    assert environment["AIRFLOW_ECS_METRICS_NAMESPACE"] == "airflow-ecs/airflow-1234567"
    assert publisher.groups(environment) == [
        publisher.Group("worker-large", frozenset({"large", "gpu"}), 2),
        publisher.Group("worker-small", frozenset({"default"}), 4),
    ]


def test_publisher_and_alarms_mean_the_same_metric() -> None:
    """The image imports nothing of the program."""
    assert (publisher.METRIC, publisher.DIMENSION) == (scaling.METRIC, scaling.DIMENSION)
    assert scaling.PERIOD_SECONDS == publisher.INTERVAL_SECONDS


def test_without_a_scaled_group_nothing_is_published() -> None:
    """Neither a container nor a permission."""
    fixed = tuple(one for one in SCALED.worker_groups if not one.maximum_count)
    fixed = (dataclasses.replace(fixed[0], queues=("default",)),)
    names = [one.name for one in members(Settings(executor=Executor.CELERY, worker_groups=fixed))]
    assert metrics.NAME not in names
    assert "worker-fixed" in names


def test_a_scaled_group_starts_with_its_minimum_and_is_counted_with_its_maximum() -> None:
    """Parallelism would else hold tasks back that a further worker would run; quotas must carry them."""
    groups = {name: member(SCALED, f"worker-{name}") for name in ("small", "large", "fixed")}
    seen = {name: (one.count, one.maximum_count, one.scaled) for name, one in groups.items()}
    assert seen == {"small": (1, 10, True), "large": (0, 100, True), "fixed": (3, 3, False)}
    parallelism = member(SCALED, "scheduler").environment["AIRFLOW__CORE__PARALLELISM"]
    assert parallelism == str(10 * 4 + 100 * 2 + 3 * 4)
    fewer = dataclasses.replace(SCALED, worker_groups=SCALED.worker_groups[1:2] + SCALED.worker_groups[:1])
    difference = peak_vcpus(workload(SCALED))[ON_DEMAND] - peak_vcpus(workload(fewer))[ON_DEMAND]
    assert difference == 2 * 3


def test_asleep_a_scaled_group_is_bound_to_no_worker() -> None:
    """And none of its policies scales."""
    asleep = dataclasses.replace(SCALED, asleep=True)
    for one in workload(asleep).services:
        assert (one.count, one.maximum_count) == (0, 0)
    found = member(asleep, "worker-small").scaling
    assert found == Scaling(minimum=1, maximum=10, asleep=True)


def test_environment_is_canonical() -> None:
    """Groups in another order are no other task definition."""
    other = dataclasses.replace(SCALED, worker_groups=SCALED.worker_groups[::-1])
    first, second = (member(one, metrics.NAME).environment for one in (SCALED, other))
    found: dict[str, Any] = json.loads(first["AIRFLOW_ECS_SCALED_GROUPS"])
    assert first == second
    assert [*found] == sorted(found)
