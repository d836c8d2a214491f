"""One image, one PostgreSQL and one Redis for all tests of the real roles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws import images
from tests.helpers import checkout
from tests.helpers.moto_account import empty_account
from tests.image.account import Account
from tests.image.cluster import COMMANDS, Cluster
from tests.image.services import RunningService


@pytest.fixture(scope="package")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image is made from: this checkout as it ships."""
    return checkout.as_shipped(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="package")
def image(context: Path) -> images.Image:
    """The image as it ships (nothing to do where nothing changed)."""
    return images.build(
        context=context,
        dockerfile=context / "docker/Dockerfile",
        build_args={},
        log=print,
    )


@pytest.fixture(scope="package")
def account() -> Iterator[Account]:
    """S3 and Secrets Manager."""
    with empty_account() as plain:
        yield Account(plain)


@pytest.fixture(scope="package")
def empty_cluster(
    image: images.Image, account: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """PostgreSQL and Redis; no role runs, nothing is migrated."""
    cluster = Cluster.start(image, account, tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="package")
def migrations(empty_cluster: Cluster) -> tuple[RunningService, RunningService]:
    """Two migrations of the empty database, started at once and ended."""
    pair = empty_cluster.service("migration"), empty_cluster.service("migration")
    for service in pair:
        service.start(*COMMANDS["migration"])
    for service in pair:
        assert service.process is not None
        service.process.wait(180)
    return pair


@pytest.fixture(scope="package")
def cluster(empty_cluster: Cluster, migrations: tuple[RunningService, RunningService]) -> Cluster:
    """The migrated cluster."""
    assert [service.last_line() for service in migrations] == ["migrate: done"] * 2
    return empty_cluster


COMMANDED = {
    "AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS": "commanded_config.CELERY_CONFIG",
    "PYTHONPATH": "/opt/airflow/lib:/opt/airflow/dags",
}
"""A worker that obeys commands with which tests make it deaf; the image's own refuses them."""


@pytest.fixture(scope="module")
def running(cluster: Cluster) -> Iterator[dict[str, RunningService]]:
    """Every service of a stack with Celery, running and healthy; the next module needs their addresses."""
    names = [name for name in COMMANDS if name != "migration"]
    services = {name: cluster.service(name, COMMANDED if name == "worker" else None) for name in names}
    for name, service in services.items():
        service.start(*COMMANDS[name])
    for name, service in services.items():
        service.wait_healthy(name)
    yield services
    for service in services.values():
        service.stop()
