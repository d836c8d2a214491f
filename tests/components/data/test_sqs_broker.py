"""`SqsBroker` under mocks: a queue for each of Celery's, with one for its dead letters."""

import json
from dataclasses import replace

import pytest

from components.data.broker_args import BrokerArgs
from components.data.sqs_broker import SqsBroker
from components.model.brokers.sqs import Sqs
from components.model.settings.settings import BrokerSettings
from tests.helpers.pulumi_mocks import Recording, record

ARGS = BrokerArgs(
    settings=BrokerSettings(),
    subnet_ids=[],
    security_group_ids=[],
    kms_key_arn=None,
    protect=True,
    discard_data=False,
)
QUEUES = Sqs(queues=("default", "Gpu_2"), visibility_timeout_seconds=7200)


def _broker(args: BrokerArgs = ARGS) -> Recording:
    return record(lambda: SqsBroker("mq", QUEUES, args))


def test_a_queue_in_full() -> None:
    """A message is lost neither to a worker that ends nor to a wrong one for ever."""
    recording = _broker()
    assert recording.names("Queue") == [
        "mq-dead-letters-Gpu_2",
        "mq-dead-letters-default",
        "mq-queue-Gpu_2",
        "mq-queue-default",
    ]
    queue = dict(recording.one("Queue", "mq-queue-default").inputs)
    dead = recording.one("Queue", "mq-dead-letters-default")
    arn = "arn:aws:sqs:eu-west-1:123456789012:Queue/mq-dead-letters-default"
    assert json.loads(queue.pop("redrivePolicy")) == {"deadLetterTargetArn": arn, "maxReceiveCount": 1000}
    assert queue == {
        "messageRetentionSeconds": 345_600,
        "receiveWaitTimeSeconds": 15,
        "sqsManagedSseEnabled": True,
        "visibilityTimeoutSeconds": 7200,
    }
    assert dead.inputs["messageRetentionSeconds"] == 1_209_600
    assert "redrivePolicy" not in dead.inputs


def test_a_dead_letter_queue_takes_letters_of_one_queue() -> None:
    """No other queue of the account may point there."""
    allowed = _broker().one("RedriveAllowPolicy", "mq-queue-Gpu_2").inputs
    assert json.loads(allowed["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": ["arn:aws:sqs:eu-west-1:123456789012:Queue/mq-queue-Gpu_2"],
    }
    assert allowed["queueUrl"].endswith("/mq-dead-letters-Gpu_2")


def test_each_queue_answers_over_tls_only() -> None:
    """The dead ones too."""
    recording = _broker()
    assert recording.names("QueuePolicy") == recording.names("Queue")
    for one in recording.all("QueuePolicy"):
        (statement,) = json.loads(one.inputs["policy"])["Statement"]
        assert statement == {
            "Action": "sqs:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            "Effect": "Deny",
            "Principal": "*",
            "Resource": [f"arn:aws:sqs:eu-west-1:123456789012:Queue/{one.name}"],
        }


def test_a_customer_managed_key_takes_the_place_of_sqs_own() -> None:
    """SQS takes one of both."""
    for queue in _broker(replace(ARGS, kms_key_arn="arn:key")).all("Queue"):
        assert queue.inputs["kmsMasterKeyId"] == "arn:key"
        assert "sqsManagedSseEnabled" not in queue.inputs


def test_it_has_no_secret() -> None:
    """IAM authorizes."""
    assert not _broker().all("Secret")


@pytest.mark.parametrize("protect", [True, False])
def test_queues_are_locked_as_asked(*, protect: bool) -> None:
    """SQS has no lock of its own."""
    assert {one.protect for one in _broker(replace(ARGS, protect=protect)).all("Queue")} == {protect}
