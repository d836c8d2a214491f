"""Who GitHub's tokens say that they are, and how `bootstrap` learns it.

A stand-in answers for `gh`: not proved is that GitHub's tokens look as its documentation says.
"""

import os
from pathlib import Path

import pytest

from cli.errors import UsageError
from cli.github_repository import Repository, find
from tests.cli.command import airflow_ecs

PRINTS_THEM = """gh api repos/acme/airflow --jq '"--owner-id \\(.owner.id) --repository-id \\(.id)"'"""


def _gh(folder: Path, script: str, patch: pytest.MonkeyPatch) -> None:
    """Put a `gh` first on the PATH."""
    file = folder / "gh"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_subject_is_that_of_githubs_documentation() -> None:
    """https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims."""
    documented = Repository(name="octo-org/octo-repo", owner_id=123456, repository_id=456789)
    assert documented.subjects("ref:refs/heads/demo-branch") == [
        "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/demo-branch"
    ]


def test_both_forms_are_trusted_while_a_repository_moves() -> None:
    """And only where that is asked for."""
    moving = find("acme/airflow", 1, 2, names_too=True)
    assert moving.subjects("environment:prod") == [
        "repo:acme@1/airflow@2:environment:prod",
        "repo:acme/airflow:environment:prod",
    ]


def test_github_is_asked_for_ids_that_are_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own command line, which is logged in."""
    _gh(tmp_path, 'echo "$@" > "$(dirname "$0")/asked"; echo acme/airflow 11 22', monkeypatch)
    found = find("acme/airflow", None, None, names_too=False)
    assert (found.owner_id, found.repository_id) == (11, 22)
    assert (tmp_path / "asked").read_text().startswith("api repos/acme/airflow --jq ")


def test_a_name_is_spelled_as_github_spells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub finds it in any case, and IAM compares a subject with its case."""
    _gh(tmp_path, "echo Acme/airflow 11 22", monkeypatch)
    with pytest.raises(UsageError, match="GitHub spells it Acme/airflow"):
        find("acme/airflow", None, None, names_too=False)


@pytest.mark.parametrize(
    ("script", "options", "why"),
    [
        ("echo 'HTTP 404: Not Found' >&2; exit 1", (), "`gh` printed: HTTP 404: Not Found"),
        ("exit 0", ("--owner-id", "1"), "--owner-id and --repository-id go together"),
    ],
)
def test_a_run_without_ids_names_the_command_that_prints_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, options: tuple[str, ...], why: str
) -> None:
    """In one line, and before anything is made: there is no account here."""
    _gh(tmp_path, script, monkeypatch)
    words = ["bootstrap", "--stack", "prod", "--repository", "acme/airflow", "--region", "eu-west-1"]
    done = airflow_ecs(*words, *options)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert why in line
    assert line.endswith(PRINTS_THEM)


def test_a_missing_gh_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same line."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="there is no `gh` to ask"):
        find("acme/airflow", None, None, names_too=False)
