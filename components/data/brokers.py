"""Which component creates which broker: the only place that knows."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Protocol

import pulumi

from ..base.stored_secret import SecretReference
from ..model.brokers import redis, sqs
from ..model.brokers.broker import Broker
from ..model.secrets import Secret
from .broker_args import BrokerArgs, Queue
from .redis_broker import RedisBroker
from .sqs_broker import SqsBroker


class BrokerComponent(Protocol):
    """What a cluster needs of a broker that it creates."""

    endpoint: pulumi.Output[str]
    """Where it is."""
    resource_name: pulumi.Output[str]
    """What AWS names it in its metrics."""
    secret_references: Mapping[Secret, SecretReference]
    """The secrets that it brings, such as its URL, by kind."""
    queues: Mapping[str, Queue]
    """Those of Celery's queues that are resources, by Celery's name; empty where Celery makes them."""


@singledispatch
def create_broker(
    broker: Broker, _name: str, _args: BrokerArgs, _opts: pulumi.ResourceOptions
) -> BrokerComponent:
    """Create a broker with the component that is registered for its class.

    https://docs.python.org/3/library/functools.html#functools.singledispatch

    Raises:
        TypeError: none is registered.

    Example:
        @create_broker.register(MyBroker)
        def _(_broker: MyBroker, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions) -> MyQueue:
            return MyQueue(name, args, opts)
    """
    kind = type(broker).__name__
    raise TypeError(
        f"no component creates the broker {kind}. Register one with @create_broker.register({kind}), or give "
        "the broker exists=True, if the cluster is to use an existing one"
    )


@create_broker.register(redis.Redis)
def _(_broker: redis.Redis, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions) -> RedisBroker:
    return RedisBroker(name, args, opts)


@create_broker.register(sqs.Sqs)
def _(broker: sqs.Sqs, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions) -> SqsBroker:
    return SqsBroker(name, broker, args, opts)
