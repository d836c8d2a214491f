"""The longest duration of a task, and the protection sized for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from airflow_ecs_image.policy import cap, max_task_duration
from airflow_ecs_image.protection import Protection
from tests.image.agent import Agent

HOUR = timedelta(hours=1)
ON = {"path": "/task-protection/v1/state", "ProtectionEnabled": True, "ExpiresInMinutes": 70}
OFF = {"path": "/task-protection/v1/state", "ProtectionEnabled": False}


@dataclass
class Task:
    """An operator, as far as the policy sees it."""

    execution_timeout: timedelta | None


@pytest.mark.parametrize(("asked", "given"), [(None, HOUR), (2 * HOUR, HOUR), (HOUR / 2, HOUR / 2)])
def test_every_task_gets_a_timeout_of_at_most_the_longest(asked: timedelta | None, given: timedelta) -> None:
    """A shorter one stands."""
    task = Task(asked)
    cap(task, HOUR)
    assert task.execution_timeout == given


def test_hours_may_be_fractions_and_have_a_default() -> None:
    """12 where nothing is said."""
    assert max_task_duration({"AIRFLOW_ECS_MAX_TASK_DURATION_HOURS": "0.5"}) == timedelta(minutes=30)
    assert max_task_duration({}) == timedelta(hours=12)


@pytest.mark.parametrize("text", ["0", "-1", "49", "long", "nan"])
def test_an_impossible_duration_is_refused(text: str) -> None:
    """ECS protects for 48 hours at most."""
    with pytest.raises(ValueError, match="must be above 0 and at most 48; got"):
        max_task_duration({"AIRFLOW_ECS_MAX_TASK_DURATION_HOURS": text})


@pytest.fixture
def agent() -> Iterator[Agent]:
    """ECS' agent."""
    agent = Agent("10.0.0.7")
    yield agent
    agent.stop()


def test_protection_covers_the_longest_task_and_is_refreshed_as_tasks_arrive(agent: Agent) -> None:
    """Every task that arrives later than five minutes after the last refresh moves the end."""
    now = [0.0]
    protection = Protection(agent.url, HOUR, lambda: now[0])
    protection.take()
    now[0] = 299
    protection.take()
    assert agent.protections == [ON]
    now[0] = 301
    protection.take()
    assert agent.protections == [ON, ON]


def test_protection_is_released_once(agent: Agent) -> None:
    """And taken again with the next task."""
    protection = Protection(agent.url, HOUR)
    protection.release()
    assert not agent.protections
    protection.take()
    protection.release()
    protection.release()
    protection.take()
    assert agent.protections == [ON, OFF, ON]


def test_a_waiting_deployment_stops_the_intake(agent: Agent) -> None:
    """ECS refuses to protect what a deployment waits for: the worker must drain."""
    agent.failure = {"Reason": "DEPLOYMENT_BLOCKED", "Arn": "a", "Detail": "d"}
    assert not Protection(agent.url, HOUR).take()


def test_an_agent_that_fails_does_not_stop_work(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    """The task runs unprotected, and the log says so."""
    agent.failure = {"Reason": "AccessDeniedException", "Arn": "a", "Detail": "d"}
    assert Protection(agent.url, HOUR).take()
    assert "AccessDeniedException" in caplog.text
    agent.stop()
    assert Protection(agent.url, HOUR).take()


def test_without_an_agent_nothing_is_done() -> None:
    """Outside of ECS."""
    protection = Protection(None, HOUR)
    assert protection.take()
    protection.release()
