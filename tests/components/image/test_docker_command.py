"""How Docker is called; a script stands in for it here, and a real daemon in `make image`."""

import json
import stat
from pathlib import Path

import pytest

from components.image import docker_command
from components.image.docker_command import DockerError

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with a configuration of Docker."""
    own = tmp_path / ".docker"
    (own / "contexts").mkdir(parents=True)
    known = {
        "auths": {"docker.io": {"auth": "b3du"}},
        "credsStore": "desktop",
        "credHelpers": {HOST: "ecr-login", "gcr.io": "gcloud"},
        "currentContext": "remote",
    }
    (own / "config.json").write_text(json.dumps(known))
    monkeypatch.setenv("DOCKER_CONFIG", str(own))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def docker(home: Path, script: str) -> None:
    """Put a `docker` on PATH."""
    program = home / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_a_push_knows_the_registry_and_the_users_configuration_does_not(home: Path) -> None:
    """Context and other registries stay as the user set them; no helper is asked for this one."""
    before = (home / ".docker/config.json").read_text()
    seen = home / "seen"
    docker(
        home,
        f"""echo "$DOCKER_CONFIG" > {home}/folder; read -r text < "$DOCKER_CONFIG/config.json"
echo "$text" > {seen}; echo "$@" > {home}/words; test -d "$DOCKER_CONFIG/contexts" || exit 9
echo "t: digest: {DIGEST} size: 9\"""",
    )
    assert docker_command.push(f"{HOST}/air:t", "dG9rZW4=") == DIGEST
    assert (home / "words").read_text() == f"push {HOST}/air:t\n"
    assert json.loads(seen.read_text()) == {
        "auths": {"docker.io": {"auth": "b3du"}, HOST: {"auth": "dG9rZW4="}},
        "credHelpers": {"gcr.io": "gcloud"},
        "currentContext": "remote",
    }
    assert not Path((home / "folder").read_text().strip()).exists()
    assert (home / ".docker/config.json").read_text() == before


def test_a_build_names_all_that_it_is_made_from(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What Docker says is shown while it says it."""
    docker(home, f'printf "%s\\n" "$@" > {home}/words; echo "step 1"')
    docker_command.build(
        f"{HOST}/air:t", context=".", dockerfile="docker/Dockerfile", platform="linux/arm64",
        build_args={"B": "two words", "A": "1"},
    )  # fmt: skip
    words = (home / "words").read_text().splitlines()
    assert words == [
        *("build", "--tag", f"{HOST}/air:t", "--file", "docker/Dockerfile", "--platform", "linux/arm64"),
        *("--build-arg", "A=1", "--build-arg", "B=two words", "."),
    ]
    assert capfd.readouterr().out == "step 1\n"


def test_an_error_of_docker_is_reported_by_its_last_lines(home: Path) -> None:
    """And a machine without Docker is told what to do."""
    with pytest.raises(
        DockerError, match=r"docker cannot be run.*Install Docker.*imageUri .in Python image.uri."
    ):
        docker_command.push(f"{HOST}/air:t", "x")
    docker(home, "echo denied: no; exit 1")
    with pytest.raises(DockerError, match=r"docker push failed; its last lines:\ndenied: no"):
        docker_command.push(f"{HOST}/air:t", "x")
    (home / "bin" / "docker").write_text("#!/bin/sh\necho pushed\n")
    with pytest.raises(DockerError, match="named no digest"):
        docker_command.push(f"{HOST}/air:t", "x")


def test_the_token_is_read_by_nobody_else(home: Path) -> None:
    """The folder of the moment is the user's alone."""
    docker(home, f'/usr/bin/stat -c %a "$DOCKER_CONFIG" > {home}/mode; echo "digest: {DIGEST}"')
    docker_command.push(f"{HOST}/air:t", "x")
    assert stat.S_IMODE(int((home / "mode").read_text(), 8)) == 0o700
