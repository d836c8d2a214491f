"""docs/monitoring.md has every alarm."""

from cli.pages import monitoring_page
from components.model.monitoring.alarms import alarms
from components.model.workload.workload import workload


def test_the_page_matches_the_table() -> None:
    """After a change of an alarm: make docs."""
    assert monitoring_page.PAGE.read_text() == monitoring_page.page()


def test_nothing_is_missing_from_the_page() -> None:
    """Each alarm once, with what to do."""
    text = monitoring_page.page()
    for alarm in alarms(workload(monitoring_page.WHOLE)):
        assert text.count(f"| `{alarm.name}` |") == 1
        assert f"| {alarm.meaning} | {alarm.remedy} |" in text
