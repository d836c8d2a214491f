"""SQS as the broker: its limits, and who may do what to which queue."""

import json

import pytest

from components.model.brokers import redis, sqs
from components.model.iam.grants import Grants
from components.model.iam.iam_documents import Document
from components.model.services import task_role_policy, timeouts
from components.model.services.service import Service
from components.model.settings.broker_settings import BrokerKind, BrokerSettings
from components.model.settings.settings import Executor, Settings, WorkerGroup
from components.model.workload.workload import workload

LIMIT = 10_240
"""Characters of a role's policies, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"


def _settings(*groups: WorkerGroup, hours: int = 12) -> Settings:
    broker = BrokerSettings(kind=BrokerKind.SQS)
    return Settings(
        executor=Executor.CELERY, broker=broker, worker_groups=groups, max_task_duration_hours=hours
    )


def _made(settings: Settings) -> sqs.Sqs:
    made = sqs.broker(settings)
    assert isinstance(made, sqs.Sqs)
    return made


def _service(settings: Settings, name: str) -> Service:
    (found,) = (one for one in workload(settings).services if one.name == name)
    return found


def _statements(settings: Settings, name: str, kms_key_arn: str | None = None) -> list[Document]:
    """List what a service may do to queues and to the table of results."""
    made = _made(settings)
    grants = Grants(
        logs_bucket_arn="logs",
        logs_prefix="p",
        data_bucket_arn="data",
        cluster_arn="arn:aws:ecs:eu-west-1:123456789012:cluster/c",
        queue_arns={queue: f"arn:{queue}" for queue in made.queues},
        result_table_arn="arn:results",
        kms_key_arn=kms_key_arn,
    )
    found = task_role_policy.statements(settings, [_service(settings, name)], grants)
    return [one for one in found if one["Action"][0].startswith(("sqs:", "dynamodb:", "kms:"))]


def test_the_settings_choose_one_broker() -> None:
    """Each gives none where another one is chosen."""
    assert redis.broker(_settings()) is None
    assert sqs.broker(Settings(executor=Executor.CELERY)) is None


@pytest.mark.parametrize(("hours", "seconds"), [(1, 7200), (11, 43_200), (12, 43_200)])
def test_a_message_is_a_workers_own_for_as_long_as_a_task_may_run(hours: int, seconds: int) -> None:
    """An hour longer, as far as SQS goes."""
    made = _made(_settings(hours=hours))
    assert made.visibility_timeout_seconds == seconds >= hours * 3600
    options = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__"
    assert made.environment[f"{options}VISIBILITY_TIMEOUT"] == str(seconds)


def test_there_is_a_queue_for_each_of_celerys() -> None:
    """The default one, and those of every group, each once."""
    groups = (
        WorkerGroup(name="a", queues=("default", "x")),
        WorkerGroup(name="b", queues=("x", "y")),
    )
    assert _made(_settings(*groups)).queues == ("default", "x", "y")
    assert _made(_settings()).queues == ("default",)


def test_a_message_ends_when_its_task_has_been_queued_again() -> None:
    """SQS takes no message back; its token has expired by then, and only schedulers send."""
    settings = _settings()
    scheduler, worker = (_service(settings, name).environment for name in ("scheduler", "worker"))
    assert scheduler["AIRFLOW_ECS_MESSAGE_SECONDS"] == "720"
    assert int(scheduler["AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT"]) <= timeouts.MESSAGE_SECONDS
    assert "AIRFLOW_ECS_MESSAGE_SECONDS" not in worker


def test_no_warm_shutdown_fills_the_dead_letter_queue() -> None:
    """A worker that ends gives back what it has not started, hidden for one wait; a message lives so long.

    The other way back, at once, is open once to each worker that ends meanwhile.
    """
    gives_back = timeouts.MESSAGE_SECONDS / sqs.WAIT_SECONDS
    assert gives_back + 900 < sqs.MAX_RECEIVES


def test_each_service_may_do_what_it_does_to_its_own_queues() -> None:
    """Schedulers send to all, workers receive from theirs; nobody creates, lists or purges."""
    settings = _settings(WorkerGroup(name="a", queues=("default",)), WorkerGroup(name="b", queues=("x", "y")))
    assert _statements(settings, "scheduler") == [
        {
            "Action": ["sqs:SendMessage"],
            "Effect": "Allow",
            "Resource": ["arn:default", "arn:x", "arn:y"],
        },
        {"Action": ["dynamodb:BatchGetItem"], "Effect": "Allow", "Resource": ["arn:results"]},
    ]
    assert _statements(settings, "worker-b") == [
        {
            "Action": [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            "Effect": "Allow",
            "Resource": ["arn:x", "arn:y"],
        },
        {"Action": ["dynamodb:PutItem"], "Effect": "Allow", "Resource": ["arn:results"]},
    ]
    for name in ("api-server", "dag-processor", "triggerer"):
        assert _statements(settings, name) == []


def test_a_customer_managed_key_is_used_by_way_of_its_services_only() -> None:
    """Who sends encrypts, who receives decrypts."""
    settings = _settings()
    for name, actions in (("scheduler", ["kms:Decrypt", "kms:GenerateDataKey"]), ("worker", ["kms:Decrypt"])):
        found = [
            (one["Condition"]["StringLike"]["kms:ViaService"], one["Action"])
            for one in _statements(settings, name, KEY)
            if one["Action"][0].startswith("kms:")
        ]
        assert (["sqs.eu-west-1.amazonaws.com*"], actions) in found
        assert (["dynamodb.eu-west-1.amazonaws.com*"], ["kms:Decrypt"]) in found


def test_the_most_queues_fit_into_a_schedulers_policies() -> None:
    """Each with the longest name of SQS, in the region with the longest one."""
    queues = tuple(f"q{number:03}" for number in range(49))
    settings = _settings(WorkerGroup(name="a", queues=("default", *queues)))
    arn = f"arn:aws-us-gov:sqs:ap-southeast-1:123456789012:{'n' * 80}"
    grants = Grants(
        logs_bucket_arn="l",
        logs_prefix="p",
        data_bucket_arn="d",
        cluster_arn="arn:aws:ecs:ap-southeast-1:123456789012:cluster/c",
        queue_arns=dict.fromkeys(("default", *queues), arn),
        kms_key_arn=KEY,
    )
    statements = task_role_policy.statements(settings, [_service(settings, "scheduler")], grants)
    assert len(json.dumps(statements)) < LIMIT
