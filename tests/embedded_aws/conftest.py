"""What holds for tests that stand for a sentence of AWS's documentation."""

from collections.abc import Generator

import pytest

from tests.embedded_aws.conformance import behaviours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a mark that says nothing, or not of what."""
    for item in items:
        try:
            list(behaviours.of(item))
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test that holds something never be skipped."""
    report = yield
    if report.skipped and item.get_closest_marker(behaviours.MARKER):
        report.outcome = "failed"
        report.longrepr = f"holds {behaviours.MARKER} and was skipped {call.when}: {report.longrepr}"
    return report
