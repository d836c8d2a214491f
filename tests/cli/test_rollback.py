"""`airflow-ecs history` and `rollback`: what is known of deploys, which is chosen, and when it is refused.

Not proved: what the image says of the schema (`tests/image/test_database.py`), and that `up` deploys it again
(`tests/engine/test_updates.py`).
"""

from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest

from cli import history, one_off, rollback
from components.base.dag_versions import DagVersions
from tests.cli import pulumi
from tests.cli.deployed import REGION, Deployed
from tests.helpers.dag_buckets import current_version, make_dag_bucket
from tests.helpers.ecr import put

REPOSITORY = "airflow-dev"


@pytest.fixture
def versions(stack: Deployed) -> DagVersions:
    """A bucket with versions of DAGs."""
    found = DagVersions(make_dag_bucket("air-dags"), "air-dags", "arn:me")
    stack.knows(dags_bucket="air-dags")
    return found


@pytest.fixture
def images(stack: Deployed) -> list[str]:
    """Three images in a repository, deployed one after the other, the last one for other settings too."""
    ecr = stack.client("ecr")
    uri = ecr.create_repository(repositoryName=REPOSITORY)["repository"]["repositoryUri"]
    digests = [put(ecr, REPOSITORY, content, content.decode()) for content in (b"one", b"two", b"three")]
    found = [f"{uri}@{digest}" for digest in digests]
    for image in (found[0], found[1], found[2], found[2]):
        _deploy(stack, image)
    stack.knows(image_uri=found[2])
    return found


def _deploy(stack: Deployed, image: str) -> str:
    ecs = stack.client("ecs")
    family = "air-scheduler"
    made = ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "scheduler", "image": image, "memory": 256}],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="air", service=family, taskDefinition=made)
    return made


def _ends(monkeypatch: pytest.MonkeyPatch, code: int, line: str = "Airflow") -> list[str]:
    """Let one-off tasks end so; give the task definitions that they have."""
    started: list[str] = []

    def run(
        _cluster: Any, _words: Any, write: Callable[[str], None], *, task_definition: str = ""
    ) -> tuple[str, int]:
        started.append(task_definition)
        write(line)
        return "task", code

    monkeypatch.setattr(one_off, "run", run)
    return started


def _changes(stack: Deployed) -> list[str]:
    words = ("config set-all", "preview", "up")
    return [one for one in pulumi.calls(stack.folder / "bin") if one.startswith(words)]


def test_each_image_is_a_deploy(stack: Deployed, images: list[str]) -> None:
    """Newest first, the current one marked; other settings with the same image are none."""
    found = stack.json("history")
    assert [one["image"] for one in found] == [*reversed(images), "x"]
    assert [one["current"] for one in found] == [True, False, False, False]
    assert found[0]["dags"] == ""
    first = stack.run("history").out.splitlines()[0]
    assert first.startswith(f"* {images[2].rpartition(':')[2][:12]}  20")


def test_a_deleted_image_is_reported(stack: Deployed, images: list[str]) -> None:
    """And is not rolled back to."""
    stack.client("ecr").batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "two"}])
    assert [one["kept"] for one in stack.json("history")] == [True, False, True, True]
    done = stack.run("rollback")
    assert done.code == 2
    assert "is deleted from its repository" in done.err
    assert _changes(stack) == []
    assert images


def test_a_revision_after_the_current_one_does_not_count(stack: Deployed, images: list[str]) -> None:
    """It was registered by an `up` that failed before the service, or that ECS rolled back."""
    current = stack.client("ecs").describe_services(cluster="air", services=["air-scheduler"])
    _deploy(stack, "broken@sha256:0")
    stack.client("ecs").update_service(
        cluster="air",
        service="air-scheduler",
        taskDefinition=current["services"][0]["taskDefinition"],
    )
    assert stack.json("history")[0]["image"] == images[2]


def test_the_deploy_before_is_the_default(
    stack: Deployed, images: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its image is asked for the schema, then deployed."""
    started = _ends(monkeypatch, 0)
    outputs = {**stack.outputs, "image_uri": images[1]}
    pulumi.install(stack.folder / "bin", outputs=outputs, configuration={"aws:region": REGION})
    done = stack.run("rollback")
    assert done.code == 0, done.err
    assert done.out.startswith(f"stack dev runs {images[1]}")
    configured, *operations = _changes(stack)
    assert f"--plaintext imageUri={images[1]} " in configured
    assert [one.split()[0] for one in operations] == ["preview", "up"]
    asked = stack.client("ecs").describe_task_definition(taskDefinition=started[0])["taskDefinition"]
    assert asked["containerDefinitions"][0]["image"] == images[1]


def test_the_dags_of_a_deploy_are_current_again(
    stack: Deployed, versions: DagVersions, images: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were when the next deploy began; pushes after it are not its."""
    now = stack.client("ecs").describe_task_definition(taskDefinition="air-scheduler")["taskDefinition"]
    _ends(monkeypatch, 0)
    outputs = {**stack.outputs, "image_uri": images[0]}
    pulumi.install(stack.folder / "bin", outputs=outputs, configuration={"aws:region": REGION})
    before = [
        history.Deploy(image=image, since=now["registeredAt"], by="", task_definition="x", dags=dags)
        for image, dags in ((images[2], "c" * 64), (images[1], "b" * 64), (images[0], "a" * 64))
    ]
    monkeypatch.setattr(rollback, "deploys", MagicMock(return_value=before))
    for version in ("a" * 64, "b" * 64, "c" * 64):
        make_archive(stack, version)
        versions.move(version, versions.current())
    done = stack.json("rollback", images[0].rpartition(":")[2][:8])
    assert done == {"stack": "dev", "image": images[0], "dags": "a" * 64}
    assert current_version(versions) == "a" * 64


def make_archive(stack: Deployed, version: str) -> None:
    """Put an object where an archive would be."""
    stack.client("s3").put_object(Bucket="air-dags", Key=f"dags/versions/{version}.tar.gz", Body=b"")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (78, "the database has the schema of another Airflow: alembic_version is at x. Restore the snapshot"),
        (75, "db downgrade --to-version VERSION"),
        (1, "its schema is not known: alembic_version is at x."),
    ],
)
def test_another_schema_is_refused_in_one_line(
    stack: Deployed, images: list[str], monkeypatch: pytest.MonkeyPatch, code: int, error: str
) -> None:
    """With what to do; nothing is changed."""
    _ends(monkeypatch, code, "alembic_version is at x.")
    done = stack.run("rollback")
    assert done.code == 2
    assert error in done.err.splitlines()[-1]
    assert _changes(stack) == []
    assert images


@pytest.mark.parametrize(
    ("digits", "error"),
    [("abc", "at least 6 digits"), ("0123456789", "there is no deploy 0123456789")],
)
def test_a_digest_that_is_no_deploy_is_refused(
    stack: Deployed, images: list[str], digits: str, error: str
) -> None:
    """In one line."""
    done = stack.run("rollback", digits)
    assert done.code == 2
    assert error in done.err
    current = images[2].rpartition(":")[2]
    assert f"runs {current[:12]} already" in stack.run("rollback", current).err


def test_the_first_deploy_has_none_before_it(stack: Deployed) -> None:
    """In one line."""
    done = stack.run("rollback")
    assert done.code == 2
    assert "there is no deploy before this one" in done.err
