"""`docker run` of an image that was built here, in bubblewrap."""

import subprocess
import sys
from pathlib import Path

import pytest

from embedded_aws import images
from tests.embedded_aws.images.conftest import Project

DOCKERFILE = """
FROM python
ENV GREETING=hello PATH=/opt/bin:/usr/bin:/bin
RUN mkdir -p /opt/bin /opt/data && echo built > /opt/file
VOLUME ["/opt/data", "/tmp"]
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo $GREETING; cat /opt/file"]
"""


@pytest.fixture
def image(project: Project) -> str:
    """An image by the name that it has on this machine."""
    images.tag(project.build(DOCKERFILE), "acme/thing")
    return "acme/thing"


def docker(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "embedded_aws.images", "run", "--rm", "--read-only"]
    return subprocess.run([*command, *words], check=False, capture_output=True, text=True)


def test_an_image_runs_its_own_command(image: str) -> None:
    """Its entrypoint and command, with its variables."""
    done = docker(image)
    assert (done.returncode, done.stdout) == (0, "hello\nbuilt\n"), done.stderr


def test_the_caller_gives_what_else(image: str, tmp_path: Path) -> None:
    """Another program, arguments, variables, user and folder, and a folder of this machine."""
    (tmp_path / "a").write_text("mine")
    words = ["--entrypoint", "/bin/sh", "--env", "GREETING=bye", "--user", "7:0", "--workdir", "/here"]
    script = 'pwd; id -u; echo $GREETING; cat a; exit "$1"'
    done = docker(*words, "--volume", f"{tmp_path}:/here:ro", image, "-c", script, "sh", "3")
    assert (done.returncode, done.stdout) == (3, "/here\n7\nbye\nmine"), done.stderr


@pytest.mark.parametrize("place", ["/opt/file", "/opt/new", "/here/a", "/usr/new"])
def test_nothing_can_be_written(image: str, tmp_path: Path, place: str) -> None:
    """Neither the image, nor what is mounted read-only; docker's own words are not repeated."""
    (tmp_path / "a").write_text("mine")
    done = docker("--volume", f"{tmp_path}:/here:ro", image, f"echo x > {place}")
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr
    assert (tmp_path / "a").read_text() == "mine"


def test_volumes_of_the_image_are_writable_and_gone_afterwards(image: str) -> None:
    """As those of Docker that have no name, with --rm."""
    assert docker(image, "echo x > /opt/data/x && echo y > /tmp/y").returncode == 0
    assert docker(image, "ls /opt/data; ls /tmp | wc -l").stdout.split() == ["0"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["acme/other"], "Unable to find image 'acme/other' locally"),
        (["--volume", "/nowhere:/here", "acme/thing"], "/nowhere does not exist"),
        (["--volume", "named:/here", "acme/thing"], "'named:/here' must be /here:/there or /here:/there:ro"),
        (["--user", "nobody-here", "acme/thing"], "nobody-here"),
    ],
)
def test_what_cannot_be_run_is_refused(image: str, words: list[str], error: str) -> None:
    """In one line, with Docker's exit code for its own errors."""
    assert image
    done = docker(*words)
    assert (done.returncode, done.stderr.count("\n")) == (125, 1)
    assert error in done.stderr


def test_what_it_does_not_know_is_refused(image: str) -> None:
    """A root that can be written to would be another one than Docker's."""
    command = [sys.executable, "-m", "embedded_aws.images", "run", image]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--rm, --read-only" in done.stderr
