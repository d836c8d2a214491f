"""What must hold between the broker and the rest of the settings: one line for each thing that is wrong."""

import json

import pytest

from components.model.settings import configuration
from components.model.settings.broker_settings import BrokerKind
from components.model.settings.errors import SettingsError, stack_key

SQS = {"executor": "CeleryExecutor", "broker": "sqs"}


def _errors(**raw: str) -> list[str]:
    with pytest.raises(SettingsError) as stopped:
        configuration.parse(SQS | raw)
    return stopped.value.lines(stack_key)


def _groups(*queues: str) -> str:
    return json.dumps([{"name": "all", "queues": ["default", *queues]}])


def test_one_setting_changes_the_broker() -> None:
    """All defaults suit SQS."""
    assert configuration.parse(SQS).broker.kind is BrokerKind.SQS
    assert configuration.parse({}).broker.kind is BrokerKind.REDIS


def test_it_needs_an_executor_with_a_broker() -> None:
    """As each setting of the broker."""
    (line,) = _errors(executor="LocalExecutor")
    assert line.startswith("broker needs executor CeleryExecutor; with LocalExecutor it has no effect")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("brokerEngine", "redis"),
        ("brokerEngineVersion", "8.1"),
        ("brokerNodeType", "cache.m7g.large"),
        ("brokerReplicaCount", "1"),
        ("brokerTokenNames", '["2", "1"]'),
    ],
)
def test_settings_of_redis_are_refused_with_another_broker(key: str, text: str) -> None:
    """They would have no effect."""
    (line,) = _errors(**{key: text})
    assert line == f"{key} needs broker redis; with sqs it has no effect. Remove it, or set broker"


def test_tasks_end_before_sqs_gives_their_message_to_another_worker() -> None:
    """Twelve hours is what it gives one worker; known at preview."""
    assert configuration.parse(SQS | {"maxTaskDurationHours": "12"})
    (line,) = _errors(maxTaskDurationHours="13")
    assert line == (
        "maxTaskDurationHours must be at most 12 with broker sqs; got 13: SQS gives another worker the "
        "message after that. Lower it, or choose another broker"
    )


def test_flower_is_refused() -> None:
    """It would show nothing."""
    (line,) = _errors(flowerCount="1")
    assert line == (
        "flowerCount must be 0 with broker sqs; got 1: Flower needs events and remote control of workers, "
        "which SQS does not carry. Remove it, or choose another broker"
    )


def test_queues_have_names_that_sqs_takes() -> None:
    """Celery would turn a dot into a hyphen, and two queues into one."""
    assert configuration.parse(SQS | {"workerGroups": _groups("gpu_2", "A-b")})
    (line,) = _errors(workerGroups=_groups("a.b"))
    assert line == (
        "workerGroups[0].queues[1] must have no dot with broker sqs, whose queues have none; got a.b. Rename "
        "the queue"
    )


def test_the_schedulers_role_has_room_for_all_queues() -> None:
    """AWS would refuse the policy in the middle of an `up`."""
    (line,) = _errors(workerGroups=_groups(*(f"q{number}" for number in range(50))))
    assert line == "workerGroups must serve at most 50 queues with broker sqs; got 51. Merge some"
