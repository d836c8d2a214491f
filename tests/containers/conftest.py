"""One daemon, one registry and one deployed cluster for all tests of this folder."""

from collections.abc import Iterator

import pytest

from embedded_aws import capabilities
from tests.containers.deployment import Deployment, deployed


@pytest.fixture(scope="package")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The cluster, up."""
    if reason := capabilities.why_no_daemon():
        pytest.skip(reason)
    with deployed(tmp_path_factory.mktemp("containers"), extra_packages=True) as made:
        yield made
