"""The packaged prices, and the same with one error each."""

from pathlib import Path

NOT_NULL = "expect_column_values_to_not_be_null"
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
UNIQUE = "expect_compound_columns_to_be_unique"
ROW_COUNT = "expect_table_row_count_to_be_between"
COLUMNS = "expect_table_columns_to_match_ordered_list"

ERRORS = {
    "negative-price": ("MSFT,Jan 1 2000,-39.81", {f"{BETWEEN} (price)"}),
    "zero-price": ("MSFT,Jan 1 2000,0", {f"{BETWEEN} (price)"}),
    "infinite-price": ("MSFT,Jan 1 2000,inf", {f"{BETWEEN} (price)"}),
    "missing-price": ("MSFT,Jan 1 2000,", {f"{NOT_NULL} (price)"}),
    "worded-price": ("MSFT,Jan 1 2000,forty", {f"{NOT_NULL} (price)"}),
    "missing-date": ("MSFT,,39.81", {f"{NOT_NULL} (date)"}),
    "impossible-date": ("MSFT,Feb 30 2000,39.81", {f"{NOT_NULL} (date)"}),
    "unknown-symbol": ("TSLA,Jan 1 2000,39.81", {f"{IN_SET} (symbol)"}),
    "missing-symbol": (",Jan 1 2000,39.81", {f"{NOT_NULL} (symbol)"}),
    "duplicate": ("MSFT,Feb 1 2000,36.35", {f"{UNIQUE} (symbol, date)"}),
}
"""The first price as it must not be, and what must refuse it, by kind of error."""


def packaged(pipeline_python: Path) -> str:
    """The CSV text that ships in vega_datasets."""
    (found,) = pipeline_python.parents[1].glob("lib/python3*/site-packages/vega_datasets/_data/stocks.csv")
    return found.read_text()


def faulty(packaged: str, first_row: str) -> str:
    """`packaged` with another first row."""
    header, _, *rows = packaged.splitlines()
    return "\n".join([header, first_row, *rows]) + "\n"
