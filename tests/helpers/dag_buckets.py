"""Buckets for versions of DAGs, in moto's S3."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from components.base.dag_versions import DagVersions
from tests.helpers.mocked_aws import mocked_aws


def make_dag_bucket(name: str) -> Any:
    """Make a versioned bucket, as `Storage` does, in the account of the environment; a client of S3."""
    session: Any = boto3.Session(region_name="us-east-1")
    client = session.client("s3")
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return client


@contextmanager
def mocked_dag_bucket(name: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    """Make one in moto's mocks of this process; a client of S3."""
    with mocked_aws(monkeypatch):
        yield make_dag_bucket(name)


def current_version(versions: DagVersions) -> str:
    """Read which version the pointer names; empty where there is none."""
    seen = versions.current()
    return seen.pointer.version if seen else ""
