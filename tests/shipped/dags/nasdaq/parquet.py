"""The validated prices as Parquet in the data bucket, one file for each symbol and year."""

import hashlib
import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from nasdaq import PREFIX, File, Manifest, Report, bucket, prices, report

SCHEMA = pa.schema(
    [pa.field("date", pa.date32(), nullable=False), pa.field("price", pa.float64(), nullable=False)]
)
"""Symbol and year are in the key, where Hive, Athena, Spark and pyarrow look for them."""


def write(validated: Report, run_id: str) -> Manifest:
    """Write the prices that `validated` speaks of, its report, then the manifest that makes both visible.

    Raises:
        ValueError: the prices were refused, or the source has changed since it was validated.
        OSError: the source cannot be read, or an object not be written.
    """
    if refused := report.failure(validated):
        raise ValueError(refused)
    text = prices.read(validated["source_uri"])
    if hashlib.sha256(text).hexdigest() != validated["sha256"]:
        raise ValueError(
            f"{validated['source_uri']} changed after its validation; nothing was written. Trigger a new run."
        )
    parts = partitions(prices.parse(text))
    version = _version({path: body for path, (body, _) in parts.items()})
    prefix = f"{PREFIX}/versions/{version}/"
    for path, (body, _) in parts.items():
        bucket.put(prefix + path, body, "application/vnd.apache.parquet")
    bucket.put(f"{prefix}report.json", _json(validated), "application/json")
    bucket.put(f"{prefix}report.html", report.page(validated).encode(), "text/html; charset=utf-8")
    manifest = Manifest(
        version=version,
        prefix=prefix,
        report=f"{prefix}report.html",
        source_uri=validated["source_uri"],
        rows=sum(rows for _, rows in parts.values()),
        run_id=run_id,
        files=[File(key=prefix + path, rows=rows, bytes=len(body)) for path, (body, rows) in parts.items()],
    )
    bucket.put(f"{PREFIX}/manifest.json", _json(manifest), "application/json")
    return manifest


def partitions(table: pd.DataFrame) -> dict[str, tuple[bytes, int]]:
    """The files of `table`: content and number of rows by path below the version."""
    ordered = table.sort_values(["symbol", "date"])
    return {
        f"symbol={symbol}/year={year}/prices.parquet": (_parquet(rows), len(rows))
        for (symbol, year), rows in ordered.groupby(["symbol", ordered["date"].dt.year])
    }


def _parquet(rows: pd.DataFrame) -> bytes:
    """`rows` as one Parquet file."""
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(rows[SCHEMA.names], schema=SCHEMA, preserve_index=False), target)
    return target.getvalue()


def _version(files: dict[str, bytes]) -> str:
    """A name that stands for exactly these paths and contents."""
    digest = hashlib.sha256()
    for path, body in sorted(files.items()):
        digest.update(f"{path} {hashlib.sha256(body).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _json(value: Report | Manifest) -> bytes:
    """`value` as an object of the bucket."""
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"
