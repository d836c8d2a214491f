"""The built image's own properties (the project's builder; real Docker also sets the files' owners)."""

import stat
from pathlib import Path

import pytest
from cryptography import x509

from embedded_aws import images
from tests.image.certificates import Authority

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings(
        "ignore::cryptography.utils.CryptographyDeprecationWarning"
    ),  # one of AWS' CAs
]


def test_it_runs_as_nobody_special_through_the_entrypoint(image: images.Image) -> None:
    """And names the volumes that a read-only root needs."""
    assert image.config["User"] == "50000:0"
    assert image.config["Entrypoint"] == ["/opt/airflow/bin/entrypoint"]
    assert set(image.config["Volumes"]) == {"/tmp", "/opt/airflow/logs", "/opt/airflow/run"}  # noqa: S108


@pytest.mark.parametrize("folder", ["logs", "run"])
def test_its_volumes_are_writable_for_their_user(image: images.Image, folder: str) -> None:
    """Fargate takes a volume's mode from the image."""
    assert stat.S_IMODE((image.root / "opt/airflow" / folder).stat().st_mode) == 0o775
    assert stat.S_IMODE((image.root / "opt/airflow").stat().st_mode) == 0o755


def test_its_python_is_compiled(image: images.Image) -> None:
    """Else each start compiles 200 packages again: the root is read-only."""
    packages = next((image.root / "opt/venv/lib").glob("python3.*")) / "site-packages"
    sources = [path for path in (packages / "airflow").glob("*.py") if path.stat().st_size]
    assert sources
    assert not [
        path for path in sources if not list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))
    ]
    assert list((image.root / "opt/airflow/lib/airflow_ecs_image/__pycache__").glob("entrypoint.*.pyc"))


def test_it_holds_the_repositorys_dags(image: images.Image, context: Path) -> None:
    """All of them, without the tools that built it."""
    dags = sorted(file.relative_to(context) for file in (context / "dags").rglob("*.py"))
    assert dags
    for file in dags:
        assert (image.root / "opt/airflow" / file).read_bytes() == (context / file).read_bytes(), file
    assert not (image.root / "opt/build").exists()


def test_an_additional_ca_is_trusted(context: Path) -> None:
    """`EXTRA_CA_CERTIFICATES` is for a database or broker whose CA is not public."""
    own = Authority.make("an own CA")
    made = images.build(
        context=context,
        dockerfile=context / "docker/Dockerfile",
        build_args={"EXTRA_CA_CERTIFICATES": own.pem()},
        target="certificates",
        log=print,
    )
    for name in ("database", "broker"):
        found = certificates(made.root / f"opt/certs/{name}.pem")
        assert own.certificate in found
        assert len(found) > 90


def certificates(bundle: Path) -> list[x509.Certificate]:
    """All certificates of a bundle; an error where one is broken."""
    return x509.load_pem_x509_certificates(bundle.read_bytes())
