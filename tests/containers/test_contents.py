"""What the pushed image holds: what users add to it, and nothing of how it was built."""

import gzip
import io
import json
import tarfile
from pathlib import PurePosixPath

import pytest

from components.model.image.context import airflow_version
from tests.containers.deployment import EXTRA_OS_PACKAGE, EXTRA_PYTHON_PACKAGE, Deployment
from tests.engine.bench import PROJECT

pytestmark = [pytest.mark.engine, pytest.mark.long]

TOOLS = {"as", "c++", "cc", "cpp", "g++", "gcc", "git", "ld", "make"}
LEFT_BY_BUILDS = ("opt/build/", "root/.cache/", "tmp/", "var/cache/apt/", "var/lib/apt/lists/")


@pytest.fixture(scope="module")
def files(deployment: Deployment) -> list[PurePosixPath]:
    """Every file of every layer, also those that a later layer hides."""
    uri = deployment.image_uri()
    repository = uri.partition("/")[2].partition("@")[0]
    names: list[PurePosixPath] = []
    for digest in deployment.layers(uri):
        unpacked = io.BytesIO(gzip.decompress(deployment.registry.blob(repository, digest)))
        with tarfile.open(fileobj=unpacked) as layer:
            names += [PurePosixPath(one.name) for one in layer if not one.isdir()]
    return names


def run(deployment: Deployment, program: str, *arguments: str) -> str:
    """Run a program in a container of the pushed image, as its user."""
    command = ["run", "--rm", "--network", "none", "--entrypoint", program, deployment.image_uri()]
    return deployment.client.output(*command, *arguments)


def test_packages_that_a_user_adds_are_there(deployment: Deployment) -> None:
    """A line in each of the two files, and no change of the Dockerfile."""
    place = run(deployment, "python", "-c", f"import {EXTRA_PYTHON_PACKAGE} as it; print(it.__file__)")
    assert place.startswith("/opt/venv/lib/")
    assert run(deployment, EXTRA_OS_PACKAGE, "--version").startswith(EXTRA_OS_PACKAGE)


def test_the_bill_of_materials_is_in_the_image(deployment: Deployment) -> None:
    """Of both environments, with what the user added."""
    listed = {
        name: {one["name"].replace("_", "-"): one["version"] for one in json.loads(text)["components"]}
        for name in ("airflow", "pipeline")
        if (text := run(deployment, "cat", f"/opt/airflow/sbom/{name}.cdx.json"))
    }
    assert listed["airflow"]["apache-airflow"] == airflow_version(PROJECT)
    assert EXTRA_PYTHON_PACKAGE in listed["airflow"]
    assert "great-expectations" in listed["pipeline"]
    assert "apache-airflow" not in listed["pipeline"]


def test_labels_describe_the_image(deployment: Deployment) -> None:
    """By OCI's names: https://github.com/opencontainers/image-spec/blob/main/annotations.md."""
    (image,) = json.loads(deployment.client.output("image", "inspect", deployment.image_uri()))
    labels = {name.rpartition(".")[2]: value for name, value in image["Config"]["Labels"].items()}
    assert labels["version"] == airflow_version(PROJECT)
    assert labels["name"] == deployment.base
    assert labels["licenses"] == "Apache-2.0"
    assert {"source", "revision", "title", "description"} <= set(labels)


def test_no_layer_holds_a_compiler_or_what_a_build_left(files: list[PurePosixPath]) -> None:
    """Neither in the end nor in a layer below."""
    assert PurePosixPath(f"usr/bin/{EXTRA_OS_PACKAGE}") in files
    assert [file for file in files if file.parent.name in ("bin", "sbin") and file.name in TOOLS] == []
    assert [file for file in files if str(file).startswith(LEFT_BY_BUILDS)] == []
