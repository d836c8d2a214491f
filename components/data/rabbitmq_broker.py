"""The Celery broker RabbitMQ: Amazon MQ, over TLS, with a password.

Idle cost: the instances. Amazon MQ makes one user of RabbitMQ and changes none, and the provider leaves it at
that. A tag tells which password a broker was made with, and another tag makes another broker.
https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-basic-elements-user.html
"""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..base.generated_passwords import passwords
from ..base.stored_secret import SecretReference, StoredSecret, StoredSecretArgs
from ..model.aws import aws_names
from ..model.brokers import rabbitmq
from ..model.secrets import FIRST_NAME, Secret
from .broker_args import BrokerArgs, Queue

PASSWORD_LENGTH = 64
"""Amazon MQ takes 12 to 250 characters, and neither comma, colon nor equals sign."""


class RabbitmqBroker(Component):
    """A private broker, of one instance or a cluster of three, with its configuration and general log.

    Makes: password, configuration, broker, and the broker's URL as a secret.

    Stateful: queued messages. Protected while `protect` is set, the password too: a new one replaces both.
    """

    endpoint: pulumi.Output[str]
    """Its host name."""
    resource_name: pulumi.Output[str]
    """The broker's name, which CloudWatch's metrics have."""
    secret_references: Mapping[Secret, SecretReference]
    """The secret with the broker's URL, by kind."""
    queues: Mapping[str, Queue]
    """None: Celery makes them."""

    def __init__(
        self,
        name: str,
        broker: rabbitmq.Rabbitmq,
        args: BrokerArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._args = args
        locked = self._child(pulumi.ResourceOptions(protect=args.protect))
        (password,) = passwords(f"{name}-password", [FIRST_NAME], length=PASSWORD_LENGTH, opts=locked)
        made = self._broker(name, broker, password)
        self.endpoint = made.instances.apply(
            lambda found: rabbitmq.host([{"endpoints": one.endpoints or []} for one in found])
        )
        self.resource_name = made.broker_name
        url = pulumi.Output.all(password=password, host=self.endpoint).apply(
            lambda known: rabbitmq.url(**known)
        )
        stored = StoredSecret(
            f"{name}-url",
            StoredSecretArgs(
                value=url,
                description="Airflow: broker URL",
                discard_data=args.discard_data,
                kms_key_arn=args.kms_key_arn,
            ),
            self._child(),
        )
        self.secret_references = {Secret.BROKER_URL: stored.reference}
        self.queues = {}
        self._register()

    def _configuration(self, name: str, broker: rabbitmq.Rabbitmq) -> aws.mq.Configuration:
        return aws.mq.Configuration(
            name,
            engine_type="RabbitMQ",
            engine_version=self._args.settings.rabbitmq.engine_version.value,
            data=rabbitmq.configuration(broker.consumer_timeout_milliseconds),
            opts=self._child(),
        )

    def _broker(self, name: str, broker: rabbitmq.Rabbitmq, password: pulumi.Output[str]) -> aws.mq.Broker:
        args, settings = self._args, self._args.settings.rabbitmq
        configuration = self._configuration(name, broker)
        day, time = settings.maintenance
        return aws.mq.Broker(
            aws_names.fitting("aws:mq/broker:Broker", name),
            engine_type="RabbitMQ",
            engine_version=settings.engine_version.value,
            host_instance_type=settings.instance_type,
            deployment_mode=rabbitmq.deployment_mode(settings),
            subnet_ids=[*args.subnet_ids] if settings.cluster else [args.subnet_ids[0]],
            security_groups=[*args.security_group_ids],
            publicly_accessible=False,
            encryption_options=self._encryption(),
            configuration={"id": configuration.id, "revision": configuration.latest_revision},
            users=[{"username": rabbitmq.USER, "password": password}],
            logs={"general": True},
            maintenance_window_start_time={"day_of_week": day, "time_of_day": time, "time_zone": "UTC"},
            # AWS takes nothing else from RabbitMQ 3.13 on.
            auto_minor_version_upgrade=True,
            apply_immediately=True,
            tags={rabbitmq.FINGERPRINT_TAG: pulumi.Output.unsecret(password.apply(rabbitmq.fingerprint))},
            # See the top of this file.
            opts=self._child(
                pulumi.ResourceOptions(
                    protect=args.protect, replace_on_changes=[f'tags["{rabbitmq.FINGERPRINT_TAG}"]']
                )
            ),
        )

    def _encryption(self) -> aws.mq.BrokerEncryptionOptionsArgsDict | None:
        """Encrypt with the stack's key; None: with one that AWS owns."""
        key = self._args.kms_key_arn
        return None if key is None else {"kms_key_id": key, "use_aws_owned_key": False}
