# pyright: basic, reportMissingImports=false
# boto3 is in the image's environment, and carries no types.
"""Versions of the DAGs in S3: an archive for each, and a pointer to the current one.

PREFIX/current                    JSON; "version" names the current one
PREFIX/versions/VERSION.tar.gz    its files; VERSION is the SHA-256 of the tar archive in it

The hash is of what is compressed, since zlib's output differs between machines.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import tarfile
import time
from pathlib import Path
from typing import IO, Any

_VERSION = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1 << 20
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 10, 3
"""Together well below the age at which a health check takes a DAG processor's heartbeat for dead."""


class DagArchiveError(RuntimeError):
    """A pointer or an archive that cannot be used; the text says which and why."""


class DagArchives:
    """The versions under a prefix of a bucket."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix
        self._etag, self._version = "", ""
        self._client: Any = None

    def current(self) -> str:
        """Give the version that the pointer names; S3 sends the pointer again only where it has changed."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - each Airflow process loads this module

        key = f"{self._prefix}/current"
        known = {"IfNoneMatch": self._etag} if self._etag else {}
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, **known)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 304:  # noqa: PLR2004 - Not Modified
                return self._version
            raise
        self._version = _version_of(answer["Body"].read(), f"s3://{self._bucket}/{key}")
        self._etag = answer["ETag"]
        return self._version

    def unpack(self, version: str, folder: Path, staging: Path) -> None:
        """Put a version's files into `folder`, which is there complete or not at all.

        Args:
            version: which one.
            folder: does not exist yet.
            staging: a folder of this process alone on the same file system; what is in it is lost.

        Raises:
            DagArchiveError: the archive is another one than its name says.
        """
        shutil.rmtree(staging, ignore_errors=True)
        files = staging / "files"
        files.mkdir(parents=True)
        body = self._s3.get_object(Bucket=self._bucket, Key=f"{self._prefix}/versions/{version}.tar.gz")[
            "Body"
        ]
        with (staging / "archive.tar").open("w+b") as archive:
            found = _decompress(body, archive)
            if found != version:
                raise DagArchiveError(f"the archive of version {version} has the hash {found}")
            archive.seek(0)
            extract(archive, files)
        folder.parent.mkdir(parents=True, exist_ok=True)
        files.rename(folder)
        shutil.rmtree(staging)

    @property
    def _s3(self) -> Any:
        if self._client is None:
            import boto3  # noqa: PLC0415
            from botocore.config import Config  # noqa: PLC0415

            patience = Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            )
            self._client = boto3.client("s3", config=patience)
        return self._client


def extract(archive: IO[bytes], folder: Path) -> None:
    """Unpack files whose time is now: an archive has none, and the DAG processor reads again what is newer.

    The filter `data` refuses links and names that point outside of the folder, and devices:
    https://docs.python.org/3/library/tarfile.html#tarfile.data_filter
    """
    now = time.time()

    def filtered(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
        return tarfile.data_filter(member, path).replace(mtime=now, deep=False)

    with tarfile.open(fileobj=archive, mode="r:") as tar:
        tar.extractall(folder, filter=filtered)  # noqa: S202 - that is what the filter is for


def touch(folder: Path) -> None:
    """Give all files of a folder the time of now, to the nanosecond: the kernel's own clock lags behind."""
    now = time.time_ns()
    for parent, _, names in os.walk(folder):
        for name in names:
            os.utime(Path(parent, name), ns=(now, now))


def _decompress(body: Any, archive: IO[bytes]) -> str:
    """Write what is compressed; its hash."""
    digest = hashlib.sha256()
    try:
        with gzip.GzipFile(fileobj=body) as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
                archive.write(chunk)
    except (EOFError, gzip.BadGzipFile) as error:
        return f"of no gzip file ({error})"
    return digest.hexdigest()


def _version_of(text: bytes, address: str) -> str:
    """Read the pointer; what it names becomes the name of a folder."""
    try:
        version = json.loads(text)["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise DagArchiveError(f"{address} is no pointer: {error}") from error
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise DagArchiveError(f"{address} names no version: {version!r}")
    return version
