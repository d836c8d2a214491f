"""docs/policy.md says what the rules are."""

from cli.pages import policy_page
from policy.exceptions import EXCEPTIONS, WITHOUT_RULE
from policy.rules import ALL


def test_the_page_matches_the_rules() -> None:
    """After a change of a rule: make docs."""
    assert policy_page.PAGE.read_text() == policy_page.page()


def test_nothing_is_missing_from_the_page() -> None:
    """Each rule once, each exception and each check without a rule."""
    text = policy_page.page()
    for rule in ALL:
        assert text.count(f"| `{rule.name}` | {rule.description} |") == 1
    for one in EXCEPTIONS:
        assert f"| `{one.rule}` | {one.reason} |" in text
    assert all(f"| `{check}` |" in text for check in WITHOUT_RULE)
