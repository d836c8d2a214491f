# pyright: basic
# moto is untyped.
"""An S3 on loopback, and the two interpreters."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from tests.dags import interpreters
from tests.dags.storage import Storage
from tests.helpers.moto_account import empty_account


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Writes a line to the terminal, captured output or not."""
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    assert terminal is not None
    return lambda line: terminal.write_line(f"\n{line}")


@pytest.fixture(scope="session")
def pipeline_python(report: Callable[[str], None]) -> Path:
    """The interpreter with the libraries of the pipeline."""
    return interpreters.pipeline(report)


@pytest.fixture(scope="session")
def airflow_python(report: Callable[[str], None]) -> Path:
    """The interpreter with Airflow."""
    return interpreters.airflow(report)


@pytest.fixture(scope="session")
def users_python(report: Callable[[str], None]) -> Path:
    """The interpreter with Airflow and the user's packages."""
    try:
        return interpreters.users(report)
    except subprocess.CalledProcessError:
        return pytest.fail("docker/extra-requirements.txt does not go with Airflow's lock: uv says why above")


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    """An empty S3."""
    with empty_account() as account:
        client = boto3.client(
            "s3",
            endpoint_url=account.address,
            region_name="us-east-1",
            aws_access_key_id=account.key.id,
            aws_secret_access_key=account.key.secret,
        )
        yield Storage(account.environment("us-east-1"), client)
