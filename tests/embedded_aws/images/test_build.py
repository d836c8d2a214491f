"""Dockerfiles are really executed: in bubblewrap, with layers kept by content."""

from __future__ import annotations

import os
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from embedded_aws import images, sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded_aws.images.conftest import Project

TWO_STAGES = """\
FROM x AS build
RUN mkdir -p /opt/out/bin && echo built > /opt/out/bin/tool && chmod 0750 /opt/out/bin/tool
RUN echo junk > /opt/junk
FROM x
COPY --from=build /opt/out /opt/tool
RUN cat /opt/tool/bin/tool > /opt/seen
COPY settings.txt /opt/
COPY app /opt/app
"""


def files(image: images.Image) -> dict[str, str]:
    """Return the contents of an image's files by path."""
    found = [path for path in (image.root / "opt").rglob("*") if path.is_file()]
    return {str(path.relative_to(image.root)): path.read_text(encoding="utf-8") for path in found}


def test_stages(project: Project) -> None:
    """Only what is copied from a stage comes along, with its mode; ``target`` ends at a stage."""
    project.write(settings_txt="s", app__main_py="1")
    image = project.build(TWO_STAGES)
    assert files(image) == {
        "opt/tool/bin/tool": "built\n",
        "opt/seen": "built\n",
        "opt/settings.txt": "s",
        "opt/app/main.py": "1",
    }
    assert stat.S_IMODE((image.root / "opt/tool/bin/tool").stat().st_mode) == 0o750
    assert "opt/junk" in files(project.build(TWO_STAGES, target="build"))
    with pytest.raises(images.DockerfileError, match="stage 'nope' does not exist; the stages are build, 1"):
        project.build(TWO_STAGES, target="nope")


def test_an_unchanged_project_builds_nothing_and_a_changed_copy_only_its_row(project: Project) -> None:
    """Steps before the change are taken from the store."""
    project.write(settings_txt="s", app__main_py="1")
    first = project.build(TWO_STAGES)
    assert [line.split()[0] for line in project.done()] == ["RUN", "RUN", "COPY", "RUN", "COPY", "COPY"]
    again = project.build(TWO_STAGES)
    assert (again.root, again.config) == (first.root, first.config)
    assert project.lines == []
    assert again.digest != first.digest, "as with Docker, the time of a build is part of an image"
    project.write(app__main_py="2")
    second = project.build(TWO_STAGES)
    assert project.done() == ["COPY settings.txt /opt/", "COPY app /opt/app"]
    assert second.digest != first.digest
    assert (files(first)["opt/app/main.py"], files(second)["opt/app/main.py"]) == ("1", "2")


def test_a_command_cannot_change_the_image_it_started_from(project: Project) -> None:
    """Layers share files by hard links only where nothing can write to them."""
    base = "FROM x\nRUN echo one > /opt/a\nCOPY b.txt /opt/\n"
    project.write(b_txt="b")
    before = project.build(base)
    after = project.build(f"{base}RUN echo two >> /opt/a && echo c >> /opt/b.txt && rm -f /opt/none\n")
    assert files(before) == {"opt/a": "one\n", "opt/b.txt": "b"}
    assert files(after) == {"opt/a": "one\ntwo\n", "opt/b.txt": "bc\n"}
    project.write(b_txt="changed")
    assert files(project.build(f"{base}COPY b.txt /opt/a\n"))["opt/a"] == "changed"
    assert files(before) == {"opt/a": "one\n", "opt/b.txt": "b"}


def test_the_environment_of_a_command_is_the_dockerfile_s(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENV and ARG, and how the host reaches the network; nothing else of the host."""
    monkeypatch.setenv("SOME_SECRET", "do-not-leak")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    image = project.build(
        "FROM x\nARG A=1\nENV B=$A LONG='x y'\nRUN env > /opt/env; id -u >> /opt/env\n", A="2"
    )
    lines = files(image)["opt/env"].splitlines()
    assert {
        "A=2",
        "B=2",
        "LONG=x y",
        "LANG=C.UTF-8",
        "HOME=/root",
        "PIP_INDEX_URL=https://index.example/simple",
        "0",
    } <= {*lines}
    assert "do-not-leak" not in files(image)["opt/env"]


def test_certificates_and_proxies_of_the_host_reach_a_command(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate file in a place that containers do not see is shown to them; a device is left alone."""
    (tmp_path / "ca.pem").write_text("certificate", encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    command = 'cat "$REQUESTS_CA_BUNDLE" > /opt/seen; echo $https_proxy >> /opt/seen; echo gone > /dev/null'
    image = project.build(f"FROM x\nRUN {command}\n", https_proxy="http://proxy.example")
    assert files(image) == {"opt/seen": "certificatehttp://proxy.example\n"}
    assert not any("ignored" in line for line in project.lines)


def test_a_machine_without_containers_fails_at_the_first_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an error of the image, with the line and the remedy; images without RUN are built all the same."""

    def missing() -> str:
        raise sandbox.SandboxError("bwrap is not on PATH")

    monkeypatch.setattr(sandbox, "require", missing)
    project.write(a_txt="a")
    assert files(project.build("FROM x\nCOPY a.txt /opt/\n")) == {"opt/a.txt": "a"}
    with pytest.raises(images.DockerfileError, match=":2: RUN: bwrap is not on PATH"):
        project.build("FROM x\nRUN true\n")


def test_an_undeclared_build_argument_is_logged(project: Project) -> None:
    """It is probably misspelt."""
    project.build("FROM x\nARG GOOD\n", GOOD="1", GOD="2")
    assert project.lines == ["build arguments that no ARG declares are ignored: GOD"]


def test_a_python_below_opt_is_seen_in_every_image(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on GitHub's runners: the image gets the mount point."""
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "version").write_text("3.x", encoding="utf-8")
    mount = sandbox.Mount(source=tmp_path / "python", target="/opt/hosted/python", read_only=True)
    monkeypatch.setattr(sandbox, "python_mounts", lambda: [mount])
    image = project.build("FROM x\nRUN cat /opt/hosted/python/version > /opt/seen\n")
    assert files(image) == {"opt/seen": "3.x"}


def test_run_has_the_python_of_this_program(project: Project) -> None:
    """And a virtual environment made with it works in the image."""
    image = project.build(
        "FROM x\nRUN python3 -m venv --without-pip /opt/venv && /opt/venv/bin/python -V > /opt/version\n"
    )
    version = ".".join(map(str, sys.version_info[:3]))
    assert (image.root / "opt/version").read_text(encoding="utf-8") == f"Python {version}\n"
    assert (image.root / "opt/venv/bin/python").is_symlink()


def test_users_and_owners(project: Project) -> None:
    """USER decides who runs; root may change owners, which has no effect; --chown must name somebody."""
    project.write(app__main_py="1")
    image = project.build(
        "FROM x\nRUN install -d -o 50000 -g 0 -m 0775 /opt/logs && chown -R 50000:0 /opt/logs\n"
        "COPY --chown=50000:0 --chmod=0640 app /opt/app\n"
        "USER 50000:0\nRUN id -u > /opt/logs/who && id -g >> /opt/logs/who\n"
    )
    assert files(image)["opt/logs/who"] == "50000\n0\n"
    assert stat.S_IMODE((image.root / "opt/logs").stat().st_mode) == 0o775
    assert stat.S_IMODE((image.root / "opt/app/main.py").stat().st_mode) == 0o640
    assert (image.root / "opt/app/main.py").stat().st_uid == os.getuid()


def test_cache_mounts_last_and_secrets_may_be_absent(project: Project) -> None:
    """A cache outlives a changed step and is no part of the image."""
    flags = "--mount=type=cache,target=/cache --mount=type=secret,id=a,target=/run/secrets/a"
    command = "echo {0} >> /cache/log && cp /cache/log /opt/log && test ! -e /run/secrets/a"
    step = f"FROM x\nRUN {flags} {command}\n"
    project.build(step.format("one"))
    assert files(project.build(step.format("two"))) == {"opt/log": "one\ntwo\n"}


def test_a_failing_command_reports_line_exit_code_and_last_lines(project: Project, cache: Path) -> None:
    """And leaves nothing behind but what was done before."""
    command = "for i in $(seq 50); do echo line $i; done; echo oh no >&2; \\\n exit 7"
    dockerfile = f"FROM x\nRUN echo fine > /opt/a\n\nRUN {command}\n"
    with pytest.raises(images.DockerfileError) as error:
        project.build(dockerfile)
    text = str(error.value)
    assert text.startswith("project.Dockerfile:4: RUN: for i in $(seq 50)")
    assert "ended with exit code 7; its last lines:" in text
    assert text.splitlines()[1:] == [*(f"  line {number}" for number in range(32, 51)), "  oh no"]
    assert [path.name for path in (cache / "images" / "work").iterdir()] == [".lock"]
    project.build(dockerfile.replace("exit 7", "exit 0"))
    assert [line.split()[0] for line in project.done()] == ["RUN"]


@pytest.mark.parametrize("command", ["touch /usr/x", "mkdir /etc/x", "apt-get update"])
def test_a_command_that_writes_to_the_system_gets_a_hint(project: Project, command: str) -> None:
    """The system folders are read-only, and the message says so."""
    with pytest.raises(
        images.DockerfileError, match=r"Here a RUN can write below /opt \(and, until it ends, /tmp\) only"
    ):
        project.build(f"FROM x\nRUN {command}\n")


def test_copy_as_docker_does(project: Project) -> None:
    """Files, folders (their contents), patterns, links, workdir-relative and renamed destinations."""
    project.write(a_txt="a", b_txt="b", app__x_py="x", app__deep__y_py="y")
    (project.folder / "app" / "link").symlink_to("x.py")
    image = project.build(
        "FROM x\nWORKDIR /opt/w\nCOPY *.txt texts/\nCOPY a.txt renamed\nCOPY app .\nCOPY app/x.py .\n"
        'COPY ["a.txt", "/opt/with space/"]\nCOPY app/deep app/x.py /opt/both/\n'
    )
    assert files(image) == {
        "opt/w/texts/a.txt": "a",
        "opt/w/texts/b.txt": "b",
        "opt/w/renamed": "a",
        "opt/w/x.py": "x",
        "opt/w/link": "x",
        "opt/w/deep/y.py": "y",
        "opt/with space/a.txt": "a",
        "opt/both/y.py": "y",
        "opt/both/x.py": "x",
    }
    assert (image.root / "opt/w/link").readlink().name == "x.py"


def test_dockerignore_decides_what_is_copied(project: Project) -> None:
    """A whitelist, as in this repository."""
    project.write(
        _dockerignore="*\n!app\n**/*.log\n", app__x_py="x", app__x_log="no", app__deep__y_log="no", b_txt="no"
    )
    image = project.build("FROM x\nCOPY . /opt/all/\n")
    assert files(image) == {"opt/all/app/x.py": "x"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("RUN ln -s /tmp /opt/out\nCOPY a.txt /opt/out/a.txt", "/opt/out in the image is not a folder"),
        ("COPY a.txt b.txt /opt/c", "several sources need a folder"),
        ("RUN mkdir /opt/a.txt\nCOPY a.txt /opt/x/\nCOPY a.txt /opt/", "a folder of the image has that name"),
    ],
)
def test_what_stands_in_the_way_of_a_copy_is_named(project: Project, lines: str, message: str) -> None:
    """Above all a link that leads out of the image: it would write to this machine."""
    project.write(a_txt="a", b_txt="b")
    with pytest.raises(images.DockerfileError, match=message):
        project.build(f"FROM x\n{lines}\n")


def test_a_stage_s_source_that_is_missing_is_named(project: Project) -> None:
    """With the line that asks for it."""
    with pytest.raises(images.DockerfileError, match=r":4: COPY: /opt/none is not in that stage"):
        project.build("FROM x AS a\nRUN true\nFROM x\nCOPY --from=a /opt/none /opt/\n")


def test_two_builds_at_once_do_the_work_once(project: Project) -> None:
    """The second waits for the first's steps and takes them."""
    made: list[images.Image] = []
    lines: list[str] = []
    dockerfile = project.folder.with_name("slow.Dockerfile")
    dockerfile.write_text("FROM x\nRUN sleep 1; date +%N > /opt/a\nRUN date +%N > /opt/b\n", encoding="utf-8")

    def one() -> None:
        made.append(
            images.build(context=project.folder, dockerfile=dockerfile, build_args={}, log=lines.append)
        )

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert made[0].root == made[1].root
    assert sum("RUN sleep" in line for line in lines) == 1
    assert sum("RUN date" in line for line in lines) == 1
    assert any("another build makes line 2 right now; waiting for it" in line for line in lines)
