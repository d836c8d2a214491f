"""`airflow-ecs comment`: keeps one comment per stack on a pull request.

https://docs.github.com/en/rest/issues/comments
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import requests

TIMEOUT_SECONDS: Final = 30
AUTHOR: Final = "github-actions[bot]"
"""Whose comments are looked at: anybody may write the mark into one of their own."""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    command = commands.add_parser(
        "comment", help="post a report as the stack's one comment on a pull request"
    )
    command.add_argument("report", type=Path, help="file with Markdown")
    command.add_argument("--pull-request", type=int, required=True, metavar="NUMBER")
    command.set_defaults(action=comment)


def comment(chosen: argparse.Namespace) -> None:
    """Post the comment, or update the existing one.

    Raises:
        SystemExit: no report, no token, or GitHub refuses.
    """
    try:
        address, token = os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_TOKEN"]
    except KeyError as missing:
        sys.exit(f"comment needs {missing.args[0]} in its environment, as GitHub workflows set it")
    if not chosen.report.is_file():
        sys.exit(
            f"comment needs a report; {chosen.report} does not exist. Write one: airflow-ecs preview --out"
        )
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    repository = GitHub(f"{api}/repos/{address}/", token)
    mark = f"<!-- airflow-ecs {chosen.stack} -->"
    text = {"body": f"{mark}\n{chosen.report.read_text()}"}
    try:
        for one in repository.list(f"issues/{chosen.pull_request}/comments"):
            if one["body"].startswith(mark) and one["user"]["login"] == AUTHOR:
                repository.send("PATCH", f"issues/comments/{one['id']}", text)
                return
        repository.send("POST", f"issues/{chosen.pull_request}/comments", text)
    except requests.RequestException as error:
        sys.exit(f"comment on pull request {chosen.pull_request}: GitHub refused: {error}")


class GitHub:
    """A repository in GitHub's API."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/vnd.github+json"
        self._session.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Ask for something.

        Raises:
            requests.RequestException: no answer, or a refusal.
        """
        url = urljoin(self._address, path)
        answer = self._session.request(method, url, json=body, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer

    def list(self, path: str) -> Iterator[Any]:
        """Give all of a list, page by page."""
        following: str | None = f"{path}?per_page=100"
        while following:
            answer = self.send("GET", following)
            yield from answer.json()
            following = answer.links.get("next", {}).get("url")
