"""What goes into the image: the CA bundle, the locks, the build context."""

import json
import re
import shutil
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from docker.utils.build import exclude_paths

from components.model.image.context import airflow_version
from tests.helpers import checkout

REPOSITORY = Path(__file__).parents[2]
DOCKER = REPOSITORY / "docker"
TOOLS = Path(sys.executable).parent
LOCKS = ("requirements", "pipeline-requirements", "builder-requirements")


def lock(name: str) -> str:
    """The text of a lock file."""
    return (DOCKER / f"{name}.lock").read_text()


def pinned(name: str) -> dict[str, str]:
    """Package to version of a lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock(name), re.MULTILINE))


def test_the_rds_bundle_is_whole_and_good_for_a_year() -> None:
    """Three CAs a region. When this fails: `python docker/ca/refresh.py`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # a serial number of AWS' own
        found = x509.load_pem_x509_certificates((DOCKER / "ca/rds-global-bundle.pem").read_bytes())
    soon = datetime.now(UTC) + timedelta(days=365)
    assert len(found) >= 90
    assert not [certificate.subject for certificate in found if certificate.not_valid_after_utc < soon]
    names = {certificate.subject.rfc4514_string() for certificate in found}
    for region in ("us-east-1", "eu-west-1", "ap-southeast-2"):
        assert len([name for name in names if f"Amazon RDS {region} Root CA" in name]) == 3


@pytest.mark.parametrize("name", LOCKS)
def test_locks_pin_every_package_by_hash_and_name_no_host(name: str) -> None:
    """The same files in every build, from whichever mirror."""
    text = lock(name)
    packages = re.findall(r"^\S+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert packages
    assert not [package for package in packages if "--hash=sha256:" not in package]
    assert "://" not in text


def test_celery_is_one_that_the_provider_can_import() -> None:
    """5.7 took away what `airflow.providers.celery` imports; `pip check` does not see it."""
    assert tuple(map(int, pinned("requirements")["celery"].split(".")[:2])) < (5, 7)


def test_versions_stand_in_the_locks_only() -> None:
    """A second copy would go stale: in the Dockerfile, or in what reads it."""
    versions = pinned("requirements")
    strings = {
        path: path.read_text()
        for path in DOCKER.rglob("*")
        if path.suffix in ("", ".py", ".cfg") and path.is_file()
    }
    stale = [
        (path.name, name)
        for path, text in strings.items()
        for name in ("apache-airflow", "celery", "psycopg", "redis", "flower")
        if re.search(rf"(?<![\d.]){re.escape(versions[name])}(?![\d.])", text)
    ]
    assert DOCKER / "Dockerfile" in strings
    assert not stale


def test_the_build_context_holds_nothing_but_the_images_own(tmp_path: Path) -> None:
    """No key, no state, no repository history can get into a layer: of the files that ship, just these do."""
    checkout.copy(tmp_path)
    checkout.ship(tmp_path)
    own = {file for folder in ("docker", "dags", "plugins") for file in files_of(tmp_path / folder, tmp_path)}
    for stray in ("docker/.env", "docker/ca/__pycache__/refresh.pyc", "dags/.git/config", ".local/state"):
        (tmp_path / stray).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / stray).touch()
    patterns = [
        line
        for line in (tmp_path / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    sent = {path for path in exclude_paths(str(tmp_path), patterns) if (tmp_path / path).is_file()}
    left_out = {"docker/ca/refresh.py", *(f"docker/{name}.in" for name in LOCKS)}
    assert left_out < own
    assert sent == {".dockerignore"} | own - left_out


def files_of(folder: Path, root: Path) -> set[str]:
    """The files of a folder, by their path from another."""
    return {str(path.relative_to(root)) for path in folder.rglob("*") if path.is_file()}


def test_image_settings_and_documentation_name_the_same_airflow() -> None:
    """The lock is the home of the version; whatever else names one names this one or its beginning."""
    locked = pinned("requirements")["apache-airflow"]
    (asked,) = re.findall(
        r"^apache-airflow\[.*\]==(\S+)", (DOCKER / "requirements.in").read_text(), re.MULTILINE
    )
    assert asked == locked == airflow_version(REPOSITORY)
    pages = [REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *(REPOSITORY / "docs").glob("*.md")]
    named = {
        (page.name, version)
        for page in pages
        for version in re.findall(r"Airflow (\d+\.\d+(?:\.\d+)?)", page.read_text())
    }
    assert named
    assert [one for one in named if not f"{locked}.".startswith(f"{one[1]}.")] == []


def lint(dockerfile: Path) -> subprocess.CompletedProcess[str]:
    """Run hadolint; https://github.com/hadolint/hadolint."""
    return subprocess.run([TOOLS / "hadolint", dockerfile], capture_output=True, text=True, check=False)


def test_hadolint_is_content(tmp_path: Path) -> None:
    """With all of its rules; that it looks, a bad file shows."""
    assert lint(DOCKER / "Dockerfile").stdout == ""
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /tmp && sudo apt-get install x\n")
    assert "DL3004" in lint(tmp_path / "Dockerfile").stdout


def secrets_in(folder: Path) -> dict[str, list[str]]:
    """Scan for secrets: kind by file; https://github.com/Yelp/detect-secrets."""
    command = [TOOLS / "detect-secrets", "scan", "--all-files", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    found: dict[str, list[dict[str, str]]] = json.loads(done.stdout)["results"]
    return {file: [one["type"] for one in ones] for file, ones in found.items()}


@pytest.mark.parametrize("folder", ["docker", "dags", "plugins"])
def test_no_secret_lies_in_the_build_context(folder: str, tmp_path: Path) -> None:
    """Locks hold hashes, which look like secrets and are none; a planted key is found."""
    copy = shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    planted = "AKIA" + "Q3EGRX7ZLTJ5WN2K"
    (copy / "keys.py").write_text(f'KEY = "{planted}"\n')
    found = {file: kinds for file, kinds in secrets_in(copy).items() if not file.endswith(".lock")}
    assert found.pop("keys.py") == ["AWS Access Key"]
    assert found == {}, f"files of {folder}/ look as if they hold secrets; the image would hold them too"
