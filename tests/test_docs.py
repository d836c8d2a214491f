"""The documentation's links and paths lead somewhere, and `make help` lists every target."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for folder in (".", "docs", "docs/preview-reports", "embedded_aws", "tests/shipped/plugins")
    for page in (ROOT / folder).glob("*.md")
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ARCHITECTURE = ROOT / "docs" / "architecture.md"
GROUPED = ("components", "components/model", "embedded_aws")
"""Folders whose subfolders the page on architecture lists one by one."""


def _text(page: Path) -> str:
    """Read a page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """List what a link can point to: GitHub's anchors of the headings."""
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Links within the repository; what other sites answer is not tested."""
    broken: list[str] = []
    for link in LINK.findall(_text(page)):
        path, _, anchor = link.partition("#")
        if re.match(r"https?:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_architecture_lists_the_folders_that_exist() -> None:
    """Each path in its table exists, and no folder of a group is left out."""
    listed = set(re.findall(r"`([\w/]+)/`", ARCHITECTURE.read_text()))
    assert [path for path in sorted(listed) if not (ROOT / path).is_dir()] == []
    tracked = subprocess.run(
        ["git", "ls-files", *GROUPED], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    folders = {parent for name in tracked for parent in [str(Path(name).parent)] if Path(parent).parts}
    missing = [
        folder for folder in sorted(folders) if str(Path(folder).parent) in GROUPED and folder not in listed
    ]
    assert missing == []


def test_make_lists_every_target() -> None:
    """`make` alone prints them; a target without a text would be missing."""
    targets = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    done = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert re.findall(r"^  make ([\w-]+) +\S", done.stdout, re.MULTILINE) == [*targets]
