"""Containers made with bubblewrap see, may write and are what their command line says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws import sandbox

if TYPE_CHECKING:
    from collections.abc import Generator

ENVIRONMENT = {"PATH": sandbox.DEFAULT_PATH}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An image with one program's folder and one place to mount on."""
    (tmp_path / "root" / "opt" / "app").mkdir(parents=True)
    (tmp_path / "root" / "opt" / "data").mkdir()
    (tmp_path / "root" / "opt" / "app" / "file").write_text("of the image", encoding="utf-8")
    return tmp_path / "root"


def line(script: str, **options: Any) -> list[str]:
    """Return the command line for a shell script."""
    settings: dict[str, Any] = {
        "root": None,
        "read_only_root": True,
        "uid": 50000,
        "gid": 0,
        "workdir": "/",
        "hostname": "here",
        **options,
    }
    return sandbox.command(["sh", "-c", script], **settings)


def run(script: str, **options: Any) -> str:
    """Run a shell script in a container and return what it prints."""
    done = subprocess.run(
        line(script, **options), env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_user_host_name_directory_and_environment(root: Path) -> None:
    """As asked, and nothing more."""
    out = run("id -u; id -g; hostname; pwd; env | sort; cat file", root=root, workdir="/opt/app").splitlines()
    assert out == [
        "50000",
        "0",
        "here",
        "/opt/app",
        f"PATH={sandbox.DEFAULT_PATH}",
        "PWD=/opt/app",
        "of the image",
    ]


@pytest.mark.parametrize("folder", ["", "/opt", "/opt/app", "/tmp", "/var/tmp", "/run", "/usr", "/etc"])  # noqa: S108
def test_a_read_only_root_is_that_everywhere(root: Path, folder: str) -> None:
    """No place of the container itself can be written to."""
    assert "Read-only file system" in run(f"echo no > {folder}/file", root=root)
    assert (root / "opt" / "app" / "file").read_text(encoding="utf-8") == "of the image"


def test_exactly_the_mounts_are_writable(root: Path, tmp_path: Path) -> None:
    """Folders and files; under /opt, on /tmp, and where the base image has nothing."""
    folders = [tmp_path / name for name in ("a", "b", "c", "d")]
    for folder in folders:
        folder.mkdir()
    targets = ["/opt/data", "/tmp", "/srv/new"]  # noqa: S108 - paths inside the container
    mounts = [
        sandbox.Mount(source=source, target=target) for source, target in zip(folders, targets, strict=False)
    ]
    mounts.append(sandbox.Mount(source=folders[3], target="/data", read_only=True))
    script = "; ".join(f"echo yes > {target}/x" for target in (*targets, "/data", "/srv"))
    assert run(script, root=root, mounts=mounts).count("Read-only file system") == 2
    assert [(folder / "x").exists() for folder in folders] == [True, True, True, False]


def test_a_missing_mount_point_in_the_image_is_named(root: Path, tmp_path: Path) -> None:
    """With the line that makes it."""
    with pytest.raises(sandbox.SandboxError, match=r"nothing to mount on at /opt/none: .*VOLUME /opt/none"):
        line("true", root=root, mounts=[sandbox.Mount(source=tmp_path, target="/opt/none")])


def test_a_writable_root_is_a_copy_of_its_own(root: Path, tmp_path: Path) -> None:
    """What is written there reaches no other container of the image."""
    own = sandbox.private_root(root, tmp_path / "own")
    script = "echo changed > /opt/app/file; echo yes > /tmp/x; echo yes > /new; cat /opt/app/file /tmp/x /new"
    assert run(script, root=own, read_only_root=False) == "changed\nyes\nyes\n"
    assert run("cat /opt/app/file", root=root) == "of the image"


def test_the_rest_of_the_machine_is_absent(tmp_path: Path) -> None:
    """Neither other processes nor the files of this test, of homes or of /run."""
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    assert "No such file" in run(f"cat {tmp_path}/secret")
    assert run("ls -A /tmp /run /srv 2>/dev/null | grep -v :").split() == []
    assert len([name for name in run("ls /proc").split() if name.isdecimal()]) < 6


def test_of_the_settings_only_what_every_program_needs_is_there() -> None:
    """Names, authorities, links to programs; nothing that only root may read or that servers keep."""
    script = "find -L /etc /var -type f ! -perm -o=r; ls -A /var; cat /etc/shadow 2>&1; ls /etc/ssl"
    assert run(script).splitlines() == [
        "tmp",
        "cat: /etc/shadow: No such file or directory",
        "certs",
        "openssl.cnf",
    ]
    assert "root:x:0:0" in run("getent passwd 0")


@pytest.mark.parametrize("target", ["/opt/../../planted", "relative"])
def test_a_mount_has_a_plain_target(tmp_path: Path, target: str) -> None:
    """Otherwise bubblewrap would make its folder outside of the container."""
    with pytest.raises(sandbox.SandboxError, match="invalid mount path"):
        line("true", mounts=[sandbox.Mount(source=tmp_path, target=target)])


def test_python_is_the_one_of_this_program() -> None:
    """Also where it is installed in a home."""
    script = "python3 -c 'import ssl, sqlite3, sys; print(sys.base_prefix, sys.version_info[:3])'"
    assert run(script) == f"{sys.base_prefix} {tuple(sys.version_info[:3])}\n"


def test_the_hosts_file_can_change_under_a_running_container(tmp_path: Path) -> None:
    """Written in place, it is seen at once."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.5 before.test\n", encoding="utf-8")
    command = line("getent hosts before.test; read -r x; getent hosts after.test", hosts_file=hosts)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=ENVIRONMENT, **pipes) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().split() == ["127.0.0.5", "before.test"]
        hosts.write_text("127.0.0.6 after.test\n", encoding="utf-8")
        process.stdin.write("go\n")
        process.stdin.close()
        assert process.stdout.readline().split() == ["127.0.0.6", "after.test"]


@pytest.fixture
def sleeping() -> Generator[tuple[subprocess.Popen[bytes], int]]:
    """A container whose program ends with 7 on SIGTERM, with that program's id."""
    on_term = "signal.signal(15, lambda *_: sys.exit(7))"
    command = line(
        f"exec python3 -c 'import signal, sys, time; {on_term}; print(flush=True); time.sleep(99)'"
    )
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        main = sandbox.main_process(process.pid)
        assert main is not None
        yield process, main
        process.kill()


def test_a_signal_to_the_main_process_ends_it_gently(sleeping: tuple[subprocess.Popen[bytes], int]) -> None:
    """Its exit code is bwrap's; afterwards it has no main process."""
    process, main = sleeping
    os.kill(main, signal.SIGTERM)
    assert process.wait(10) == 7
    assert sandbox.main_process(process.pid) is None


@pytest.mark.parametrize(("init", "processes"), [(True, "bwrap, environment"), (False, "sh, environment")])
def test_process_1_and_what_it_keeps(*, init: bool, processes: str) -> None:
    """Its environment is that of the start for good: an init process keeps it, a program may exec anew."""
    look = (
        'echo "$(cat /proc/1/comm), $(tr -d "\\0" < /proc/1/environ | grep -q SECRET=x && echo environment)"'
    )
    done = subprocess.run(
        line(look, init=init), env={**ENVIRONMENT, "SECRET": "x"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == processes


def test_without_an_init_process_the_program_gets_the_signals() -> None:
    """It is found as the main process, and its exit code is bwrap's."""
    on_term = "signal.signal(15, lambda *_: sys.exit(7))"
    code = f"import signal, sys, time; {on_term}; print(flush=True); time.sleep(99)"
    command = line(f'exec python3 -c "{code}"', init=False)
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        main = sandbox.main_process(process.pid)
        assert main is not None
        os.kill(main, signal.SIGTERM)
        assert process.wait(10) == 7


def test_killing_bubblewrap_ends_everything(sleeping: tuple[subprocess.Popen[bytes], int]) -> None:
    """No process of the container outlives it."""
    process, main = sleeping
    process.kill()
    process.wait(10)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{main}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_ordinary_user_can_do_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command line without root; inside the uid is still the one asked for."""
    monkeypatch.setattr(
        sandbox, "PYTHON", Path("/usr")
    )  # root's own Python may be in a home closed to others
    nobody: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "opt").mkdir(mode=0o777)
        for folder in (Path(name), Path(name) / "opt"):
            folder.chmod(0o777)
        command = line("id -u; echo made > /opt/x", root=Path(name), read_only_root=False)
        done = subprocess.run(
            command, env=ENVIRONMENT, cwd="/", capture_output=True, text=True, check=False, **nobody
        )
        assert (done.stdout, done.stderr) == ("50000\n", "")
        assert (Path(name) / "opt" / "x").stat().st_uid == (65534 if nobody else os.getuid())


@pytest.fixture
def untried() -> Generator[None]:
    """Forget, before and after, that bubblewrap was found to work."""
    sandbox.require.cache_clear()
    yield
    sandbox.require.cache_clear()


@pytest.mark.usefixtures("untried")
def test_a_missing_bubblewrap_is_an_error_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with what installs it."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(sandbox.SandboxError, match="bwrap is not installed: apt-get install bubblewrap"):
        line("true")


@pytest.mark.usefixtures("untried")
def test_a_kernel_that_refuses_is_an_error_with_the_remedies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both sysctls and the docker flags."""
    fake = tmp_path / "bwrap"
    fake.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n", encoding="utf-8"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(sandbox.SandboxError) as error:
        line("true")
    for part in (
        "No permissions to create new namespace",
        "kernel.unprivileged_userns_clone=1",
        "kernel.apparmor_restrict_unprivileged_userns=0",
        "docker run --security-opt seccomp=unconfined",
    ):
        assert part in str(error.value)
