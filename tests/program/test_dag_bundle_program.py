"""The program with DAGs as versions in a bucket; what S3 and Airflow do with them is not shown here."""

import json
import shutil
from pathlib import Path

import pytest

from components.model.dag_sources.dag_archive import archive_of
from components.model.image_contract import CONTEXT_FOLDERS
from embedded_aws.images.plan import plan
from tests.helpers.checkout import ROOT
from tests.helpers.pulumi_mocks import Recording
from tests.program import stacks


@pytest.fixture(scope="module")
def bundle() -> Recording:
    """Development with a bundle."""
    return stacks.run("dev", stacks.configuration("dev") | {"dagSource": "bundle"})


def test_the_archive_is_there_before_a_service_and_current_after_all(bundle: Recording) -> None:
    """A DAG processor finds DAGs when it starts, and new DAGs find the new image's packages."""
    archive, pointer = bundle.one("DagArchive"), bundle.one("DagPointer")
    services = bundle.all("ecs/service:Service")
    assert services
    for service in services:
        assert archive.urn in bundle.before(service)
        assert service.urn in bundle.before(pointer)
    assert bundle.one("OneOffTask").urn in bundle.before(pointer)


def test_the_preview_shows_the_version_and_its_bucket(bundle: Recording) -> None:
    """The hash of what is in dags/, in a bucket apart from that which tasks write to."""
    archive, pointer = bundle.one("DagArchive").inputs, bundle.one("DagPointer").inputs
    assert archive["version"] == pointer["version"] == archive_of(ROOT).version
    assert archive["bucket"] == pointer["bucket"] == bundle.exports["dags_bucket"]
    assert archive["bucket"] != bundle.exports["data_bucket"]
    assert not Path(archive["project"]).is_absolute()


def test_containers_name_the_bucket_to_airflow(bundle: Recording) -> None:
    """Those of services and of one-off tasks."""
    name = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
    for definition in bundle.all("TaskDefinition"):
        if not definition.type.startswith("aws:"):
            continue
        for container in json.loads(definition.inputs["containerDefinitions"]):
            given = {one["name"]: one["value"] for one in container["environment"]}
            (config,) = json.loads(given[name])
            assert config["kwargs"]["bucket"] == bundle.exports["dags_bucket"]


def test_without_a_bundle_there_is_neither() -> None:
    """What is shipped makes what it made before."""
    recording = stacks.run_shipped("dev")
    assert not recording.all("DagArchive")
    assert not recording.all("DagPointer")
    assert recording.exports["dags_bucket"] is None


def test_a_dag_changes_no_image_that_has_none(tmp_path: Path) -> None:
    """Its tag, and each of its bytes, as the builder of the embedded account names them."""
    for folder in CONTEXT_FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / ".dockerignore", tmp_path)

    def key(arguments: dict[str, str]) -> str:
        dockerfile = tmp_path / "docker/Dockerfile"
        return plan(context=tmp_path, dockerfile=dockerfile, build_args=arguments, target=None).key

    without, within = {"DAG_SOURCE": "bundle"}, dict[str, str]()
    before = key(without), key(within)
    (tmp_path / "dags/another.py").write_text("x = 1")
    assert key(without) == before[0]
    assert key(within) != before[1]
