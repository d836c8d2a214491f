"""One image, one PostgreSQL and one Redis for all tests of the real roles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws import images
from tests.helpers.moto_account import empty_account
from tests.image.account import Account
from tests.image.cluster import COMMANDS, Cluster
from tests.image.roles import Role

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def image() -> images.Image:
    """The image, built from this repository (nothing to do where nothing changed)."""
    return images.build(
        context=REPOSITORY,
        dockerfile=REPOSITORY / "docker/Dockerfile",
        build_args={},
        log=print,
    )


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """S3 and Secrets Manager."""
    with empty_account() as plain:
        yield Account(plain)


@pytest.fixture(scope="session")
def empty_cluster(
    image: images.Image, account: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """PostgreSQL and Redis; no role runs, nothing is migrated."""
    cluster = Cluster.start(image, account, tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def migrations(empty_cluster: Cluster) -> tuple[Role, Role]:
    """Two migrations of the empty database, started at once and ended."""
    pair = empty_cluster.role("migration"), empty_cluster.role("migration")
    for role in pair:
        role.start(*COMMANDS["migration"])
    for role in pair:
        assert role.process is not None
        role.process.wait(180)
    return pair


@pytest.fixture(scope="session")
def cluster(empty_cluster: Cluster, migrations: tuple[Role, Role]) -> Cluster:
    """The migrated cluster."""
    assert [role.last_line() for role in migrations] == ["migrate: done"] * 2
    return empty_cluster


@pytest.fixture(scope="session")
def running(cluster: Cluster) -> dict[str, Role]:
    """Every role of a stack with Celery, running and healthy."""
    names = [name for name in COMMANDS if name != "migration"]
    roles = {name: cluster.role(name) for name in names}
    for name, role in roles.items():
        role.start(*COMMANDS[name])
    for name, role in roles.items():
        role.wait_healthy(name)
    return roles
