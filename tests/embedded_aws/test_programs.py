"""One table of programs and one way to find them, for all that starts one."""

from pathlib import Path

import pytest

from embedded_aws import programs
from embedded_aws.account import AccountError, lifecycle


@pytest.fixture
def system_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of servers that is not on the user's PATH, as Debian's /usr/sbin; there is no PostgreSQL."""
    folder = tmp_path / "sbin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs, "_SYSTEM_FOLDERS", [str(folder)])
    monkeypatch.setattr(programs, "_POSTGRESQL", tmp_path / "postgresql")
    monkeypatch.setattr(programs, "_RABBITMQ", tmp_path / "rabbitmq")
    return folder


def install(folder: Path, *names: str) -> None:
    """Put programs into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch(0o755)


def test_servers_off_an_ordinary_users_path_are_there(system_folder: Path) -> None:
    """The account starts where the check before it found everything: both look in the same folders."""
    install(system_folder, *programs.ACCOUNT)
    assert programs.missing_packages(programs.ACCOUNT) == []
    lifecycle.check_programs()


def test_missing_programs_are_listed_by_package(system_folder: Path) -> None:
    """All at once, in the account's error too."""
    install(system_folder, "bwrap", "setpriv")
    assert programs.missing_packages(programs.ACCOUNT) == ["haproxy", "postgresql", "redis-server"]
    with pytest.raises(AccountError, match=r"apt-get install haproxy postgresql redis-server$"):
        lifecycle.check_programs()


def test_the_newest_postgresql_comes_first(system_folder: Path, tmp_path: Path) -> None:
    """Versions are compared as numbers, and Debian's is preferred to one on PATH."""
    for folder in (tmp_path / "postgresql/9/bin", tmp_path / "postgresql/17/bin", system_folder):
        install(folder, "postgres")
    assert programs.find("postgres") == str(tmp_path / "postgresql/17/bin/postgres")


def test_only_who_has_a_broker_needs_rabbitmq(system_folder: Path) -> None:
    """An account starts without it; its own scripts come before the wrappers for root."""
    install(system_folder, *programs.ACCOUNT, "rabbitmq-server")
    assert programs.missing_packages(programs.BROKER) == []
    assert programs.find("rabbitmq-server") == str(system_folder / "rabbitmq-server")
    own = system_folder.parent / "rabbitmq"
    install(own, "rabbitmq-server")
    assert programs.find("rabbitmq-server") == str(own / "rabbitmq-server")


def test_every_program_has_a_package() -> None:
    """So that each error names the remedy."""
    assert programs.PACKAGES.keys() == {*programs.ACCOUNT, *programs.BROKER, *programs.DOCKER}
    assert programs.not_installed("dockerd") == "dockerd is not installed: apt-get install docker.io"
