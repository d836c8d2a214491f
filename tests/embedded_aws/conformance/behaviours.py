"""The marker `conformance`: a sentence of AWS's documentation that a test holds.

Run as a module it collects the tests and prints their behaviours as JSON.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from tests.embedded_aws.conformance import services

ROOT: Final = Path(__file__).resolve().parents[3]
TESTS: Final = ("tests/embedded_aws/account", "tests/embedded_aws/engine", "tests/embedded_aws/conformance")
MARKER: Final = "conformance"
SOURCE: Final = re.compile(
    r"https://(docs\.aws\.amazon\.com/|github\.com/(hashicorp/terraform-provider-aws|aws/[\w-]+"
    r"|pulumi/pulumi(-aws|-terraform-bridge)?)/(blob|issues|tree)/)\S+"
)
"""AWS's documentation and own repositories, and the provider's."""
_SENTENCE: Final = re.compile(r"[A-Z`][^|\n]{10,240}\.")


@dataclass(frozen=True, order=True)
class Behaviour:
    """What a test holds, of which operation, and where AWS says so."""

    operation: str
    sentence: str
    source: str
    test: str
    """File and function."""
    error: str = ""
    """The error of the operation's reference page, if it is one."""

    @property
    def service(self) -> str:
        """The part of the operation before the colon."""
        return self.operation.partition(":")[0]


def of(item: pytest.Item) -> Iterator[Behaviour]:
    """Read the marks of a test; the source is the operation's reference page where a mark names none.

    Raises:
        ValueError: a mark has no sentence, no source or no operation.
    """
    test = item.nodeid.partition("[")[0]
    for mark in item.iter_markers(MARKER):
        given = dict(mark.kwargs)
        behaviour = Behaviour(
            operation=given.pop("operation", ""),
            sentence=given.pop("says", ""),
            source=given.pop("source", ""),
            error=given.pop("error", ""),
            test=test,
        )
        behaviour = behaviour if behaviour.source else _of_reference(behaviour)
        wrong = [*mark.args, *given, *_wrong(behaviour)]
        if wrong:
            raise ValueError(f"{item.nodeid}: @pytest.mark.{MARKER} has a wrong {', '.join(map(str, wrong))}")
        yield behaviour


def _of_reference(behaviour: Behaviour) -> Behaviour:
    """Take the page of the operation where a mark names no other."""
    _, _, name = behaviour.operation.partition(":")
    known = behaviour.service in services.SERVICES and name in services.operations(behaviour.service)
    return replace(behaviour, source=services.reference(behaviour.operation)) if known else behaviour


def _wrong(behaviour: Behaviour) -> Iterable[str]:
    service, _, name = behaviour.operation.partition(":")
    if not _SENTENCE.fullmatch(behaviour.sentence):
        yield f"says ({behaviour.sentence!r})"
    if not SOURCE.fullmatch(behaviour.source):
        yield f"source ({behaviour.source!r})"
    if service not in services.SERVICES or not name:
        yield f"operation ({behaviour.operation!r})"
        return
    known = services.operations(service)
    if known and name not in known:
        yield f"operation ({behaviour.operation!r})"
        return
    listed = services.errors(service, name) if known and service not in services.WITHOUT_ERRORS else None
    if behaviour.error and listed is not None and behaviour.error not in listed:
        yield f"error ({behaviour.error!r})"


class Collected:
    """A plugin of pytest that keeps the behaviours of what was collected."""

    def __init__(self) -> None:
        self.behaviours: set[Behaviour] = set()
        self.skipped: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read all marks."""
        for item in session.items:
            found = set(of(item))
            self.behaviours |= found
            if found and any(item.get_closest_marker(name) for name in ("skip", "skipif", "xfail")):
                self.skipped.add(item.nodeid)


def collected() -> list[Behaviour]:
    """Collect the tests in a process of its own, and return what they hold.

    Raises:
        RuntimeError: the tests cannot be collected, or one that holds something is skipped.
    """
    command = [sys.executable, "-m", "tests.embedded_aws.conformance.behaviours"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return [Behaviour(**one) for one in json.loads(done.stdout.splitlines()[-1])]


def main() -> int:
    """Print the behaviours as one line of JSON."""
    plugin = Collected()
    options = ["--collect-only", "-qqq", "-n", "0", "-p", "no:cacheprovider"]
    failed = pytest.main([*options, *TESTS], plugins=[plugin])
    if plugin.skipped:
        sys.stderr.write(f"skipped, and so nothing holds it: {', '.join(sorted(plugin.skipped))}\n")
    sys.stdout.write("\n" + json.dumps([asdict(one) for one in sorted(plugin.behaviours)]) + "\n")
    return failed or int(bool(plugin.skipped))


if __name__ == "__main__":
    sys.exit(main())
