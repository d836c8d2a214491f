"""`airflow-ecs comment` against a server that answers as GitHub's API does."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from threading import Thread
from typing import Any, ClassVar

import pytest

from tests.cli.command import airflow_ecs

BOT, SOMEBODY = "github-actions[bot]", "mallory"
TOKEN = "planted-token"


class Issue(BaseHTTPRequestHandler):
    """One pull request, number 7, whose comments come one a page."""

    comments: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        """List a page of comments, with a link to the next."""
        path, _, query = self.path.partition("?")
        page = int(dict(pair.split("=") for pair in query.split("&")).get("page", "1"))
        link = f'<http://{self.headers["Host"]}{path}?per_page=100&page={page + 1}>; rel="next"'
        self._answer(self.comments[page - 1 : page], link if page < len(self.comments) else "")

    def do_POST(self) -> None:
        """Take a new comment."""
        self.comments.append({"id": len(self.comments), "user": {"login": BOT}, **self._body()})
        self._answer({})

    def do_PATCH(self) -> None:
        """Change a comment."""
        self.comments[int(self.path.rsplit("/", 1)[1])] |= self._body()
        self._answer({})

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: Any, link: str = "") -> None:
        right = (
            self.headers["Authorization"] == f"Bearer {TOKEN}" and "/repos/acme/airflow/issues/" in self.path
        )
        self.send_response(200 if right else 403)
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(json.dumps(body if right else {}).encode())

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002, the base class's name
        """Say nothing."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Serve the API, and give the pull request's comments."""
    Issue.comments.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Issue)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/airflow")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    yield Issue.comments
    server.shutdown()
    server.server_close()


def _comment(folder: Path, stack: str, text: str) -> CompletedProcess[str]:
    report = folder / "report.md"
    report.write_text(text)
    return airflow_ecs("comment", str(report), "--stack", stack, "--pull-request", "7")


def test_each_stack_has_one_comment(api: list[dict[str, Any]], tmp_path: Path) -> None:
    """A second report replaces the first, also behind pages of others' comments."""
    api += [{"id": 0, "user": {"login": SOMEBODY}, "body": "hello"}]
    for stack, text in (("dev", "one"), ("prod", "two"), ("dev", "three")):
        done = _comment(tmp_path, stack, text)
        assert done.returncode == 0, done.stderr
    assert [one["body"] for one in api] == [
        "hello",
        "<!-- airflow-ecs dev -->\nthree",
        "<!-- airflow-ecs prod -->\ntwo",
    ]


def test_a_comment_of_somebody_else_is_left_alone(api: list[dict[str, Any]], tmp_path: Path) -> None:
    """Anybody may write the mark."""
    api += [{"id": 0, "user": {"login": SOMEBODY}, "body": "<!-- airflow-ecs dev -->"}]
    assert _comment(tmp_path, "dev", "mine").returncode == 0
    assert [one["body"] for one in api] == ["<!-- airflow-ecs dev -->", "<!-- airflow-ecs dev -->\nmine"]


def test_a_refusal_is_one_line_without_the_token(
    api: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which pull request, and what GitHub said."""
    monkeypatch.setenv("GITHUB_TOKEN", "another-token")
    done = _comment(tmp_path, "dev", "text")
    assert done.returncode == 2
    assert "comment on pull request 7: GitHub refused: 403" in done.stderr
    assert "another-token" not in done.stderr
    assert api == []


def test_a_missing_token_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every shell is a workflow's."""
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/airflow")
    done = _comment(tmp_path, "dev", "text")
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "comment needs GITHUB_TOKEN in its environment, as GitHub workflows set it",
    )
