"""What the prices must hold before anything is written, in the words of Great Expectations.

https://docs.greatexpectations.io/docs/core/introduction/
"""

import hashlib
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.data_context.types.base import ProgressBarsConfig

from nasdaq import Check, Report, prices

COLUMNS = ("symbol", "date", "price")
SYMBOLS = ("AAPL", "AMZN", "GOOG", "IBM", "MSFT")

ROWS_MIN = 560
"""The history only grows: a shorter one was cut off on its way."""

PRICE_MAX_USD = 100_000
"""Far above any of them; catches infinity, and cents taken for dollars."""

EXAMPLES = 3
"""So many of the offending values are shown."""


def suite() -> gx.ExpectationSuite:
    """The expectations, in the order of the report."""
    return gx.ExpectationSuite(
        name="nasdaq prices",
        expectations=[
            gxe.ExpectTableColumnsToMatchOrderedList(column_list=list(COLUMNS)),
            gxe.ExpectTableRowCountToBeBetween(min_value=ROWS_MIN),
            *(gxe.ExpectColumnValuesToNotBeNull(column=column) for column in COLUMNS),
            gxe.ExpectColumnValuesToBeInSet(column="symbol", value_set=list(SYMBOLS)),
            gxe.ExpectColumnValuesToBeBetween(
                column="price", min_value=0, max_value=PRICE_MAX_USD, strict_min=True
            ),
            gxe.ExpectCompoundColumnsToBeUnique(column_list=["symbol", "date"]),
        ],
    )


def validate(source_uri: str) -> Report:
    """Read the source and hold every expectation against it; a failed one is in the report, not raised.

    Raises:
        ValueError, OSError, pandas.errors.ParserError: the source cannot be read as a table.
    """
    text = prices.read(source_uri)
    table = prices.parse(text)
    # Ephemeral: no folder, no store and no usage statistics; all that it learns is in the result.
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("nasdaq").add_dataframe_asset("prices")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
    wanted = suite()
    order = [expectation.expectation_type for expectation in wanted.expectations]
    results = [_check(result.to_json_dict()) for result in batch.validate(wanted).results]
    return Report(
        source_uri=source_uri,
        sha256=hashlib.sha256(text).hexdigest(),
        rows=len(table),
        great_expectations=gx.__version__,
        checks=sorted(results, key=lambda check: order.index(check["expectation"])),
    )


def _check(result: dict[str, Any]) -> Check:
    """Great Expectations' verdict on one expectation, in four words of ours."""
    config = result["expectation_config"]
    arguments = config["kwargs"]
    columns = [arguments["column"]] if "column" in arguments else arguments.get("column_list", [])
    return Check(
        expectation=config["type"],
        target=", ".join(columns) or "table",
        success=result["success"],
        detail=_detail(result["result"], result["exception_info"]),
    )


def _detail(observed: dict[str, Any], raised: dict[str, Any]) -> str:
    """What was seen: a value, the rows that broke the rule and some of them, or why none could be checked."""
    if "observed_value" in observed:
        return f"observed {observed['observed_value']}"
    if "unexpected_count" in observed:
        examples = [value for value in observed["partial_unexpected_list"] if value is not None][:EXAMPLES]
        rows = f"{observed['unexpected_count']} of {observed['element_count']} rows break it"
        return f"{rows}, such as {', '.join(map(str, examples))}" if examples else rows
    messages = {info["exception_message"] for info in raised.values() if isinstance(info, dict)}
    return "; ".join(sorted(messages)) or str(raised.get("exception_message"))
