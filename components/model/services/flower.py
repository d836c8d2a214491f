"""Flower, Celery's web interface."""

from typing import Final

from ..brokers.broker import BROKER, Broker
from ..secrets import Secret
from ..settings.settings import Settings
from .service import Service, Target

NAME: Final = "flower"
PORT: Final = 5555
PREFIX: Final = "/flower"
START_SECONDS: Final = 240
"""On a quarter of a vCPU: four times as long as on a whole one, beside all others that start."""
TARGET: Final = Target(name="flower", health_path=f"{PREFIX}/healthcheck", path=PREFIX, priority=1)


def service(settings: Settings, broker: Broker) -> Service:
    """Give Flower, which is optional."""
    return Service(
        name=NAME,
        command=("airflow", "celery", "flower"),
        size=settings.flower,
        enabled=settings.flower.count > 0,
        count=settings.flower.count,
        secrets=frozenset({Secret.FLOWER_LOGIN}) | broker.secrets,
        environment={
            "AIRFLOW__CELERY__FLOWER_PORT": str(PORT),
            "AIRFLOW__CELERY__FLOWER_URL_PREFIX": PREFIX,
        },
        endpoint_variables=broker.of_flower.endpoint_variables,
        statements=broker.of_flower.statements,
        port=PORT,
        target=TARGET,
        start_seconds=START_SECONDS,
        calls=(BROKER,),
    )
