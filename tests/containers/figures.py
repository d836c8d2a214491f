"""Measures the image in containers and prints docs/image.md's tables: `make bench`.

`python -m tests.containers.figures [--stack dev|prod]` deploys a cluster with the sizes of that stack's file.
"""

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from components.model.settings.settings import Executor, Settings
from docker import DockerClient
from embedded_aws import capabilities
from tests.containers.deployment import Deployment, deployed
from tests.helpers.checkout import SHIPPED

DAGS = Path(__file__).parent / "dags"
MIB = 1024 * 1024
DAG_SECONDS = 600
HEALTHY_SECONDS = 300
REST_SECONDS = 30
HEADROOM = 0.3
"""Share of a service's memory that must stay free under load."""


def shape(stack: str) -> dict[str, str]:
    """Read the executor, and the number and sizes of tasks, of a shipped stack file."""
    config: dict[str, str] = yaml.safe_load((SHIPPED / f"Pulumi.{stack}.yaml").read_text())["config"]
    found = {key.partition(":")[2]: value for key, value in config.items()}
    executor = found.get("executor", Settings.executor)
    sizes = {key: value for key, value in found.items() if re.search("(CpuUnits|MemoryMib|singleTask)$", key)}
    sizes["flowerCount"] = str(int(executor == Executor.CELERY))
    return {"executor": executor} | {key: f'"{value}"' for key, value in sizes.items()}


def table(header: str, rows: Iterable[Iterable[object]]) -> str:
    """Format rows as Markdown."""
    columns = header.count("|") - 1
    lines = [header, "|" + " --- |" * columns]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def layers(deployment: Deployment, uri: str) -> str:
    """List what each layer holds and its compressed size."""
    repository, _, digest = uri.partition("/")[2].partition("@")
    manifest = deployment.registry.manifest(repository, digest)
    config = json.loads(deployment.registry.blob(repository, manifest["config"]["digest"]))
    made = [one.get("created_by", "base image") for one in config["history"] if not one.get("empty_layer")]
    pairs = [
        (re.sub(r" # buildkit$", "", text)[:70], layer["size"])
        for text, layer in zip(made, manifest["layers"], strict=True)
    ]
    pipeline = sum(size for text, size in pairs if "/opt/pipeline" in text)
    total = sum(size for _, size in pairs)
    ends = [("**in all**", total), ("**without /opt/pipeline**", total - pipeline)]
    return table(
        "| layer | MB compressed |",
        [(f"`{text}`", f"{size / 1e6:.1f}") for text, size in pairs]
        + [(text, f"**{size / 1e6:.1f}**") for text, size in ends],
    )


def starts(deployment: Deployment) -> str:
    """Time each task's start; services that share a task start together."""
    together: dict[str, list[str]] = {}
    for service, name in deployment.outputs["service_names"].items():
        together.setdefault(name, []).append(service)
    rows: list[list[object]] = []
    for services in together.values():
        task = deployment.tasks()[services[0]]
        period = deployment.container_definition(task, services[0])["healthCheck"]["startPeriod"]
        seconds = f"{seconds_to_healthy(deployment, services[0]):.0f}"
        rows.append([", ".join(services), deployment.definition(task)["cpu"], seconds, int(period)])
    return table("| task of | CPU units | start to healthy, s | start period, s |", rows)


def seconds_to_healthy(deployment: Deployment, service: str) -> float:
    """End a service's task and time its successor from the containers' start until ECS calls it healthy."""
    old = deployment.tasks()[service]["taskArn"]
    ecs, cluster = deployment.aws("ecs"), deployment.outputs["cluster_name"]
    ecs.stop_task(cluster=cluster, task=old)
    deadline = time.monotonic() + HEALTHY_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.5)
        name = deployment.outputs["service_names"][service]
        arns = ecs.list_tasks(cluster=cluster, serviceName=name, desiredStatus="RUNNING")["taskArns"]
        tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        for task in tasks:
            if task["taskArn"] != old and task["healthStatus"] == "HEALTHY":
                return time.time() - task["startedAt"].timestamp()
    raise TimeoutError(f"{service} is not healthy after {HEALTHY_SECONDS} s")


class Memory:
    """Samples each service's working set: what the kernel could not drop, of what its limit counts."""

    def __init__(self, deployment: Deployment) -> None:
        self._names = {
            service: deployment.container(task, service)["Id"] for service, task in deployment.tasks().items()
        }
        self._docker: Any = DockerClient(deployment.client.host)

    def now(self) -> dict[str, float]:
        """Give MiB by service."""
        return {service: self._one(name) for service, name in self._names.items()}

    @contextmanager
    def peak(self) -> Any:
        """Give the highest sample of each service while the block runs."""
        found, ended = self.now(), threading.Event()

        def sample() -> None:
            while not ended.wait(0.5):
                found.update({service: max(found[service], mib) for service, mib in self.now().items()})

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            yield found
        finally:
            ended.set()
            thread.join()

    def _one(self, name: str) -> float:
        figure = self._docker.api.stats(name, stream=False, one_shot=True)["memory_stats"]
        droppable = figure["stats"].get("total_inactive_file", figure["stats"].get("inactive_file", 0))
        return (figure["usage"] - droppable) / MIB


def loaded(deployment: Deployment) -> tuple[str, dict[str, float]]:
    """Measure memory at rest and under both loads; the table, and seconds by DAG."""
    for dag in ("load_chain", "load_parallel"):
        deployment.api.wait_for_dag(dag, DAG_SECONDS)
    time.sleep(REST_SECONDS)
    memory = Memory(deployment)
    rest, seconds = memory.now(), dict[str, float]()
    peaks: dict[str, dict[str, float]] = {}
    for dag in ("load_chain", "load_parallel"):
        started = time.monotonic()
        with memory.peak() as peaks[dag]:
            deployment.api.run_dag(dag, {}, DAG_SECONDS)
        seconds[dag] = time.monotonic() - started
    rows: list[list[str | int]] = []
    for service, task in deployment.tasks().items():
        size = int(deployment.container_definition(task, service)["memory"])
        highest = max(peaks["load_chain"][service], peaks["load_parallel"][service])
        free = 1 - highest / size
        enough = "" if free >= HEADROOM else " **too little**"
        by_load = [round(peaks[dag][service]) for dag in peaks]
        rows.append([service, size, round(rest[service]), *by_load, f"{free:.0%}{enough}"])
    header = "| service | size MiB | at rest | chain of 40 | 100 parallel | free at the peak |"
    return table(header, rows), seconds


def contents(blob: bytes) -> dict[str, tuple[object, ...]]:
    """Give what a layer holds by path: kind, mode, owner, target and content, but no times."""
    found: dict[str, tuple[object, ...]] = {}
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob))) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            text = hashlib.sha256(file.read()).hexdigest() if file else ""
            found[member.name] = (member.type, member.mode, member.uid, member.gid, member.linkname, text)
    return found


def rebuilt(deployment: Deployment, first: str) -> str:
    """Build all again from nothing and tell which files differ from an image's in more than their times."""
    second, seconds = deployment.build_and_push("again", cached=False)
    repository = first.partition("/")[2].partition("@")[0]
    differing: list[str] = []
    pairs = list(zip(deployment.layers(first), deployment.layers(second), strict=True))
    for one, other in pairs:
        if one != other:
            before, after = (contents(deployment.registry.blob(repository, name)) for name in (one, other))
            differing += [
                path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
            ]
    same = sum(one == other for one, other in pairs)
    return (
        f"Built again without a cache in {seconds:.0f} s: {same} of {len(pairs)} layers are the same, "
        f"{len(differing)} files differ in more than their times{': ' if differing else '.'}"
        + ", ".join(sorted(differing)[:20])
    )


def changed_dag(deployment: Deployment) -> tuple[str, str]:
    """Change a DAG, build and push; what it took, and the image's URI."""
    before = deployment.layers(deployment.image_uri())
    dag = deployment.project / "dags/smoke.py"
    dag.write_text(f"{dag.read_text()}# changed\n")
    uri, seconds = deployment.build_and_push("changed-dag")
    pushed = [size for digest, size in deployment.layers(uri).items() if digest not in before]
    figure = f"A changed DAG: {seconds:.1f} s to build and push; {len(pushed)} layer, {sum(pushed)} bytes."
    return figure, uri


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", default="prod", choices=["dev", "prod"])
    stack = parser.parse_args().stack
    if reason := capabilities.why_no_daemon():
        sys.exit(f"the image is not measured: {reason}")
    with (
        tempfile.TemporaryDirectory() as folder,
        deployed(Path(folder), settings=shape(stack), more_dags=DAGS) as deployment,
    ):
        show(
            f"# The image in tasks as {stack} has them\n\n"
            f"`up` with build and push: {deployment.up_seconds:.0f} s"
        )
        show(layers(deployment, deployment.image_uri()))
        memory, seconds = loaded(deployment)
        show(memory)
        show(", ".join(f"{dag}: {spent:.0f} s" for dag, spent in seconds.items()))
        show(starts(deployment))
        figure, uri = changed_dag(deployment)
        show(figure)
        show(rebuilt(deployment, uri))


def show(text: str) -> None:
    """Print a part at once."""
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
