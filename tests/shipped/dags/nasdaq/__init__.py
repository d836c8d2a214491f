"""Monthly stock prices of five NASDAQ companies: read, validated, kept as Parquet.

Nothing here imports Airflow: the modules run in the pipeline's own environment, made from
`docker/pipeline-requirements.lock`. This one, and `report`, need the standard library only, so that the DAG
file can import them too.

In the data bucket:

    nasdaq/manifest.json                       names the version to read; always written last
    nasdaq/versions/<version>/symbol=AAPL/year=2004/prices.parquet
    nasdaq/versions/<version>/report.json      what was validated, and how
    nasdaq/versions/<version>/report.html      the same for a browser

`<version>` is made of the files' own content. So equal data meets equal keys, a repeated run changes nothing,
and what an interrupted run left is in no manifest until the retry completes it.
"""

from typing import TypedDict

PACKAGED_URI = "vega_datasets:stocks"
"""The prices that ship in the package vega_datasets: 560 rows, January 2000 to March 2010."""

PREFIX = "nasdaq"
"""Where in the data bucket this pipeline writes."""


class Check(TypedDict):
    """One expectation and how the prices met it."""

    expectation: str
    """Great Expectations' name, such as `expect_column_values_to_not_be_null`."""
    target: str
    """The columns it looks at, or "table"."""
    success: bool
    detail: str
    """What was seen, in one line."""


class Report(TypedDict):
    """What was validated; small, it travels through XCom."""

    source_uri: str
    sha256: str
    """Of the source's bytes: only these bytes may be written."""
    rows: int
    great_expectations: str
    """The version that validated."""
    checks: list[Check]


class File(TypedDict):
    """One Parquet file of a manifest."""

    key: str
    rows: int
    bytes: int


class Manifest(TypedDict):
    """The content of nasdaq/manifest.json."""

    version: str
    prefix: str
    report: str
    source_uri: str
    rows: int
    run_id: str
    files: list[File]
