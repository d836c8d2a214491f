"""What `up` does with the DAGs' versions, on moto's S3: never a silent rollback of a push."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from components.base.dag_versions import DagVersions
from components.data.dag_archive import DagArchiveProvider
from components.data.dag_pointer import DagPointerProvider, UnknownDagsError
from components.model.aws.aws_access import AwsAccess
from components.model.dag_sources.dag_archive import DagArchiveError, archive_of
from tests.helpers.dag_buckets import current_version, mocked_dag_bucket

ACCESS = AwsAccess().to(DEFAULT_ACCOUNT_ID, "us-east-1")


class Stack:
    """A checkout, and what its stack's two resources know."""

    def __init__(self, project: Path, versions: DagVersions) -> None:
        self.project, self.versions = project, versions
        self._state: dict[str, Any] = {}

    def write(self, text: str) -> str:
        """Change the DAGs; the name of their version."""
        (self.project / "dags").mkdir(exist_ok=True)
        (self.project / "dags/a.py").write_text(text)
        return archive_of(self.project).version

    def push(self, text: str) -> str:
        """Push other DAGs, as somebody else does."""
        mine = (self.project / "dags/a.py").read_text()
        version = self.write(text)
        self.versions.add(archive_of(self.project))
        self.versions.move(version, self.versions.current())
        self.write(mine)
        return version

    def up(self) -> bool:
        """Do what the engine does: create, or compare and update; whether anything was to do."""
        wanted = {
            "bucket": "dags",
            "version": archive_of(self.project).version,
            "project": str(self.project),
            "access": ACCESS,
        }
        providers = (DagArchiveProvider(), DagPointerProvider())
        if not self._state:
            for provider in providers:
                provider.create(wanted)
        elif any(provider.diff("", self._state, wanted).changes for provider in providers):
            for provider in providers:
                provider.update("", self._state, wanted)
        else:
            return False
        self._state = wanted
        return True

    @property
    def current(self) -> str:
        """The version that the pointer names."""
        return current_version(self.versions)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that was never brought up."""
    with mocked_dag_bucket("dags", monkeypatch) as client:
        yield Stack(tmp_path, DagVersions(client, "dags", "arn:aws:iam::1:user/author"))


def test_up_moves_to_what_is_checked_out_and_back(stack: Stack) -> None:
    """A revert is a change like others; without a change nothing is done."""
    first = stack.write("one")
    assert stack.up()
    assert stack.current == first
    assert not stack.up()
    second = stack.write("two")
    assert stack.up()
    assert stack.current == second
    stack.write("one")
    assert stack.up()
    assert stack.current == first
    assert stack.versions.has(second)


def test_the_first_version_is_current_before_anything_runs(stack: Stack) -> None:
    """So that no DAG processor starts without DAGs; a later one waits for the services."""
    first = stack.write("one")
    props = {"bucket": "dags", "version": first, "project": str(stack.project), "access": ACCESS}
    DagArchiveProvider().create(props)
    assert stack.current == first
    second = stack.write("two")
    DagArchiveProvider().update("", props, props | {"version": second})
    assert stack.current == first
    assert stack.versions.has(second)


def test_a_push_stays_until_the_dags_change(stack: Stack) -> None:
    """Also where the push is what is checked out by then."""
    stack.write("one")
    stack.up()
    pushed = stack.push("two")
    assert not stack.up()
    assert stack.current == pushed
    stack.write("two")
    assert stack.up()
    assert stack.current == pushed


def test_a_push_that_is_not_checked_out_is_not_rolled_back(stack: Stack) -> None:
    """In one line that names it and the way out; a push of what is here is that way."""
    stack.write("one")
    stack.up()
    pushed = stack.push("two")
    mine = stack.write("three")
    with pytest.raises(UnknownDagsError) as caught:
        stack.up()
    assert stack.current == pushed
    message = str(caught.value)
    assert "\n" not in message
    assert f"names version {pushed[:12]}" in message
    assert "by arn:aws:iam::1:user/author" in message
    assert "`airflow-ecs dags pull`" in message
    stack.push("three")
    assert stack.up()
    assert stack.current == mine


def test_a_refresh_sees_an_archive_that_is_gone_and_takes_over_no_push(stack: Stack) -> None:
    """Else the next `up` would take the pushed version for its own, and roll it back."""
    first = stack.write("one")
    stack.up()
    stack.push("two")
    props = {"bucket": "dags", "version": first, "project": str(stack.project), "access": ACCESS}
    assert DagArchiveProvider().read(first, props).outs == props
    assert DagArchiveProvider().read("", props | {"version": "9" * 64}).id is None
    assert "read" not in vars(DagPointerProvider)


def test_dags_that_change_while_up_runs_are_not_uploaded_under_another_name(stack: Stack) -> None:
    """What the preview has shown is what is deployed, or nothing."""
    first = stack.write("one")
    stack.write("two")
    props = {"bucket": "dags", "version": first, "project": str(stack.project), "access": ACCESS}
    with pytest.raises(DagArchiveError, match="Run it again"):
        DagArchiveProvider().create(props)
    assert not stack.versions.has(first)
