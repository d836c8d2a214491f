"""Celery's queues in Amazon SQS."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..base.stored_secret import SecretReference
from ..model.aws import aws_names
from ..model.brokers import sqs
from ..model.iam import resource_policies
from ..model.secrets import Secret
from ..model.settings.worker_group import DEFAULT_QUEUE
from .broker_args import BrokerArgs, Queue

KEY_REUSE_SECONDS = 300
"""How long SQS uses a data key: AWS's own default."""


class SqsBroker(Component):
    """A queue for each of Celery's, encrypted and reached over TLS only, and one for dead letters.

    Stateful: queued messages. Protected while `protect` is set.
    """

    endpoint: pulumi.Output[str]
    """URL of the default queue."""
    resource_name: pulumi.Output[str]
    """Name of the default queue."""
    secret_references: Mapping[Secret, SecretReference]
    """None: IAM authorizes."""
    queues: Mapping[str, Queue]
    """The queues by Celery's names."""

    def __init__(
        self, name: str, broker: sqs.Sqs, args: BrokerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._args = args
        self.queues = {
            queue: self._pair(name, queue, broker.visibility_timeout_seconds) for queue in broker.queues
        }
        self.endpoint, self.resource_name = self.queues[DEFAULT_QUEUE].url, self.queues[DEFAULT_QUEUE].name
        self.secret_references = {}
        self._register()

    def _pair(self, name: str, celery_name: str, visibility_timeout_seconds: int) -> Queue:
        """Make a queue, and one for its dead letters."""
        dead = self._queue(
            f"{name}-dead-letters-{celery_name}", retention_seconds=sqs.DEAD_LETTER_RETENTION_SECONDS
        )
        queue = self._queue(
            f"{name}-queue-{celery_name}",
            retention_seconds=sqs.RETENTION_SECONDS,
            visibility_timeout_seconds=visibility_timeout_seconds,
            dead_letter_arn=dead.arn,
        )
        aws.sqs.RedriveAllowPolicy(
            f"{name}-queue-{celery_name}",
            queue_url=dead.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
            ),
            opts=self._child(),
        )
        return Queue(url=queue.url, arn=queue.arn, name=queue.name)

    def _queue(
        self,
        name: str,
        *,
        retention_seconds: int,
        visibility_timeout_seconds: int | None = None,
        dead_letter_arn: pulumi.Output[str] | None = None,
    ) -> aws.sqs.Queue:
        key = self._args.kms_key_arn
        redrive = {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": sqs.MAX_RECEIVES}
        queue = aws.sqs.Queue(
            aws_names.fitting("aws:sqs/queue:Queue", name),
            message_retention_seconds=retention_seconds,
            visibility_timeout_seconds=visibility_timeout_seconds,
            receive_wait_time_seconds=sqs.WAIT_SECONDS,
            redrive_policy=pulumi.Output.json_dumps(redrive) if dead_letter_arn is not None else None,
            sqs_managed_sse_enabled=True if key is None else None,
            kms_master_key_id=key,
            kms_data_key_reuse_period_seconds=None if key is None else KEY_REUSE_SECONDS,
            opts=self._child(pulumi.ResourceOptions(protect=self._args.protect)),
        )
        aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=pulumi.Output.json_dumps(queue.arn.apply(resource_policies.queue_over_tls)),
            opts=self._child(),
        )
        return queue
