# pyright: basic
# pyarrow is untyped, and not installed where the type checker runs.
"""Runs in the pipeline's interpreter: the two tasks' work, case by case, JSON in and JSON out.

A case is {"source_uri", "bucket", "run"}; also {"change": text} puts another source between the tasks, and
{"break_after": n} lets the write fail after n objects. Importing the libraries takes seconds, so one process
serves many cases.
"""

import json
import os
import sys
from typing import Any

from pyarrow import dataset, fs  # pyright: ignore[reportMissingImports]

from nasdaq import bucket, expectations, parquet


def refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: nobody may talk to anything but this machine, telemetry included."""
    if event == "socket.connect" and not str(arguments[1][0]).startswith("127."):
        raise RuntimeError(f"connected to {arguments[1]}")
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost"):
        raise RuntimeError(f"looked up {arguments[0]}")


def run(case: dict[str, Any]) -> dict[str, Any]:
    """One case's report and manifest, or the error that ended it."""
    os.environ["AIRFLOW_ECS_DATA_BUCKET"] = case["bucket"]
    answer: dict[str, Any] = {}
    original = bucket.put
    try:
        answer["report"] = expectations.validate(case["source_uri"])
        if "change" in case:
            source_bucket, key = case["source_uri"].removeprefix("s3://").split("/", 1)
            bucket._s3().put_object(Bucket=source_bucket, Key=key, Body=case["change"].encode())
        if "break_after" in case:
            bucket.put = breaking(case["break_after"])
        answer["manifest"] = parquet.write(answer["report"], case["run"])
        answer["rows"] = read(case["bucket"], answer["manifest"]["prefix"])
    except Exception as error:  # noqa: BLE001 (the test checks it)
        answer["error"] = f"{type(error).__name__}: {error}"
    finally:
        bucket.put = original
    return {**answer, "keys": keys(case["bucket"])}


def breaking(writes: int) -> Any:
    """A `bucket.put` that does `writes` writes, then fails."""
    left = iter(range(writes))
    real = bucket.put

    def put(*arguments: Any) -> None:
        if next(left, None) is None:
            raise OSError("the connection broke")
        real(*arguments)

    return put


def keys(name: str) -> list[str]:
    """What the bucket holds now, after this case and before the next."""
    listed = bucket._s3().list_objects_v2(Bucket=name) if name else {}
    return [item["Key"] for item in listed.get("Contents", [])]


def read(name: str, prefix: str) -> list[list[Any]]:
    """What pyarrow's own S3 and dataset reader finds: symbol, year, date, price."""
    s3 = fs.S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"].split("//")[1], scheme="http")
    found = dataset.dataset(
        f"{name}/{prefix}", filesystem=s3, format="parquet", partitioning="hive", exclude_invalid_files=True
    )
    table = found.to_table(columns=["symbol", "year", "date", "price"])
    return [[row["symbol"], row["year"], row["date"].isoformat(), row["price"]] for row in table.to_pylist()]


if __name__ == "__main__":
    sys.addaudithook(refuse_the_network)
    json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
