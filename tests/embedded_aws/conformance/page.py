"""docs/conformance.md: what the tests hold of AWS's documentation, and what is not modelled."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from cli.markdown import table
from tests.embedded_aws.conformance import errors, services
from tests.embedded_aws.conformance.behaviours import ROOT, Behaviour

PAGE: Final = ROOT / "docs" / "conformance.md"
ONE_BY_ONE: Final = "test_errors.py"
"""Its tests hold one error each, which the tables of errors show."""
HEAD: Final = """\
# Conformance of the embedded account

The embedded account ([`embedded_aws/`](../embedded_aws/README.md)) must refuse what AWS refuses. Each
sentence below paraphrases AWS's documentation, or the source of AWS's provider, and links to it; the
test next to it holds the account to that sentence: {behaviours} behaviours and {retained} errors of the
API reference. Nothing here was compared with AWS itself.

A test becomes part of this page by the marker `conformance`, and is never skipped. `make docs`
generates the page from the markers and from `tests/embedded_aws/conformance/not_modelled.yaml`; a test
compares it with them.
"""
ERRORS: Final = """\
## Errors of the API reference

For each operation that the program, its commands and AWS's provider call: the errors of its reference
page that a test holds (`tests/embedded_aws/account/test_errors.py` and the tests above), and for each
other error the number of the reason why the account does not model it. The reference pages of Amazon
EC2, and most of those of Amazon S3, list no errors of their own; for these two services only what is
held is shown.
"""


def page(behaviours: Sequence[Behaviour]) -> str:
    """Write the page."""
    shown = [one for one in behaviours if ONE_BY_ONE not in one.test or not one.error]
    parts = [
        HEAD.format(behaviours=len(shown), retained=len(errors.retained(behaviours))),
        "## Behaviours",
        *_behaviours(shown),
        "## Behaviours that are not modelled",
        table(
            ("service", "not modelled"),
            ((services.SERVICES[of].title, what) for of, what in errors.behaviours()),
        ),
        ERRORS,
        "\n".join(f"{number}. {rule.why}" for number, rule in enumerate(errors.rules(), 1)),
        *_errors(behaviours),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _behaviours(behaviours: Iterable[Behaviour]) -> Iterator[str]:
    by_service: dict[str, list[Behaviour]] = {name: [] for name in services.SERVICES}
    for one in behaviours:
        by_service[one.service].append(one)
    for name, found in by_service.items():
        if found:
            yield f"### {services.SERVICES[name].title}"
            yield table(("operation", "behaviour", "source", "test"), map(_row, found))


def _row(one: Behaviour) -> tuple[str, str, str, str]:
    file, _, function = one.test.partition("::")
    operation = one.operation.partition(":")[2]
    return operation, one.sentence, f"[{_title(one.source)}]({one.source})", f"[{function}](../{file})"


def _title(source: str) -> str:
    """Name a page by the last part of its address."""
    address, _, anchor = source.partition("#")
    return anchor or Path(address).stem or address


def _errors(behaviours: Iterable[Behaviour]) -> Iterator[str]:
    retained = errors.retained(behaviours)
    listed = dict.fromkeys([*errors.listed(), *sorted(retained)])
    by_operation: dict[str, list[str]] = {one: [] for one in errors.operations()}
    for operation, error in listed:
        by_operation.setdefault(operation, []).append(error)
    for name, service in services.SERVICES.items():
        rows = [
            _errors_of(one, found, retained)
            for one, found in by_operation.items()
            if found and one.startswith(f"{name}:")
        ]
        if rows:
            yield f"### Errors: {service.title}"
            yield table(("operation", "held", "not modelled"), rows)


def _errors_of(operation: str, found: Iterable[str], retained: set[errors.Pair]) -> tuple[str, str, str]:
    name = operation.partition(":")[2]
    held = [f"`{error}`" for error in found if (operation, error) in retained]
    numbers = {rule: number for number, rule in enumerate(errors.rules(), 1)}
    others = [
        f"`{error}` ({numbers[rule]})"
        for error in found
        if (operation, error) not in retained and (rule := errors.reason(operation, error))
    ]
    return f"[{name}]({services.reference(operation)})", ", ".join(held), ", ".join(others)
