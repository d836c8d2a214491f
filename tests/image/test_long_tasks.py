"""The longest duration of a task, and the protection sized for it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from airflow_ecs_image.policy import cap, max_task_duration
from airflow_ecs_image.protection import Protection
from tests.image.agent import BLOCKED, Agent

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
    assert protection.due()
    protection.take()
    assert agent.protections == [ON]
    now[0] = 299
    assert not protection.due()
    now[0] = 301
    assert protection.due()


def test_protection_is_released_once(agent: Agent) -> None:
    """And taken again with the next task."""
    protection = Protection(agent.url, HOUR)
    protection.release()
    assert not agent.protections
    protection.take()
    protection.release()
    protection.release()
    assert protection.due()
    protection.take()
    assert agent.protections == [ON, OFF, ON]


def test_a_refusal_is_asked_again(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    """The service has its fill of protected tasks, for now; the log says so once."""
    protection = Protection(agent.url, HOUR)
    agent.failure = BLOCKED
    protection.take()
    protection.take()
    assert (protection.refused, protection.due(), protection.engaged) == (True, True, False)
    assert caplog.text.count("DEPLOYMENT_BLOCKED") == 1
    agent.failure = None
    protection.take()
    assert (protection.refused, protection.due(), protection.engaged) == (False, False, True)


def test_a_refused_refresh_leaves_the_protection_that_there_is(agent: Agent) -> None:
    """It is to be given back; what arrives now is not covered."""
    protection = Protection(agent.url, HOUR)
    protection.take()
    agent.failure = BLOCKED
    protection.take()
    assert (protection.refused, protection.due(), protection.engaged) == (True, True, True)
    agent.failure = None
    protection.release()
    assert agent.protections == [ON, ON, OFF]


def test_another_failure_is_no_refusal(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    """The tasks run unprotected, the log says so, and it is asked again."""
    agent.failure = {"Reason": "AccessDeniedException", "Arn": "a", "Detail": "d"}
    protection = Protection(agent.url, HOUR)
    protection.take()
    assert (protection.refused, protection.due()) == (False, True)
    assert "AccessDeniedException" in caplog.text


def test_an_answer_within_the_agents_own_time_is_heard(agent: Agent) -> None:
    """It gives its call of ECS four seconds."""
    agent.meanwhile = [lambda: time.sleep(3.9)]
    protection = Protection(agent.url, HOUR)
    protection.take()
    assert not protection.due()


def test_without_an_answer_nothing_is_known(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """ECS may have granted it: it is asked for again while there is work, and given back at its end."""
    monkeypatch.setattr("airflow_ecs_image.protection.AGENT_TIMEOUT_SECONDS", 0.2)
    agent.meanwhile = [lambda: time.sleep(0.6)]
    protection = Protection(agent.url, HOUR)
    protection.take()
    assert (protection.refused, protection.due(), protection.engaged) == (False, True, True)
    protection.release()
    assert agent.protections == [ON, OFF]
    assert not protection.engaged


def test_without_an_agent_nothing_is_done() -> None:
    """Outside of ECS."""
    protection = Protection(None, HOUR)
    protection.take()
    protection.release()
    assert not protection.due()
