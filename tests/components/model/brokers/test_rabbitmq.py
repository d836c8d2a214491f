"""RabbitMQ as the broker: what services get, and how patient it is."""

import pytest

from components.model.brokers import rabbitmq, redis, sqs
from components.model.secrets import Secret
from components.model.services import timeouts
from components.model.settings.broker_settings import BrokerKind, BrokerSettings
from components.model.settings.settings import Executor, Settings
from components.model.workload.workload import workload

MAX_CONSUMER_TIMEOUT = 2**31 - 1
"""https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/configurable-values.html"""


def _settings(hours: int = 12) -> Settings:
    broker = BrokerSettings(kind=BrokerKind.RABBITMQ)
    return Settings(executor=Executor.CELERY, broker=broker, max_task_duration_hours=hours)


def _made(settings: Settings) -> rabbitmq.Rabbitmq:
    made = rabbitmq.broker(settings)
    assert isinstance(made, rabbitmq.Rabbitmq)
    return made


def test_the_settings_choose_one_broker() -> None:
    """Each gives none where another one is chosen."""
    assert redis.broker(_settings()) is None
    assert sqs.broker(_settings()) is None
    assert rabbitmq.broker(Settings(executor=Executor.CELERY)) is None


@pytest.mark.parametrize("hours", [1, 12, 47])
def test_it_outlasts_the_longest_task(hours: int) -> None:
    """By an hour, and within what Amazon MQ takes."""
    timeout = _made(_settings(hours)).consumer_timeout_milliseconds
    assert timeout == (hours + 1) * 3_600_000 <= MAX_CONSUMER_TIMEOUT
    assert rabbitmq.configuration(timeout) == f"consumer_timeout = {timeout}\n"


def test_services_get_its_url_and_the_table_of_results() -> None:
    """Workers and schedulers; messages have an end, since those of a broken connection come again."""
    found = {one.name: one for one in workload(_settings()).services}
    for name in ("scheduler", "worker"):
        assert Secret.BROKER_URL in found[name].secrets
        assert found[name].endpoint_variables
    assert found["scheduler"].environment["AIRFLOW_ECS_MESSAGE_SECONDS"] == str(timeouts.MESSAGE_SECONDS)
    assert found["scheduler"].environment["AIRFLOW__CELERY__OPERATION_TIMEOUT"] == "5"


def test_a_url_is_one_whatever_the_password() -> None:
    """Percent-encoded."""
    made = rabbitmq.url(password="a/b@c", host="b-1.mq.eu-west-1.amazonaws.com")
    assert made == "amqps://airflow:a%2Fb%40c@b-1.mq.eu-west-1.amazonaws.com:5671//"


def test_the_host_is_read_from_the_endpoint() -> None:
    """Without scheme and port."""
    assert rabbitmq.host([{"endpoints": ["amqps://b-1.mq.eu-west-1.amazonaws.com:5671"]}]) == (
        "b-1.mq.eu-west-1.amazonaws.com"
    )
