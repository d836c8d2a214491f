"""S3 as this pipeline uses it: whole objects, read and written at once."""

import os
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

BUCKET_VARIABLE = "AIRFLOW_ECS_DATA_BUCKET"


def name() -> str:
    """The stack's data bucket.

    Raises:
        RuntimeError: the environment does not name it.
    """
    bucket = os.environ.get(BUCKET_VARIABLE)
    if not bucket:
        raise RuntimeError(
            f"{BUCKET_VARIABLE} is not set: it names the bucket that the prices are written to."
        )
    return bucket


def get(uri: str) -> bytes:
    """The object at `s3://bucket/key`.

    Raises:
        OSError: it cannot be read.
    """
    location = urlsplit(uri)
    try:
        answer = _s3().get_object(Bucket=location.netloc, Key=location.path.removeprefix("/"))
    except ClientError as error:
        raise OSError(f"{uri} cannot be read ({error}); the task's role needs s3:GetObject on it.") from error
    return answer["Body"].read()


def put(key: str, body: bytes, content_type: str) -> None:
    """Write one object to the data bucket: it is there whole, or not at all.

    Raises:
        OSError: it cannot be written.
    """
    bucket = name()
    try:
        _s3().put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
    except ClientError as error:
        raise OSError(
            f"s3://{bucket}/{key} cannot be written ({error}); the task's role needs s3:PutObject on it."
        ) from error


@cache
def _s3() -> Any:
    """The client; endpoint, region and credentials come from the environment, as everywhere in AWS."""
    return boto3.client("s3")
