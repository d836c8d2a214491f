"""The validation report in words: one line for the task's error, one page for a browser."""

import html
from string import Template

from nasdaq import Check, Report

PAGE = Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>NASDAQ prices: validation</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .5rem; border-bottom: 1px solid #ddd; vertical-align: top; }
  .met { color: #1a7f37; } .broken { color: #b3261e; }
</style>
<h1>NASDAQ prices: $verdict</h1>
<p>$rows rows of <code>$source</code> (SHA-256 <code>$sha256</code>), Great Expectations $version.</p>
<table>
<tr><th>Expectation<th>Columns<th>Verdict<th>Seen
$lines
</table>
</html>
""")

LINE = Template('<tr><td><code>$expectation</code><td>$target<td class="$style">$style<td>$detail')


def broken(report: Report) -> list[Check]:
    """The expectations that were not met."""
    return [check for check in report["checks"] if not check["success"]]


def failure(report: Report) -> str:
    """Why the prices of `report` are refused, in one line; empty when they are not."""
    errors = [f"{check['expectation']} ({check['target']}): {check['detail']}" for check in broken(report)]
    if not errors:
        return ""
    return (
        f"{report['source_uri']}: {len(errors)} of {len(report['checks'])} expectations broken: "
        f"{'; '.join(errors)}. Nothing was written; correct the source and trigger the run again."
    )


def page(report: Report) -> str:
    """The report as one HTML page that needs no other file."""
    errors = broken(report)
    return PAGE.substitute(
        verdict=f"{len(errors)} expectations broken" if errors else "all expectations met",
        rows=report["rows"],
        source=html.escape(report["source_uri"]),
        sha256=report["sha256"][:16],
        version=report["great_expectations"],
        lines="\n".join(map(_line, report["checks"])),
    )


def _line(check: Check) -> str:
    """One row of the page's table."""
    return LINE.substitute(
        expectation=check["expectation"],
        target=html.escape(check["target"]),
        style="met" if check["success"] else "broken",
        detail=html.escape(check["detail"]),
    )
