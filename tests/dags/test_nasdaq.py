"""The pipeline's own modules, in their own interpreter: what is written, and when nothing is."""

import csv
import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nasdaq import Check, Report, report
from tests.dags import samples
from tests.dags.storage import Storage
from tests.helpers.checkout import SHIPPED

Case = dict[str, Any]


@pytest.fixture(scope="module")
def drive(pipeline_python: Path, storage: Storage) -> Callable[..., list[Case]]:
    """Runs cases, one after the other, in one process."""

    def drive(*cases: Case) -> list[Case]:
        environment = {**os.environ, **storage.environment, "PYTHONPATH": str(SHIPPED / "dags")}
        driver = Path(__file__).with_name("drive.py")
        done = subprocess.run(
            [pipeline_python, driver],
            input=json.dumps(cases),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return drive


@pytest.fixture(scope="module")
def packaged(pipeline_python: Path) -> str:
    """The CSV text of the packaged prices."""
    return samples.packaged(pipeline_python)


@pytest.fixture(scope="module")
def good(drive: Callable[..., list[Case]], storage: Storage) -> list[Case]:
    """The packaged prices, run twice."""
    bucket = storage.make_bucket("good")
    return drive(*({"source_uri": "vega_datasets:stocks", "bucket": bucket, "run": run} for run in "ab"))


@pytest.fixture(scope="module")
def refused(drive: Callable[..., list[Case]], storage: Storage, packaged: str) -> dict[str, Case]:
    """Every kind of bad row, each with a bucket of its own."""
    sources = storage.make_bucket("sources")
    strings = {kind: samples.faulty(packaged, row) for kind, (row, _) in samples.ERRORS.items()}
    strings["truncated"] = "".join(packaged.splitlines(keepends=True)[:500])
    strings["missing-column"] = packaged.replace("symbol,date,price", "symbol,date,close")
    cases = [
        {
            "source_uri": storage.put(sources, f"{kind}.csv", text),
            "bucket": storage.make_bucket(kind),
            "run": "a",
        }
        for kind, text in strings.items()
    ]
    return dict(zip(strings, drive(*cases), strict=True))


def test_every_price_arrives_and_no_other(good: list[Case], packaged: str) -> None:
    """Row by row what a Parquet reader finds equals the source."""
    source = [
        [row["symbol"], _date(row["date"]).year, _date(row["date"]).date().isoformat(), float(row["price"])]
        for row in csv.DictReader(packaged.splitlines())
    ]
    assert len(source) == 560
    assert sorted(good[0]["rows"]) == sorted(source)


def test_each_partition_holds_as_many_rows_as_the_source(good: list[Case], packaged: str) -> None:
    """The manifest's files, by symbol and year."""
    rows = csv.DictReader(packaged.splitlines())
    expected = Counter(f"symbol={row['symbol']}/year={_date(row['date']).year}" for row in rows)
    manifest = good[0]["manifest"]
    found = {
        file["key"].removeprefix(manifest["prefix"]).removesuffix("/prices.parquet"): file["rows"]
        for file in manifest["files"]
    }
    assert found == expected
    assert manifest["rows"] == 560


def test_the_bucket_holds_what_the_manifest_names_and_nothing_else(
    good: list[Case], storage: Storage
) -> None:
    """Two runs of equal prices leave one version; the manifest is the later run's."""
    first, second = (case["manifest"] for case in good)
    assert first["version"] == second["version"]
    manifest = json.load(storage.client.get_object(Bucket="good", Key="nasdaq/manifest.json")["Body"])
    assert manifest == second
    assert manifest["run_id"] == "b"
    reports = [f"{manifest['prefix']}report.{kind}" for kind in ("html", "json")]
    keys = [file["key"] for file in manifest["files"]]
    assert storage.keys("good") == sorted(["nasdaq/manifest.json", *reports, *keys])


def test_the_report_lists_the_expectations_that_were_met(good: list[Case], storage: Storage) -> None:
    """In JSON for programs, and as a page."""
    prefix = good[0]["manifest"]["prefix"]
    kept = json.load(storage.client.get_object(Bucket="good", Key=f"{prefix}report.json")["Body"])
    assert kept == good[1]["report"]
    assert len(kept["checks"]) == 8
    assert all(check["success"] for check in kept["checks"])
    page = storage.client.get_object(Bucket="good", Key=f"{prefix}report.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    text = page["Body"].read().decode()
    assert "all expectations met" in text
    assert all(check["expectation"] in text for check in kept["checks"])


@pytest.mark.parametrize("kind", samples.ERRORS)
def test_a_bad_row_is_refused_by_name_and_nothing_is_written(
    kind: str, refused: dict[str, Case], storage: Storage
) -> None:
    """Exactly the expectation that the row breaks, and an empty bucket."""
    case = refused[kind]
    assert _broken(case) == samples.ERRORS[kind][1]
    assert all(name in case["error"] for name in samples.ERRORS[kind][1])
    assert "1 of 8 expectations broken" in case["error"]
    assert storage.keys(kind) == []


def test_a_truncated_source_is_refused(refused: dict[str, Case], storage: Storage) -> None:
    """Fewer rows than the history had: cut off on its way."""
    assert _broken(refused["truncated"]) == {f"{samples.ROW_COUNT} (table)"}
    assert "observed 499" in refused["truncated"]["error"]
    assert storage.keys("truncated") == []


def test_a_renamed_column_is_refused(refused: dict[str, Case], storage: Storage) -> None:
    """The columns are named first, then what could not be checked without them."""
    broken = _broken(refused["missing-column"])
    assert broken == {
        f"{samples.COLUMNS} (symbol, date, price)",
        f"{samples.NOT_NULL} (price)",
        f"{samples.BETWEEN} (price)",
    }
    assert 'The column "price" in BatchData does not exist' in refused["missing-column"]["error"]
    assert storage.keys("missing-column") == []


def test_an_interrupted_write_shows_nothing_until_its_retry(
    drive: Callable[..., list[Case]], good: list[Case], storage: Storage
) -> None:
    """Without the manifest there is no version; the retry completes the same one."""
    bucket = storage.make_bucket("interrupted")
    case = {"source_uri": "vega_datasets:stocks", "bucket": bucket, "run": "a"}
    broken, retried = drive({**case, "break_after": 52}, case)
    assert broken["error"] == "OSError: the connection broke"
    assert len(broken["keys"]) == 52
    assert "nasdaq/manifest.json" not in broken["keys"]
    assert retried["manifest"]["version"] == good[0]["manifest"]["version"]
    assert storage.keys(bucket) == storage.keys("good")


def test_what_was_not_validated_is_not_written(
    drive: Callable[..., list[Case]], storage: Storage, packaged: str
) -> None:
    """A source that changes between the tasks; one that is no source; one that is not there; no bucket."""
    bucket = storage.make_bucket("unvalidated")
    changing = storage.put(storage.make_bucket("changing"), "prices.csv", packaged)
    changed, unknown, absent, homeless = drive(
        {"source_uri": changing, "bucket": bucket, "run": "a", "change": packaged.replace("39.81", "39.82")},
        {"source_uri": "ftp://example.com/prices.csv", "bucket": bucket, "run": "a"},
        {"source_uri": "s3://changing/absent.csv", "bucket": bucket, "run": "a"},
        {"source_uri": "vega_datasets:stocks", "bucket": "", "run": "a"},
    )
    assert changed["error"].startswith(f"ValueError: {changing} changed after its validation")
    assert unknown["error"].startswith("ValueError: source_uri must be vega_datasets:stocks or s3://")
    assert absent["error"].startswith("OSError: s3://changing/absent.csv cannot be read (")
    assert homeless["error"].startswith("RuntimeError: AIRFLOW_ECS_DATA_BUCKET is not set")
    assert storage.keys(bucket) == []


def test_the_page_shows_a_hostile_source_as_text() -> None:
    """What comes from outside is escaped."""
    check = Check(expectation="expect_x", target="price", success=False, detail="such as <script>")
    made = report.page(
        Report(source_uri="s3://b/<b>.csv", sha256="0" * 64, rows=1, great_expectations="1", checks=[check])
    )
    assert "<script>" not in made
    assert "s3://b/&lt;b&gt;.csv" in made
    assert "1 expectations broken" in made


def _broken(case: Case) -> set[str]:
    """The broken expectations of a case, with what they look at."""
    return {
        f"{check['expectation']} ({check['target']})"
        for check in case["report"]["checks"]
        if not check["success"]
    }


def _date(text: str) -> datetime:
    """A date as vega_datasets writes it."""
    return datetime.strptime(text, "%b %d %Y")  # noqa: DTZ007 (a day, no moment)
