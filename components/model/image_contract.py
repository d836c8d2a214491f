"""What the program and docker/Dockerfile must agree on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

DEFAULT_BASE_IMAGE: Final = "docker.io/library/python:3.12-slim-bookworm"
CONTEXT_FOLDERS: Final = ("docker", "dags", "plugins")
"""The folders of the project that the image is made from; `.dockerignore` lets in just these."""
DAG_FOLDER: Final = "dags"
"""The one of them that the image is made from only where DAGs are part of it."""
LEFT_OUT: Final = frozenset({"__pycache__", ".ruff_cache", ".env", ".git"})
"""What tools and people leave in those folders; `.dockerignore` keeps them out."""

DATABASE_CA_FILE: Final = "/opt/airflow/certs/database.pem"
BROKER_CA_FILE: Final = "/opt/airflow/certs/broker.pem"
DAGS_FOLDER: Final = "/opt/airflow/dags"
NO_DAGS_FOLDER: Final = "/opt/airflow/run/no-dags"
"""A folder that does not exist."""
PLUGINS_FOLDER: Final = "/opt/airflow/plugins"
LOGS_FOLDER: Final = "/opt/airflow/logs"
WRITABLE_FOLDERS: Final = ("/opt/airflow/logs", "/opt/airflow/run", "/tmp")  # noqa: S108, a path in the container
"""What Airflow writes to; all else in the container is read-only."""
MIGRATE_COMMAND: Final = ("/opt/airflow/bin/migrate",)
CLEAN_COMMAND: Final = ("/opt/airflow/bin/clean",)
ROTATE_FERNET_KEY_COMMAND: Final = ("/opt/airflow/bin/rotate-fernet-key",)
"""Encrypts what the database keeps secret with the first of the Fernet keys; needs both."""
METRICS_COMMAND: Final = ("/opt/airflow/bin/metrics",)
DAG_PROCESSOR_COMMAND: Final = ("/opt/airflow/bin/dag-processor",)
"""Airflow's DAG processor for versioned DAGs."""
DAG_BUNDLE: Final = "airflow_ecs_image.dag_bundle.DagArchiveBundle"
LOCAL_EXECUTOR: Final = "airflow_ecs_image.local_executor.LocalExecutor"
CELERY_EXECUTOR: Final = "airflow_ecs_image.celery_executor.CeleryExecutor"
ECS_EXECUTOR: Final = "airflow_ecs_image.ecs_executor.AwsEcsExecutor"
WORKLOAD_COMMAND: Final = ("python", "-m", "airflow.sdk.execution_time.execute_workload")
HEALTHCHECK: Final = "/opt/airflow/bin/healthcheck"
"""Its argument is a service that the image knows, or any other. Then it checks that the service runs, and the
entrypoint waits for what the environment names: `CHECKS` and `SERVICES` in docker/airflow_ecs_image/."""
UID: Final = 50000
DOCKER_NAMES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
"""Docker's name of a processor, by that of `uname -m`."""


def context_folders(*, with_dags: bool) -> tuple[str, ...]:
    """List the folders that go into an image with DAGs, or without."""
    return tuple(name for name in CONTEXT_FOLDERS if with_dags or name != DAG_FOLDER)


def builder_error(wanted_machine: str, machine: str, emulated: Iterable[str]) -> str | None:
    """Return why a builder cannot build an image, or None.

    Args:
        wanted_machine: processor that the image is for, as `uname -m` names it.
        machine: the builder's own.
        emulated: those whose programs its kernel runs all the same.
    """
    if wanted_machine == machine or wanted_machine in emulated:
        return None
    return (
        f"must suit the builder: this machine ({machine}) cannot build an image for {wanted_machine}. Build "
        f"on such a machine, install an emulator (docker run --privileged --rm tonistiigi/binfmt --install "
        f"{DOCKER_NAMES[wanted_machine]}), choose the other architecture, or deploy an existing image"
    )


def files_of(project: Path, folders: Iterable[str]) -> list[Path]:
    """List the files of a project's folders, sorted, without what tools leave there."""
    return sorted(
        file
        for folder in folders
        for file in (project / folder).rglob("*")
        if file.is_file() and LEFT_OUT.isdisjoint(file.parts)
    )
