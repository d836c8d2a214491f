# pyright: basic
# boto3's answers have no types.
"""SQS: what it refuses, who has a message, and what a role may do to queues."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.account.moto_patches import sqs
from tests.embedded_aws.account.conftest import Stage
from tests.embedded_aws.account.missing import ACCOUNT

ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}"
TLS_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)


@pytest.fixture
def queue(stage: Stage) -> str:
    """A queue's URL."""
    return stage.sqs.create_queue(QueueName=stage.name("queue"))["QueueUrl"]


def _refused(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**given)
    error = refused.value.response
    return error["Error"]["Code"], error["Error"]["Message"]


def _set(stage: Stage, url: str, **attributes: str) -> None:
    stage.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def _attributes(stage: Stage, url: str) -> dict[str, str]:
    return stage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def _received(stage: Stage, url: str, **given: int) -> str:
    """Receive the only message; its handle."""
    (message,) = stage.sqs.receive_message(QueueUrl=url, **given)["Messages"]
    return message["ReceiptHandle"]


@pytest.mark.conformance(
    operation="sqs:CreateQueue",
    says="A queue's name has 1 to 80 alphanumeric characters, hyphens and underscores.",
)
@pytest.mark.parametrize("name", ["a.b", "a" * 81, "a b"])
def test_names(stage: Stage, name: str) -> None:
    """A dot is for FIFO queues alone."""
    assert _refused(stage.sqs.create_queue, QueueName=name)[0] == "InvalidParameterValue"


@pytest.mark.conformance(
    operation="sqs:SetQueueAttributes",
    says="Each attribute has its range: a visibility timeout is from 0 to 43,200 seconds (12 hours).",
)
@pytest.mark.parametrize("name", [*sqs.RANGES])
def test_ranges_of_attributes(stage: Stage, queue: str, name: str) -> None:
    """Both ends are right; beyond them nothing is set, and no queue is made."""
    least, most = sqs.RANGES[name]
    for right in (least, most):
        _set(stage, queue, **{name: str(right)})
    for wrong in (str(least - 1), str(most + 1), "x"):
        expected = ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
        attributes = {name: wrong}
        assert (
            _refused(stage.sqs.set_queue_attributes, QueueUrl=queue, Attributes=attributes)[0] == expected[0]
        )
        given = {"QueueName": stage.name("refused"), "Attributes": attributes}
        assert _refused(stage.sqs.create_queue, **given) == expected


@pytest.mark.conformance(
    operation="sqs:SetQueueAttributes",
    says="What is not named stays as it is, a policy too.",
)
def test_other_attributes_stay(stage: Stage, queue: str) -> None:
    """An empty policy removes it."""
    _set(stage, queue, Policy=TLS_ONLY)
    _set(stage, queue, VisibilityTimeout="60")
    assert json.loads(_attributes(stage, queue)["Policy"]) == json.loads(TLS_ONLY)
    _set(stage, queue, Policy="")
    assert "Policy" not in _attributes(stage, queue)
    code, _ = _refused(stage.sqs.set_queue_attributes, QueueUrl=queue, Attributes={"Policy": "{}"})
    assert code == "InvalidAttributeValue"


@pytest.mark.conformance(
    operation="sqs:DeleteQueue",
    says="The name of a deleted queue is free again after 60 seconds.",
)
@pytest.mark.conformance(
    operation="sqs:CreateQueue",
    error="QueueDeletedRecently",
    says="A queue of this name was deleted less than 60 seconds ago.",
)
def test_a_deleted_queues_name_is_not_free_at_once(stage: Stage, queue: str) -> None:
    """Not proved: that it is free after a minute, for which nobody waits here."""
    stage.sqs.delete_queue(QueueUrl=queue)
    code, message = _refused(stage.sqs.create_queue, QueueName=queue.rpartition("/")[2])
    assert code.endswith("QueueDeletedRecently")
    assert message.startswith("You must wait 60 seconds after deleting a queue")


def _pair(stage: Stage, **allow: Any) -> tuple[str, str]:
    """Two queues, of which the second says whose dead letters it takes."""
    names = stage.name("source"), stage.name("dead")
    source, dead = (stage.sqs.create_queue(QueueName=name)["QueueUrl"] for name in names)
    if allow:
        _set(stage, dead, RedriveAllowPolicy=json.dumps(allow))
    return source, dead


def _redrive(dead: str, count: int) -> dict[str, str]:
    target = f"{ARN}:{dead.rpartition('/')[2]}"
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": count})}


@pytest.mark.conformance(
    operation="sqs:SetQueueAttributes",
    says="A redrive policy's maxReceiveCount is from 1 to 1,000.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
)
def test_how_often_a_message_is_received(stage: Stage) -> None:
    """Then it is in the dead-letter queue."""
    source, dead = _pair(stage)
    for count in (0, 1001):
        given = {"QueueUrl": source, "Attributes": _redrive(dead, count)}
        assert "valid values are from 1 to 1000" in _refused(stage.sqs.set_queue_attributes, **given)[1]
    _set(stage, source, **_redrive(dead, 1))
    stage.sqs.send_message(QueueUrl=source, MessageBody="m")
    _received(stage, source, VisibilityTimeout=0)
    assert "Messages" not in stage.sqs.receive_message(QueueUrl=source)
    assert _received(stage, dead)


@pytest.mark.conformance(
    operation="sqs:SetQueueAttributes",
    says="A redrive allow policy names up to 10 queues whose dead letters a queue takes, all, or none.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
)
def test_whose_dead_letters_a_queue_takes(stage: Stage) -> None:
    """A queue that it does not name may not point to it."""
    source, dead = _pair(stage)
    own = f"{ARN}:{source.rpartition('/')[2]}"
    for wrong in (
        {"redrivePermission": "some"},
        {"redrivePermission": "byQueue"},
        {"redrivePermission": "allowAll", "sourceQueueArns": [own]},
        {"redrivePermission": "byQueue", "sourceQueueArns": [own] * 11},
    ):
        attributes = {"RedriveAllowPolicy": json.dumps(wrong)}
        given = {"QueueUrl": dead, "Attributes": attributes}
        assert _refused(stage.sqs.set_queue_attributes, **given)[0] == "InvalidAttributeValue"
    allow = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [own]})
    _set(stage, dead, RedriveAllowPolicy=allow)
    assert _attributes(stage, dead)["RedriveAllowPolicy"] == allow
    _set(stage, source, **_redrive(dead, 5))
    other, _ = _pair(stage)
    given = {"QueueUrl": other, "Attributes": _redrive(dead, 5)}
    assert "does not have permission for redrive" in _refused(stage.sqs.set_queue_attributes, **given)[1]


@pytest.mark.conformance(
    operation="sqs:DeleteMessage",
    says="Of a message that was received again only the last receipt handle is sure to delete it.",
)
def test_an_old_handle_deletes_nothing(stage: Stage, queue: str) -> None:
    """AWS may or may not; who relies on it is wrong half of the time."""
    stage.sqs.send_message(QueueUrl=queue, MessageBody="m")
    old = _received(stage, queue, VisibilityTimeout=0)
    new = _received(stage, queue, VisibilityTimeout=0)
    stage.sqs.delete_message(QueueUrl=queue, ReceiptHandle=old)
    assert _received(stage, queue, VisibilityTimeout=0) != new
    stage.sqs.delete_message(QueueUrl=queue, ReceiptHandle=_received(stage, queue))
    assert "Messages" not in stage.sqs.receive_message(QueueUrl=queue)


@pytest.mark.conformance(
    operation="sqs:ChangeMessageVisibility",
    error="MessageNotInflight",
    says="A message that no consumer has, since its visibility timeout is over, keeps it.",
)
@pytest.mark.conformance(
    operation="sqs:ChangeMessageVisibility",
    says="A visibility timeout of 0 gives a message back to the queue at once.",
)
def test_a_message_is_given_back(stage: Stage, queue: str) -> None:
    """Once."""
    stage.sqs.send_message(QueueUrl=queue, MessageBody="m")
    handle = _received(stage, queue, VisibilityTimeout=600)
    given = {"QueueUrl": queue, "ReceiptHandle": handle, "VisibilityTimeout": 0}
    too_long = {**given, "VisibilityTimeout": 43_201}
    assert _refused(stage.sqs.change_message_visibility, **too_long)[0] == "InvalidParameterValue"
    stage.sqs.change_message_visibility(**given)
    time.sleep(0.01)
    assert _refused(stage.sqs.change_message_visibility, **given)[0].endswith("MessageNotInflight")
    assert _received(stage, queue)


def test_a_customer_managed_key_takes_the_place_of_sqs_own(stage: Stage, queue: str) -> None:
    """A queue has one of both."""
    key = stage.kms.create_key()["KeyMetadata"]["Arn"]
    assert _attributes(stage, queue)["SqsManagedSseEnabled"] == "true"
    _set(stage, queue, KmsMasterKeyId=key)
    assert _attributes(stage, queue)["SqsManagedSseEnabled"] == "false"
