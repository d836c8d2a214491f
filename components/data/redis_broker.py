"""The Celery broker: ElastiCache for Valkey or Redis, over TLS, with a token.

Idle cost: the nodes. Never ElastiCache Serverless: it is cluster mode only, which Celery cannot use
(https://github.com/celery/celery/issues/9019).
"""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..base.generated_passwords import passwords
from ..base.stored_secret import SecretReference, StoredSecret, StoredSecretArgs
from ..model.aws import aws_names
from ..model.brokers import redis
from ..model.secrets import FIRST_NAME, Secret
from .broker_args import BrokerArgs, Queue

TOKEN_LENGTH = 64


class RedisBroker(Component):
    """A replication group with cluster mode off, encrypted at rest and on its way.

    Makes: subnet group, parameter group, token, replication group, and the broker's URL as a secret.

    Stateful: queued messages. Protected while `protect` is set.
    """

    endpoint: pulumi.Output[str]
    """Host of the primary node."""
    resource_name: pulumi.Output[str]
    """Id of the replication group, which the names of its nodes begin with."""
    secret_references: Mapping[Secret, SecretReference]
    """The secret with the broker's URL, by kind."""
    queues: Mapping[str, Queue]
    """None: Celery makes them."""

    def __init__(self, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        names = args.settings.token_names
        token, *_ = passwords(f"{name}-token", names, length=TOKEN_LENGTH, opts=self._child())
        group = self._group(name, args, token)
        url = pulumi.Output.all(token=token, host=group.primary_endpoint_address).apply(
            lambda known: redis.url(**known, port=redis.PORT)
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
        self.endpoint = group.primary_endpoint_address
        self.resource_name = group.replication_group_id
        self.secret_references = {Secret.BROKER_URL: stored.reference}
        self.queues = {}
        self._register()

    def _group(
        self, name: str, args: BrokerArgs, token: pulumi.Output[str]
    ) -> aws.elasticache.ReplicationGroup:
        settings = args.settings
        subnets = aws.elasticache.SubnetGroup(name, subnet_ids=[*args.subnet_ids], opts=self._child())
        parameters = aws.elasticache.ParameterGroup(
            name,
            family=settings.family,
            # A queue must refuse new messages when it is full, not forget old ones.
            parameters=[{"name": "maxmemory-policy", "value": "noeviction"}],
            opts=self._child(),
        )
        return aws.elasticache.ReplicationGroup(
            aws_names.fitting("aws:elasticache/replicationGroup:ReplicationGroup", name),
            description="Airflow: Celery broker",
            engine=settings.engine.value,
            engine_version=settings.version,
            parameter_group_name=parameters.name,
            node_type=settings.node_type,
            num_cache_clusters=1 + settings.replica_count,
            automatic_failover_enabled=settings.replica_count > 0,
            multi_az_enabled=settings.replica_count > 0,
            port=redis.PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[*args.security_group_ids],
            at_rest_encryption_enabled=True,
            kms_key_id=args.kms_key_arn,
            transit_encryption_enabled=True,
            auth_token=token,
            auth_token_update_strategy=_strategy(args.settings.token_names),
            auto_minor_version_upgrade=True,
            apply_immediately=True,
            opts=self._child(pulumi.ResourceOptions(protect=args.protect)),
        )


def _strategy(token_names: Sequence[str]) -> str | None:
    """Return which tokens the broker accepts after a change: ROTATE keeps the one before, SET none.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html#auth-modifyng-token
    """
    if len(token_names) > 1:
        return "ROTATE"
    return None if token_names == (FIRST_NAME,) else "SET"
