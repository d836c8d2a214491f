"""Keeps one comment per stack on a pull request.

https://docs.github.com/en/rest/issues/comments
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import requests

from cli.errors import UsageError

TIMEOUT_SECONDS: Final = 30
AUTHOR: Final = "github-actions[bot]"
"""Whose comments are looked at: anybody may write the mark into one of their own."""


def post(report: Path, stack: str, pull_request: int) -> str:
    """Post the comment, or update the existing one; return its address.

    Raises:
        UsageError: no report, no token, or GitHub refuses.
    """
    try:
        name, token = os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_TOKEN"]
    except KeyError as missing:
        raise UsageError(
            f"comment needs {missing.args[0]} in its environment, as GitHub workflows set it"
        ) from None
    if not report.is_file():
        raise UsageError(
            f"comment needs a report; {report} does not exist. Write one: airflow-ecs preview --out"
        )
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    repository = GitHub(f"{api}/repos/{name}/", token)
    mark = f"<!-- airflow-ecs {stack} -->"
    text = {"body": f"{mark}\n{report.read_text()}"}
    try:
        for one in repository.list(f"issues/{pull_request}/comments"):
            if one["body"].startswith(mark) and one["user"]["login"] == AUTHOR:
                answer = repository.send("PATCH", f"issues/comments/{one['id']}", text)
                break
        else:
            answer = repository.send("POST", f"issues/{pull_request}/comments", text)
    except requests.RequestException as error:
        raise UsageError(f"comment on pull request {pull_request}: GitHub refused: {error}") from None
    return answer.json().get("html_url", "")


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
