"""Lists in pages."""

import pytest

from embedded_aws.account.pages import page


def test_pages_hold_everything_once() -> None:
    """The last one has no token."""
    first, token = page("abcde", None, 2)
    second, token = page("abcde", token, 2)
    third, token = page("abcde", token, 2)
    assert (first, second, third, token) == ("ab", "cd", "e", "")


def test_a_list_that_became_shorter_ends() -> None:
    """What was deleted meanwhile makes the token of a page no wrong one."""
    _, token = page("abcde", None, 4)
    assert page("abc", token, 4) == ("", "")


@pytest.mark.parametrize("token", ["x", "2", "2.x"])
def test_a_token_that_was_not_given_out_is_refused(token: str) -> None:
    """A number is none either."""
    with pytest.raises(ValueError, match="not given out"):
        page("abcde", token, 2)
