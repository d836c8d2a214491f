"""References, and what a killed build leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedded_aws import images

if TYPE_CHECKING:
    from tests.embedded_aws.images.conftest import Project

REPOSITORY = "registry.example.com/team/airflow"


def test_an_image_is_found_by_tag_and_by_digest(project: Project) -> None:
    """A tag moves with the next push; a digest stays."""
    first, second = (project.build(f"FROM x\nCMD {number}\n") for number in (1, 2))
    by_digest = images.push(first, f"{REPOSITORY}:v1")
    assert by_digest == f"{REPOSITORY}@{first.digest}"
    assert images.resolve(f"{REPOSITORY}:v1") == images.resolve(by_digest) == first
    images.push(second, f"{REPOSITORY}:v1")
    assert images.resolve(f"{REPOSITORY}:v1") == second
    assert images.resolve(f"{REPOSITORY}:v1@{first.digest}") == images.resolve(by_digest) == first
    images.push(second, f"{REPOSITORY}:latest")
    assert images.resolve(REPOSITORY) == second


@pytest.mark.parametrize(
    "reference", [f"{REPOSITORY}:v2", f"127.0.0.1:5000/airflow@sha256:{'0' * 64}", "localhost/a"]
)
def test_what_was_never_pushed_is_not_found(reference: str) -> None:
    """In the words of a stopped ECS task."""
    with pytest.raises(images.ImageNotFoundError, match=r"^CannotPullContainerError: .*not found$") as error:
        images.resolve(reference)
    assert reference in str(error.value)


def test_another_repository_does_not_have_it(project: Project) -> None:
    """A digest is found where it was pushed only."""
    image = project.build("FROM x\nCMD 1\n")
    images.push(image, f"{REPOSITORY}:v1")
    with pytest.raises(images.ImageNotFoundError):
        images.resolve(f"{REPOSITORY}2@{image.digest}")


@pytest.mark.parametrize(
    "reference", ["", "airflow", "Host.example/UPPER:1", "host.example/a:", "host.example/../a:1", "a b"]
)
def test_malformed_references_are_refused(project: Project, reference: str) -> None:
    """When pushed and when resolved."""
    image = project.build("FROM x\nCMD 1\n")
    with pytest.raises(images.ImageError, match="host/repository:tag"):
        images.push(image, reference)
    with pytest.raises(images.ImageError, match="is not an image reference"):
        images.resolve(reference)


def test_a_push_needs_a_tag(project: Project) -> None:
    """A digest cannot be chosen."""
    with pytest.raises(images.ImageError, match="give host/repository:tag"):
        images.push(project.build("FROM x\nCMD 1\n"), REPOSITORY)


def test_a_killed_build_leaves_no_image_and_the_next_one_cleans_up(project: Project, cache: Path) -> None:
    """SIGKILL in the middle of a RUN: its processes end, the store stays good."""
    place = project.folder.with_name("slow.Dockerfile")
    place.write_text("FROM x\nRUN echo half > /opt/a; sleep 61.5; echo whole > /opt/a\n", encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from embedded_aws import images\n"
        "images.build(context=Path(sys.argv[1]), dockerfile=Path(sys.argv[2]), build_args={}, log=print)"
    )
    root = Path(__file__).parents[3]
    build = subprocess.Popen([sys.executable, "-c", program, str(project.folder), str(place)], cwd=root)
    works = cache / "images" / "work"
    deadline = time.monotonic() + 30
    while not list(works.glob("*/layer/opt/a")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(build.pid, signal.SIGKILL)
    build.wait()
    abandoned = list(works.glob("*/layer"))
    assert len(abandoned) == 1
    while any("sleep\x0061.5" in command for command in _commands()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    place.write_text("FROM x\nRUN echo half > /opt/a; echo whole > /opt/a\n", encoding="utf-8")
    image = images.build(context=project.folder, dockerfile=place, build_args={}, log=print)
    assert (image.root / "opt" / "a").read_text(encoding="utf-8") == "whole\n"
    assert not abandoned[0].exists()


def _commands() -> list[str]:
    found: list[str] = []
    for process in Path("/proc").iterdir():
        try:
            found.append(
                (process / "cmdline").read_text(encoding="utf-8", errors="replace")
                if process.name.isdigit()
                else ""
            )
        except OSError:  # ended meanwhile
            continue
    return found
