# pyright: basic
# moto is untyped.
"""Airflow's DAG bundle of archives, in Airflow's environment and on an S3 of moto's.

What this does not prove: that Airflow calls it so; `test_dag_versions.py` runs the services.
"""

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.base.dag_versions import DagVersions
from components.model.dag_sources import bundle
from components.model.dag_sources.dag_archive import DagArchive, archive_of
from tests.dags import interpreters
from tests.image.account import REGION, Account

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]

BUCKET = "dag-bundle"
SCRIPTS = Path(__file__).parent / "scripts"
NEWER_SECONDS = 600


class Process:
    """A process with the bundle."""

    def __init__(self, python: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [python, SCRIPTS / "dag_bundle.py"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, do: str, **given: Any) -> None:
        """Have it do something."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait until it is done."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("ANSWER "):
                return json.loads(line.removeprefix("ANSWER "))
        return pytest.fail("the process has ended")

    def do(self, do: str, **given: Any) -> dict[str, Any]:
        """Do something; what came of it."""
        self.send(do, **given)
        return self.answer()

    def end(self) -> None:
        """End."""
        self._process.kill()
        self._process.communicate()


class Bundles:
    """Versions in S3, and processes that share a storage."""

    def __init__(self, account: Account, folder: Path) -> None:
        self.storage = folder / "bundles"
        self._folder = folder
        self.s3: Any = account.client("s3")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.versions = DagVersions(self.s3, BUCKET, "arn:somebody")
        self._processes: list[Process] = []
        config = [
            {
                "name": bundle.NAME,
                "classpath": "airflow_ecs_image.dag_bundle.DagArchiveBundle",
                "kwargs": {"bucket": BUCKET, "prefix": "dags"},
            }
        ]
        self._environment = {
            **account.environment,
            "AIRFLOW_HOME": str(folder / "home"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(config),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(self.storage),
            "AIRFLOW__DAG_PROCESSOR__STALE_BUNDLE_CLEANUP_AGE_THRESHOLD": "0",
            "AIRFLOW__DAG_PROCESSOR__STALE_BUNDLE_CLEANUP_MIN_VERSIONS": "0",
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": "docker",
        }

    def push(self, text: str) -> str:
        """Make a version with one file the current one."""
        dags = self._folder / "project/dags"
        dags.mkdir(parents=True, exist_ok=True)
        (dags / "a.py").write_text(text)
        archive = archive_of(dags.parent)
        self.versions.add(archive)
        self.versions.move(archive.version, self.versions.current())
        return archive.version

    def process(self) -> Process:
        """Start a process."""
        process = Process(interpreters.airflow(print), self._environment)
        self._processes.append(process)
        return process

    def folder(self, version: str) -> Path:
        """Where a version's files are."""
        return self.storage / bundle.NAME / "versions" / version

    def end(self) -> None:
        """End all processes, and empty the bucket."""
        for process in self._processes:
            process.end()
        for one in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            self.s3.delete_object(Bucket=BUCKET, Key=one["Key"])
        self.s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def bundles(account: Account, tmp_path: Path) -> Iterator[Bundles]:
    """An empty bucket and an empty storage."""
    made = Bundles(account, tmp_path)
    yield made
    made.end()


def test_the_dag_processor_follows_the_pointer_and_a_task_stays_at_its_version(bundles: Bundles) -> None:
    """Each version has a folder of its own; one that is read again after a rollback is newer than before."""
    first = bundles.push("one")
    processor, task = bundles.process(), bundles.process()
    began = time.time()
    assert processor.do("initialize", version=None) == {
        "answer": None,
        "path": str(bundles.folder(first)),
        "version": first,
    }
    assert (bundles.folder(first) / "a.py").stat().st_mtime >= began
    assert task.do("initialize", version=first)["path"] == str(bundles.folder(first))
    assert processor.do("moved")["answer"] is False

    second = bundles.push("two")
    assert processor.do("moved") == {"answer": True, "path": str(bundles.folder(first)), "version": first}
    assert processor.do("refresh")["version"] == second
    assert processor.do("moved")["answer"] is False
    assert "is not refreshed" in task.do("refresh")["error"]
    assert [(bundles.folder(one) / "a.py").read_text() for one in (first, second)] == ["one", "two"]

    os.utime(bundles.folder(first) / "a.py", (0, 0))
    began = time.time()
    assert bundles.push("one") == first
    assert processor.do("refresh")["version"] == first
    assert (bundles.folder(first) / "a.py").stat().st_mtime >= began


def test_processes_that_start_at_once_see_all_files(bundles: Bundles) -> None:
    """As many tasks of one run do on a new worker; what an interrupted one left is no hindrance."""
    version = bundles.push("x" * 1_000_000)
    (bundles.storage / bundle.NAME / "staging/files").mkdir(parents=True)
    processes = [bundles.process() for _ in range(4)]
    for process in processes:
        process.send("initialize", version=version)
    for process in processes:
        assert process.answer()["version"] == version
    assert [one.name for one in (bundles.storage / bundle.NAME / "versions").iterdir()] == [version]
    assert not (bundles.storage / bundle.NAME / "staging").exists()


def test_a_version_is_deleted_when_nobody_has_it_any_longer(bundles: Bundles) -> None:
    """By Airflow itself, which leaves alone what is locked; who comes later unpacks it again."""
    first = bundles.push("one")
    task, processor = bundles.process(), bundles.process()
    task.do("initialize", version=first)
    processor.do("initialize", version=None)
    second = bundles.push("two")
    processor.do("refresh")
    processor.do("clean")
    assert [bundles.folder(one).is_dir() for one in (first, second)] == [True, True]
    task.do("release")
    processor.do("clean")
    assert [bundles.folder(one).is_dir() for one in (first, second)] == [False, True]
    assert task.do("initialize", version=first)["version"] == first
    assert (bundles.folder(first) / "a.py").read_text() == "one"


def archive(*names: str) -> DagArchive:
    """An archive with files of these names."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return DagArchive(hashlib.sha256(plain.getvalue()).hexdigest(), gzip.compress(plain.getvalue()))


def test_what_cannot_be_trusted_is_not_unpacked(bundles: Bundles) -> None:
    """Other content than the name says, no end, a file outside of the folder, a pointer to no version."""
    good, other = archive("a.py"), archive("b.py")
    outside = archive("../../../outside.py")
    cut = "c" * 64
    bundles.versions.add(DagArchive(good.version, other.content))
    bundles.versions.add(DagArchive(cut, good.content[:40]))
    bundles.versions.add(outside)
    process = bundles.process()
    for version, message in (
        (
            good.version,
            f"DagArchiveError: the archive of version {good.version} has the hash {other.version}",
        ),
        (cut, f"DagArchiveError: the archive of version {cut} has the hash of no gzip file"),
        (outside.version, "OutsideDestinationError"),
        ("d" * 64, "NoSuchKey"),
    ):
        assert message in process.do("initialize", version=version)["error"]
        assert not bundles.folder(version).exists()
    assert not list(bundles.storage.rglob("*.py"))
    bundles.s3.put_object(Bucket=BUCKET, Key="dags/current", Body=b'{"version": "../../etc"}')
    error = process.do("initialize", version=None)["error"]
    assert error == f"DagArchiveError: s3://{BUCKET}/dags/current names no version: '../../etc'"


def test_an_outage_of_s3_keeps_the_version(bundles: Bundles) -> None:
    """The DAG processor goes on with what it has, and a refresh says what is wrong."""
    version = bundles.push("one")
    process = bundles.process()
    process.do("initialize", version=None)
    bundles.s3.delete_object(Bucket=BUCKET, Key="dags/current")
    assert process.do("moved")["answer"] is False
    found = process.do("refresh")
    assert "NoSuchKey" in found["error"]
    assert process.do("moved")["version"] == version


def test_a_dag_is_stored_only_under_the_version_that_it_was_parsed_from(bundles: Bundles) -> None:
    """A result that comes after a refresh is dropped and counts as not parsed; a queued file moves on."""
    first = bundles.push("one")
    second = bundles.push("two")
    process = bundles.process()
    process.do("initialize", version=None)
    assert process.do("store", parsed_from=second, version=second)["answer"] == [second, "parsed"]
    assert process.do("store", parsed_from=first, version=second)["answer"] == ["not parsed"]
    assert process.do("requeue", queued=first, present=second)["answer"] == [second, first]
