"""What the tests put into S3 and find there."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Storage:
    """An S3 and a client to look into it."""

    environment: dict[str, str]
    """Variables by which a process finds this S3, as it would find AWS's."""
    client: Any

    def make_bucket(self, bucket: str) -> str:
        """A new empty bucket; its name."""
        self.client.create_bucket(Bucket=bucket)
        return bucket

    def put(self, bucket: str, key: str, text: str) -> str:
        """The `s3://` URI of a new object."""
        self.client.put_object(Bucket=bucket, Key=key, Body=text.encode())
        return f"s3://{bucket}/{key}"

    def keys(self, bucket: str) -> list[str]:
        """What the bucket holds."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []))
