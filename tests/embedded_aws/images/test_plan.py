"""What an image is called depends on its Dockerfile, arguments and files, and on nothing else."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from embedded_aws import images
from embedded_aws.images.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded_aws.images.conftest import Project

SIMPLE = "FROM x\nARG A=1\nRUN echo $A\nCOPY app /opt/app\n"


def test_the_digest_is_that_of_the_contents(project: Project, tmp_path: Path) -> None:
    """Neither the folder nor the files' times count, nor what .dockerignore leaves out; all else does."""
    project.write(app__a_txt="a", app__b_txt="b", _dockerignore="**/*.log\n# a comment\n")
    first = project.fingerprint(SIMPLE)
    os.utime(project.folder / "app" / "a.txt", (0, 0))
    project.write(app__c_log="noise", other_txt="not copied")
    elsewhere = shutil.copytree(project.folder, tmp_path / "elsewhere")
    place = project.folder.with_name("project.Dockerfile")
    again = [
        plan(context=folder, dockerfile=place, build_args={}, target=None).key
        for folder in (project.folder, elsewhere)
    ]
    assert again == [first, first]
    project.write(app__a_txt="other")
    assert project.fingerprint(SIMPLE) != first


@pytest.mark.parametrize(
    "change",
    [
        "FROM x\nARG A=1\nRUN echo  $A\nCOPY app /opt/app\n",
        "FROM x\nARG A=2\nRUN echo $A\nCOPY app /opt/app\n",
        "FROM x\nARG A=1\nRUN echo $A\nCOPY app /opt/app2\n",
        "FROM x\nARG A=1\nRUN echo $A\nCOPY --chmod=0700 app /opt/app\n",
        "FROM x\nARG A=1\nRUN echo $A\nCOPY app /opt/app\nCMD x\n",
        "FROM x\nARG A=1\nUSER 5\nRUN echo $A\nCOPY app /opt/app\nUSER 0\n",
    ],
)
def test_every_change_that_matters_changes_the_digest(project: Project, change: str) -> None:
    """Commands, arguments, destinations, modes, configuration, users."""
    project.write(app__a_txt="a")
    assert project.fingerprint(change) != project.fingerprint(SIMPLE)


def test_build_arguments_count_when_declared(project: Project) -> None:
    """An argument that no ARG declares changes nothing; a file's mode does."""
    project.write(app__a_txt="a")
    first = project.fingerprint(SIMPLE)
    assert project.fingerprint(SIMPLE, {"B": "2"}) == first
    assert project.fingerprint(SIMPLE, {"A": "2"}) != first
    (project.folder / "app" / "a.txt").chmod(0o755)
    assert project.fingerprint(SIMPLE) != first


def test_comments_do_not_count(project: Project) -> None:
    """A comment is not part of what is built."""
    project.write(app__a_txt="a")
    assert project.fingerprint(f"# why\n{SIMPLE}") == project.fingerprint(SIMPLE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "COPY app /etc/app",
            "Dockerfile:2: COPY: cannot write to /etc/app: an image made here has its own files below",
        ),
        ("COPY app /opt/../etc/", "Dockerfile:2: COPY: cannot write to /etc:"),
        ("COPY nothing /opt/", "Dockerfile:2: COPY: nothing is not in the build context"),
        ("COPY ../secret /opt/", "Dockerfile:2: COPY: ../secret leads out of"),
        ("COPY app", "Dockerfile:2: COPY: needs a source and a destination"),
        ("COPY --from=ghcr.io/some/tool:1 /tool /opt/", "--from=ghcr.io/some/tool:1 is not a stage above"),
        ("COPY --link app /opt/", "Dockerfile:2: COPY: --link cannot be honoured here"),
        ("COPY --chmod=u+x app /opt/", "--chmod=u+x must be octal"),
        ("COPY --chown=nosuchuser app /opt/", "nosuchuser"),
        ("USER nosuchuser", "write numbers, as in 50000:0"),
        ("ADD app /opt/", "Dockerfile:2: ADD: write COPY"),
        ("HEALTHCHECK NONE", "put it into the container definition"),
        ("RUNN x", "Dockerfile:2: RUNN: no such instruction; known are ARG, CMD, COPY"),
        ("RUN --network=none x", "Dockerfile:2: RUN: --network=none cannot be honoured here"),
        (
            "RUN --mount=type=secret,id=a,required=true x",
            "--mount=type=secret,id=a,required=true cannot be honoured",
        ),
        ("RUN --mount=type=bind,target=/x x", "--mount=type=bind,target=/x cannot be honoured here"),
        ("WORKDIR --x /opt", "Dockerfile:2: WORKDIR: takes no flag --x"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name_and_line(
    project: Project, line: str, message: str
) -> None:
    """Before anything runs."""
    project.write(app__a_txt="a")
    with pytest.raises(images.DockerfileError) as error:
        project.fingerprint(f"FROM x\n{line}\n")
    assert message in str(error.value)


def test_a_foreign_platform_is_refused(project: Project) -> None:
    """An image made here is for this machine; $BUILDPLATFORM is it."""
    assert project.fingerprint("FROM --platform=$BUILDPLATFORM x\n")
    with pytest.raises(
        images.DockerfileError, match="--platform=linux/s390x cannot be honoured here: this machine is"
    ):
        project.fingerprint("FROM --platform=linux/s390x x\n")


def test_an_argument_too_long_for_any_program_is_refused(project: Project) -> None:
    """Linux starts no program with such a variable; the name is said, the value is not."""
    with pytest.raises(images.DockerfileError, match=r"CA is 200000 bytes long") as error:
        project.fingerprint("FROM x\nARG CA\nRUN true\n", {"CA": "x" * 200_000})
    assert "xxx" not in str(error.value)


def test_the_configuration_is_an_oci_one(project: Project) -> None:
    """ENV, USER, WORKDIR, ENTRYPOINT, CMD, VOLUME, LABEL, EXPOSE; HOME, LANG and PATH are always there."""
    image = project.build(
        "FROM x\nENV A=1\nENV A=2 B=$A PATH=/opt/bin:$PATH\nCMD gone\n"
        "FROM 0\nUSER 50000:0\nWORKDIR /opt\nWORKDIR app\n"
        'ENTRYPOINT ["/opt/run"]\nVOLUME /tmp "/opt/l o g"\nLABEL a=$B\nEXPOSE 80\nSTOPSIGNAL SIGINT\n'
    )
    env = dict(entry.split("=", 1) for entry in image.config.pop("Env"))
    assert image.config == {
        "User": "50000:0",
        "WorkingDir": "/opt/app",
        "Entrypoint": ["/opt/run"],
        "Volumes": {"/tmp": {}, "/opt/l o g": {}},  # noqa: S108 - a path inside
        "Labels": {"a": "1"},
        "ExposedPorts": {"80/tcp": {}},
        "StopSignal": "SIGINT",
    }
    assert (env["A"], env["B"], env["HOME"], env["LANG"]) == ("2", "1", "/", "C.UTF-8")
    assert env["PATH"].startswith("/opt/bin:/")
    assert (image.root / "opt" / "l o g").is_dir()
    assert (image.root / "opt" / "app").is_dir()


def test_shell_forms_use_the_shell(project: Project) -> None:
    """CMD without a list runs in the SHELL in force."""
    assert project.build("FROM x\nCMD echo $A\n").config["Cmd"] == ["/bin/sh", "-c", "echo $A"]
    image = project.build('FROM x\nSHELL ["/bin/bash", "-ec"]\nCMD echo\n')
    assert image.config["Cmd"] == ["/bin/bash", "-ec", "echo"]
