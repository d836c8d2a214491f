"""A cluster whose image the daemon builds and whose tasks it runs."""

import base64
import json
import os
import secrets
import shutil
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from pulumi import automation as auto

from cli.airflow_api import AirflowApi
from embedded_aws import account, engine
from embedded_aws.docker_daemon import HOST, REGISTRY, Client, Daemon, Login, Registry, base_image
from tests.engine.bench import PROJECT, Bench
from tests.helpers.checkout import SHIPPED, ship

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
REGISTRY_ADDRESS, REGISTRY_PORT = "127.0.0.80", 80
PARTS = ("components", "docker", "dags", "docs", "plugins", "cli", "policy")
FILES = ("__main__.py", "config.py", "Pulumi.yaml", ".dockerignore")
EXTRA_PYTHON_PACKAGE = "cowsay"
EXTRA_OS_PACKAGE = "tree"
EXCLUDED_FILES = (".env", ".git/config", "docker/.env", "dags/.env")
"""Files that must not get into the image."""


def ecr_host() -> str:
    """Name the registry as ECR does."""
    return f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com"


@dataclass
class Deployment:
    """The stack and what the tests ask of it.

    Attributes:
        bench: account and engine.
        project: the program's folder, a copy.
        client: the daemon.
        registry: where images are pushed to.
        base: base image.
        settings: what the stack has set besides, by key of its file.
        planted: a password that lies in files beside the build context.
        up_seconds: how long the last `up` took.
    """

    bench: Bench
    project: Path
    client: Client
    registry: Registry
    base: str
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    planted: str = ""
    up_seconds: float = 0

    @cached_property
    def stack(self) -> auto.Stack:
        """The stack `local`, with Celery and Flower unless the settings say otherwise."""
        settings = {
            "executor": "CeleryExecutor",
            "flowerCount": '"1"',
            "imageBase": self.base,
            "imageExtraCaFile": str(self.bench.home / "account/ca.pem"),
            "loadBalancerPort": '"8080"',
            **self.settings,
        }
        return self.bench.stack(
            "local",
            {f"airflow-ecs:{key}": value for key, value in settings.items()},
            project=self.project,
            base=(SHIPPED / "Pulumi.local.yaml").read_text(),
        )

    def up(self) -> None:
        """Deploy."""
        started = time.monotonic()
        self.stack.up()
        self.up_seconds = time.monotonic() - started

    def build_and_push(self, tag: str, *, cached: bool = True) -> tuple[str, float]:
        """Build and push as the last `up` did, under another tag: the image by digest, and the seconds."""
        inputs = self._image()["inputs"]
        reference = f"{inputs['repository_url']}:{tag}"
        started = time.monotonic()
        self.client.build(
            context=self.project,
            dockerfile=self.project / "docker/Dockerfile",
            tag=reference,
            build_args=inputs["build_args"],
            platform=inputs["platform"],
            cached=cached,
        )
        return self.client.push(reference, self.registry.login), time.monotonic() - started

    def image_uri(self) -> str:
        """Give the image by digest, as the state holds it."""
        return str(self._image()["outputs"]["uri"])

    def layers(self, uri: str) -> dict[str, int]:
        """List the layers that the registry holds of an image, first to last: compressed bytes by digest."""
        repository, _, digest = uri.partition("/")[2].partition("@")
        manifest = self.registry.manifest(repository, digest)
        return {layer["digest"]: layer["size"] for layer in manifest["layers"]}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        return {name: output.value for name, output in self.stack.outputs().items()}

    @cached_property
    def api(self) -> AirflowApi:
        """Airflow's REST API as the administrator."""
        arn = self.outputs["secret_arns"]["admin-password"]
        password = self.aws("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        return AirflowApi(self.outputs["url"], self.outputs["admin_username"], password)

    def aws(self, service: str) -> Any:
        """Make a client of the account."""
        session: Any = boto3.Session(region_name=REGION)
        return session.client(service)

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Describe the running task of each service, by name."""
        ecs, cluster = self.aws("ecs"), self.outputs["cluster_name"]
        found: dict[str, dict[str, Any]] = {}
        for service, name in self.outputs["service_names"].items():
            arns = ecs.list_tasks(cluster=cluster, serviceName=name, desiredStatus="RUNNING")["taskArns"]
            (found[service],) = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
        return found

    def definition(self, task: dict[str, Any]) -> dict[str, Any]:
        """Describe a task's task definition."""
        arn = task["taskDefinitionArn"]
        return self.aws("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]

    def container_definition(self, task: dict[str, Any], service: str) -> dict[str, Any]:
        """Describe the container of a service in its task's definition."""
        definitions = self.definition(task)["containerDefinitions"]
        return next(one for one in definitions if one["name"] == service)

    def container(self, task: dict[str, Any], service: str) -> dict[str, Any]:
        """Tell what the daemon knows of the container of a service."""
        place = [one["name"] for one in task["containers"]].index(service)
        name = f"{task['taskArn'].rpartition('/')[2]}-{place}"
        (found,) = json.loads(self.client.output("container", "inspect", name))
        return found

    def _image(self) -> dict[str, Any]:
        state: Any = self.stack.export_stack().deployment
        (found,) = (
            one for one in state["resources"] if one["type"] == "pulumi-python:dynamic/index:BuiltImage"
        )
        return found


@contextmanager
def deployed(
    home: Path,
    settings: Mapping[str, str] | None = None,
    more_dags: Path | None = None,
    *,
    extra_packages: bool = False,
) -> Generator[Deployment]:
    """Bring a cluster up, with a daemon, a registry and an account of its own, and end them all afterwards.

    Args:
        home: an empty folder.
        settings: what the stack has set besides, by key of its file.
        more_dags: a folder of DAGs beside the project's.
        extra_packages: whether a user added packages to the image.
    """
    planted = secrets.token_hex()
    project = _copy(home / PROJECT.name, more_dags, planted)
    if extra_packages:
        _add(project / "docker/extra-requirements.txt", EXTRA_PYTHON_PACKAGE)
        _add(project / "docker/extra-os-packages.txt", EXTRA_OS_PACKAGE)
    with ExitStack() as stack:
        client = stack.enter_context(Daemon.start({ecr_host(): REGISTRY_ADDRESS})).client
        base = base_image(client)
        (home / "state").mkdir()
        environment = {
            **engine.environment(),
            HOST: client.host,
            REGISTRY: f"{REGISTRY_ADDRESS}:{REGISTRY_PORT}",
            "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "tests of containers",
        }
        stack.enter_context(patch.dict(os.environ, environment))
        environment |= account.start(home / "account")
        stack.callback(account.stop, home / "account")
        stack.enter_context(patch.dict(os.environ, environment))
        registry = Registry.start(home / "registry", _login(), REGISTRY_ADDRESS, REGISTRY_PORT)
        stack.callback(registry.stop)
        bench = Bench(home, environment, {})
        deployment = Deployment(bench, project, client, registry, base, settings or {}, planted)
        deployment.up()
        yield deployment


def _login() -> Login:
    """What the account's ECR has its callers log in with."""
    session: Any = boto3.Session(region_name=REGION)
    (given,) = session.client("ecr").get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
    return Login(user, password)


def _copy(folder: Path, more_dags: Path | None, planted: str) -> Path:
    """Copy the project as it ships, for tests to change, and put secrets beside the build context."""
    for part in PARTS:
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    ship(folder)
    if more_dags is not None:
        shutil.copytree(more_dags, folder / "dags", dirs_exist_ok=True)
    for file in FILES:
        shutil.copy(PROJECT / file, folder / file)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    (folder / ".git").mkdir()
    for file in EXCLUDED_FILES:
        (folder / file).write_text(f"PASSWORD={planted}\n")
    return folder


def _add(file: Path, package: str) -> None:
    """Add a package as a user does."""
    with file.open("a") as lines:
        lines.write(f"{package}\n")
