"""What goes into the image: the CA bundle, the locks, the build context."""

import re
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from docker.utils.build import exclude_paths

DOCKER = Path(__file__).parents[2] / "docker"
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
    texts = {
        path: path.read_text()
        for path in DOCKER.rglob("*")
        if path.suffix in ("", ".py", ".cfg") and path.is_file()
    }
    stale = [
        (path.name, name)
        for path, text in texts.items()
        for name in ("apache-airflow", "celery", "psycopg", "redis", "flower")
        if re.search(rf"(?<![\d.]){re.escape(versions[name])}(?![\d.])", text)
    ]
    assert DOCKER / "Dockerfile" in texts
    assert not stale


def test_the_build_context_holds_nothing_but_the_images_own() -> None:
    """No key, no state, no repository history can get into a layer."""
    repository = DOCKER.parent
    patterns = [
        line
        for line in (repository / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    sent = exclude_paths(str(repository), patterns)
    assert {path.split("/")[0] for path in sent} == {".dockerignore", "docker", "dags", "plugins"}
    assert {"docker/bin/entrypoint", "docker/requirements.lock", "docker/ca/rds-global-bundle.pem"} <= sent
    assert not [path for path in sent if path.endswith((".in", ".pyc", "refresh.py"))]
