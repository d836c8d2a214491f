"""The SNS topic that alarms notify."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.iam import resource_policies


@dataclass(frozen=True, kw_only=True)
class AlarmTopicArgs:
    """What an `AlarmTopic` is made from."""

    emails: Sequence[str]
    """The addresses that are notified."""
    alarms: str
    """What the names of the alarms begin with that may publish."""
    kms_key_arn: pulumi.Output[str] | None
    """The KMS key of messages on their way to subscribers; its policy lets CloudWatch use it. None: without.

    AWS's own key for SNS is of no use: CloudWatch is not allowed to use it.
    """


class AlarmTopic(Component):
    """Makes a topic to which the cluster's alarms alone publish, over TLS, and a subscription per address.

    Pulumi cannot delete a subscription that nobody has confirmed; AWS does after two days.
    """

    arn: pulumi.Output[str]
    """ARN of the topic."""

    def __init__(self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        topic = aws.sns.Topic(name, kms_master_key_id=args.kms_key_arn, opts=self._child())
        policy = topic.arn.apply(lambda arn: resource_policies.notified_by_alarms(arn, f"{args.alarms}-"))
        allowed = aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=pulumi.Output.json_dumps(policy, sort_keys=True),
            opts=self._child(),
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=self._child()
            )
        # An alarm that fires before it may publish notifies nobody.
        self.arn = pulumi.Output.all(topic.arn, allowed.id).apply(lambda known: known[0])
        self._register()
