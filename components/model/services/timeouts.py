"""The times that must fit together: each covers one outage, and none may cause another one's loss.

| outage | what covers it |
| --- | --- |
| no execution API | tasks repeat requests for `api_outage_seconds`; `task_heartbeat_seconds` is longer |
| a worker dies | its tasks start again after `task_heartbeat_seconds` |
| no broker | the scheduler repeats messages that it could not send for `BROKER_OUTAGE_SECONDS` |
| a message is lost in the broker | its task is queued again after `TASK_QUEUED_SECONDS` |
| Fargate has no capacity | its start is tried again for `CAPACITY_OUTAGE_SECONDS` |
| all slots are taken | queueing again goes on for as long as tasks may have to wait: `max_requeues` |
| a scheduler dies | another one takes its tasks over after `SCHEDULER_HEARTBEAT_SECONDS` at the earliest |

Names and defaults: https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html
"""

import math
from dataclasses import dataclass
from typing import Final

from ..brokers.broker import Broker
from ..settings.settings import Settings
from .containers import HEALTH_INTERVAL_SECONDS, HEALTH_RETRIES

API_SERVER_START_SECONDS: Final = 180
"""The longest that an API server takes to become healthy, on the smallest size, under load."""
HEARTBEAT_INTERVAL_SECONDS: Final = 5
REQUEST_SECONDS: Final = 5
"""What a try of a task's request to the execution API may take."""
REQUEST_PAUSE_SECONDS: Final = 10
"""Between two tries. Always the same: Airflow's own pauses, which grow at random, can all be over in 4 s."""
KILL_SECONDS: Final = 10
"""From the decision to end a task that reaches no execution API until its process is gone."""
TASK_TOKEN_SECONDS: Final = 600
TOKEN_RENEWAL: Final = 0.2
"""A request brings a running task a new token when this part of its life is left.

https://github.com/apache/airflow/blob/main/airflow-core/src/airflow/api_fastapi/execution_api/app.py
"""

TASK_QUEUED_SECONDS: Final = 600
"""A message that no worker has taken for so long may be lost. It must outlast the start of a new worker."""
TASK_QUEUED_INTERVAL_SECONDS: Final = 30
SCHEDULER_HEARTBEAT_SECONDS: Final = 30
ORPHANS_INTERVAL_SECONDS: Final = 60
"""How often a scheduler looks for the tasks of dead ones."""
TOKEN_LEEWAY_SECONDS: Final = (
    TASK_QUEUED_INTERVAL_SECONDS + SCHEDULER_HEARTBEAT_SECONDS + ORPHANS_INTERVAL_SECONDS
)
"""How long a task's token outlives its end. Airflow issues a queued task's for `TASK_QUEUED_SECONDS`, but a
worker may take the message until a scheduler has queued the task again, perhaps one that took it over."""

MESSAGE_SECONDS: Final = TASK_QUEUED_SECONDS + TOKEN_LEEWAY_SECONDS
"""How long a message is of use: then its task has been queued again, and the token in it has expired."""
BROKER_OUTAGE_SECONDS: Final = 3600
"""A replica takes over within minutes. Without one ElastiCache makes a new node, which takes longer, and AWS
gives no limit: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html"""

RUN_TASK_TRIES: Final = 9
"""The amazon provider waits 4, 16, 64 and then 120 s between them: more than `TASK_QUEUED_SECONDS` in all, so
that its own count fails no task that only waits for capacity.

https://github.com/apache/airflow/blob/main/providers/amazon/src/airflow/providers/amazon/aws/executors/utils/exponential_backoff_retry.py
"""
CAPACITY_OUTAGE_SECONDS: Final = 3600
"""So long may Fargate be without capacity, or ECS not answer, before a task fails."""


@dataclass(frozen=True, kw_only=True)
class TaskTimeouts:
    """How long a running task and the execution API wait for each other.

    Attributes:
        api_outage_seconds: so long may the execution API be away without harm to a task.
        request_tries: how often a task tries a request.
        task_heartbeat_seconds: a task that was silent for so long is lost, and is retried or fails.
        task_token_seconds: the life of its token.
    """

    api_outage_seconds: int
    request_tries: int
    task_heartbeat_seconds: int
    task_token_seconds: int


def task_timeouts(settings: Settings) -> TaskTimeouts:
    """Derive the times of running tasks.

    A single API server that ends is away until the next one has started. Of two, one that hangs gets requests
    until it is unhealthy.
    """
    hangs = HEALTH_INTERVAL_SECONDS * HEALTH_RETRIES
    outage = hangs if settings.api_server.count > 1 else API_SERVER_START_SECONDS
    tries = math.ceil(outage / REQUEST_PAUSE_SECONDS) + 1
    # The worker gives a task up before the scheduler does: else it would run twice at a time.
    gives_up = HEARTBEAT_INTERVAL_SECONDS + (tries - 1) * REQUEST_PAUSE_SECONDS + tries * REQUEST_SECONDS
    heartbeat = gives_up + KILL_SECONDS
    return TaskTimeouts(
        api_outage_seconds=outage,
        request_tries=tries,
        task_heartbeat_seconds=heartbeat,
        # What is left of it at any time outlasts the outage.
        task_token_seconds=max(TASK_TOKEN_SECONDS, math.ceil(heartbeat / TOKEN_RENEWAL)),
    )


def of_tasks(settings: Settings) -> dict[str, str]:
    """Give Airflow's settings of who runs tasks and of who waits for their heartbeats."""
    times = task_timeouts(settings)
    pause = str(REQUEST_PAUSE_SECONDS)
    return {
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(times.task_heartbeat_seconds),
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": str(times.request_tries),
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": pause,
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN": pause,
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": str(REQUEST_SECONDS),
        # A heartbeat is a request, with its tries: after the first that fails no other could succeed in time.
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "1",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": str(HEARTBEAT_INTERVAL_SECONDS),
    }


def of_schedulers() -> dict[str, str]:
    """Give Airflow's settings of schedulers alone."""
    return {
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": str(ORPHANS_INTERVAL_SECONDS),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": str(SCHEDULER_HEARTBEAT_SECONDS),
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(TASK_QUEUED_SECONDS),
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": str(TASK_QUEUED_INTERVAL_SECONDS),
    }


def of_tokens(settings: Settings) -> dict[str, str]:
    """Give the execution API's settings of the tokens that it issues and checks."""
    return {
        "AIRFLOW__API_AUTH__JWT_LEEWAY": str(TOKEN_LEEWAY_SECONDS),
        "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": str(task_timeouts(settings).task_token_seconds),
    }


def of_broker(settings: Settings, broker: Broker, *, parallelism: int) -> dict[str, str]:
    """Give the settings of a scheduler that queues more tasks than workers have slots, at a broker."""
    end = {} if broker.takes_back else {"AIRFLOW_ECS_MESSAGE_SECONDS": str(MESSAGE_SECONDS)}
    return {
        **end,
        "AIRFLOW__CELERY__OPERATION_TIMEOUT": str(broker.send_seconds),
        "AIRFLOW__CELERY__TASK_PUBLISH_MAX_RETRIES": str(BROKER_OUTAGE_SECONDS // broker.send_seconds),
        "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": str(
            max_requeues(settings, parallelism=parallelism)
        ),
    }


def of_ecs() -> dict[str, str]:
    """Give the settings of a scheduler that starts an ECS task for each Airflow task.

    The executor tries to start a task until its token expires; then the task is queued again, with a new one.
    """
    return {
        "AIRFLOW__AWS_ECS_EXECUTOR__MAX_RUN_TASK_ATTEMPTS": str(RUN_TASK_TRIES),
        "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": str(
            math.ceil(CAPACITY_OUTAGE_SECONDS / TASK_QUEUED_SECONDS)
        ),
    }


def max_requeues(settings: Settings, *, parallelism: int) -> int:
    """Give how often a task that no worker takes is queued again before it fails.

    For as long as it can have to wait: for all tasks that schedulers queue at a time, one after another, each
    as long as a task may be; or until the broker is back. How many slots there are does not matter, so that
    another size of the workers restarts no scheduler.
    """
    before = parallelism * max(1, settings.scheduler.count)
    longest = max(before * settings.max_task_duration_hours * 3600, BROKER_OUTAGE_SECONDS)
    return math.ceil(longest / TASK_QUEUED_SECONDS)
