"""The prices as a table: columns symbol, date (first of the month) and price (USD)."""

import io

import pandas as pd
from vega_datasets import local_data

from nasdaq import PACKAGED_URI, bucket

DATE_FORMATS = ("%b %d %Y", "%Y-%m-%d")
"""As vega_datasets writes a date, and ISO 8601."""


def read(source_uri: str) -> bytes:
    """The source's CSV text: of the packaged prices, or of an object `s3://bucket/key`.

    Raises:
        ValueError: `source_uri` is neither.
        OSError: the object cannot be read.
    """
    if source_uri == PACKAGED_URI:
        return local_data.stocks.raw()
    if source_uri.startswith("s3://"):
        return bucket.get(source_uri)
    raise ValueError(f"source_uri must be {PACKAGED_URI} or s3://bucket/key.csv; got {source_uri}.")


def parse(text: bytes) -> pd.DataFrame:
    """The table in `text`, one row a row, for the expectations to check.

    What is no date or no number becomes a missing value, and missing columns stay missing: nothing is dropped
    or repaired here.

    Raises:
        pandas.errors.ParserError: `text` is no CSV.
    """
    table = pd.read_csv(io.BytesIO(text), dtype=str)
    if "date" in table:
        parsed = [pd.to_datetime(table["date"], format=form, errors="coerce") for form in DATE_FORMATS]
        table["date"] = parsed[0].fillna(parsed[1])
    if "price" in table:
        table["price"] = pd.to_numeric(table["price"], errors="coerce")
    return table
