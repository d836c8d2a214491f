"""The pointer and the archives in S3, with moto's: nobody writes over what another one wrote meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.base.dag_versions import DagVersions, PointerMovedError
from components.model.dag_sources.dag_archive import DagArchive
from tests.helpers.dag_buckets import mocked_dag_bucket

FIRST, SECOND = (DagArchive(digit * 64, digit.encode()) for digit in "12")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an account with a versioned bucket."""
    with mocked_dag_bucket("dags", monkeypatch) as client:
        yield client


@pytest.fixture
def versions(s3: Any) -> DagVersions:
    """An empty bucket."""
    return DagVersions(s3, "dags", "arn:me")


def test_an_archive_is_uploaded_once(versions: DagVersions, s3: Any) -> None:
    """And read as it was written."""
    assert not versions.has(FIRST.version)
    versions.add(FIRST)
    versions.add(DagArchive(FIRST.version, b"from another zlib"))
    assert versions.has(FIRST.version)
    assert versions.read(FIRST.version) == FIRST
    assert len(s3.list_object_versions(Bucket="dags")["Versions"]) == 1


def test_the_pointer_moves_only_from_what_was_seen(versions: DagVersions) -> None:
    """Two who push at once: one of them is told."""
    assert versions.current() is None
    versions.move(FIRST.version, None, "first")
    with pytest.raises(PointerMovedError):
        versions.move(SECOND.version, None)
    seen = versions.current()
    assert seen is not None
    assert (seen.pointer.version, seen.pointer.message) == (FIRST.version, "first")
    assert seen.pointer.pushed_by == "arn:me"
    versions.move(SECOND.version, seen)
    with pytest.raises(PointerMovedError):
        versions.move(FIRST.version, seen)
    assert [one.version for one in versions.history()] == [SECOND.version, FIRST.version]


def test_other_answers_are_not_taken_for_an_empty_bucket(s3: Any) -> None:
    """A bucket that does not exist is not one without a pointer."""
    elsewhere = DagVersions(s3, "elsewhere", "arn:me")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        elsewhere.move(FIRST.version, None)
