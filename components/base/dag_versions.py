"""The versions of a stack's DAGs in its bucket, as `up` and the command read and add to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from ..model.dag_sources.dag_archive import POINTER_KEY, DagArchive, Pointer, key_of

CONFLICTS = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT)
"""How S3 refuses a conditional write.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""


class PointerMovedError(RuntimeError):
    """Another version became the current one meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The pointer as it was read, and its ETag, by which a write makes sure that it still is."""

    pointer: Pointer
    etag: str


class DagVersions:
    """The archives and the pointer in a bucket.

    Args:
        s3: a client of boto3's.
        bucket: the bucket's name.
        identity: the ARN of whoever uses the client.
    """

    def __init__(self, s3: Any, bucket: str, identity: str) -> None:
        self._s3, self._bucket, self._identity = s3, bucket, identity

    def current(self) -> Seen | None:
        """Read the pointer; None where there is none yet."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=POINTER_KEY)
        except ClientError as error:
            if _status(error) == HTTPStatus.NOT_FOUND:
                return None
            raise
        return Seen(pointer=Pointer.of_json(answer["Body"].read()), etag=answer["ETag"])

    def has(self, version: str) -> bool:
        """Whether the archive of a version is there."""
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key_of(version))
        except ClientError as error:
            if _status(error) == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    def add(self, archive: DagArchive) -> None:
        """Upload an archive, unless its version is there."""
        if not self.has(archive.version):
            self._s3.put_object(
                Bucket=self._bucket, Key=archive.key, Body=archive.content, ContentType="application/gzip"
            )

    def read(self, version: str) -> DagArchive:
        """Download the archive of a version."""
        answer = self._s3.get_object(Bucket=self._bucket, Key=key_of(version))
        return DagArchive(version, answer["Body"].read())

    def move(self, version: str, before: Seen | None, message: str = "") -> None:
        """Let the pointer name a version, if it still is as it was seen.

        Raises:
            PointerMovedError: it is not.
        """
        pointer = Pointer(
            version=version,
            pushed_at=datetime.now(UTC).isoformat(timespec="seconds"),
            pushed_by=self._identity,
            message=message,
        )
        condition = {"IfMatch": before.etag} if before else {"IfNoneMatch": "*"}
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=POINTER_KEY,
                Body=pointer.to_json(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if _status(error) in CONFLICTS:
                raise PointerMovedError from None
            raise

    def history(self) -> Iterator[Pointer]:
        """Give what the pointer named, newest first, as far back as the bucket keeps its versions."""
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=POINTER_KEY
        )
        for page in pages:
            for one in page.get("Versions", []):
                if one["Key"] == POINTER_KEY:
                    answer = self._s3.get_object(
                        Bucket=self._bucket, Key=POINTER_KEY, VersionId=one["VersionId"]
                    )
                    yield Pointer.of_json(answer["Body"].read())


def _status(error: ClientError) -> int:
    answer: Any = error.response
    return answer["ResponseMetadata"]["HTTPStatusCode"]
