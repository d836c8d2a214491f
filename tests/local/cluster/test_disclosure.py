"""The search for secrets finds them: else it proves nothing."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.local.cluster.disclosure import disclosed

SECRET = 'p"ss/wörd+with=all&kinds~of$signs'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"postgresql://me:{quote(SECRET, safe='')}@host/name",
        json.dumps({"password": SECRET}),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"a{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"bb{SECRET}b".encode()).decode(),
        SECRET.encode().hex(),
    ],
)
def test_every_writing_is_found(text: str) -> None:
    """In clear, in a URL, in JSON, in base64 at any place, in hex."""
    assert disclosed([SECRET], {"here": f"before {text} behind", "there": "nothing"}) == ["here"]
