"""The cluster of this clone, as a user brings it up, and what the tests ask of it."""

import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import psycopg
import pytest

from cli.airflow_api import FINAL_STATES, AirflowApi
from tests.helpers import checkout
from tests.helpers.polling import WAIT_SECONDS, wait_for

CHECKOUT = hashlib.sha256(str(checkout.ROOT).encode()).hexdigest()[:8]
COPY = Path(tempfile.gettempdir()) / f"airflow-ecs-{os.getuid()}-{CHECKOUT}"
PROJECT = checkout.ROOT if checkout.is_as_shipped() else COPY
"""This clone, or a copy of it with what ships in place of what its user changed."""
STATE = PROJECT / ".local"
ACCOUNT = STATE / "aws"
STACK = "local"
PIPELINE = "nasdaq_stock_pipeline_with_gx"
RUN_SECONDS = 600


def call(*command: str, environment: Mapping[str, str] | None = None, folder: Path = PROJECT) -> str:
    """Run a command and give what it says; a failure ends the test with its last words."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        pytest.fail(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done.stdout


class Cluster:
    """Airflow on the embedded account of this clone."""

    def __init__(self) -> None:
        self.log = ""
        """All that `up` said."""
        self.executor = ""

    def up(self, executor: str, **settings: str) -> None:
        """Bring it up, or bring it to another executor or other settings; unwatched, which saves time."""
        settings = {"rolloutSettlingSeconds": "0", **settings}
        others = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        self.log += call("python3", "-m", "local", "up", "--executor", executor, *others)
        self.executor = executor
        lines = (STATE / "env").read_text()
        self.environment: dict[str, str] = dict(re.findall(r"^export (\w+)='(.*)'$", lines, re.MULTILINE))
        self.read()

    def read(self) -> None:
        """Read what the stack has now."""
        self.outputs: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json"))
        self.api = AirflowApi(
            self.outputs["url"], self.outputs["admin_username"], self.secret("admin-password")
        )

    def pulumi(self, *arguments: str) -> str:
        """Run `pulumi` on the stack."""
        return call(
            "pulumi", *arguments, "--stack", STACK, environment=self.environment, folder=STATE / "workspace"
        )

    def client(self, service: str) -> Any:
        """Give a client of the account."""
        session: Any = boto3.Session(
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_REGION"],
        )
        return session.client(service, endpoint_url=self.environment["AWS_ENDPOINT_URL"])

    def secret(self, kind: str) -> str:
        """Read a secret by the ARN that the stack gives out."""
        arn = self.outputs["secret_arns"][kind]
        return self.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]

    def connect(self, **changed: str) -> psycopg.Connection:
        """Connect to the database as the migration does, but for what is `changed`."""
        url = self.secret("database-url").replace("postgresql+psycopg://", "postgresql://")
        name = self.outputs["database_endpoint"].split(":")[0]
        hosts = (ACCOUNT / "hosts").read_text()
        (address,) = re.findall(rf"^(\S+)\s+{re.escape(name)}$", hosts, re.MULTILINE)
        wanted: dict[str, Any] = {"sslrootcert": str(ACCOUNT / "ca.pem")} | changed
        return psycopg.connect(url, hostaddr=address, connect_timeout=10, **wanted)

    def run_dag(self, dag_id: str, **conf: str) -> dict[str, Any]:
        """Run a DAG to its end, good or bad."""
        self.api.wait_for_dag(dag_id, WAIT_SECONDS)
        self.api.call("PATCH", f"/dags/{dag_id}?update_mask=is_paused", {"is_paused": False})
        run = self.api.call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
        path = f"/dags/{dag_id}/dagRuns/{quote(run['dag_run_id'], safe='')}"
        ended = wait_for(
            f"{dag_id} ended",
            lambda: self._ended(path),
            RUN_SECONDS,
        )
        tasks = self.api.call("GET", f"{path}/taskInstances")["task_instances"]
        return ended | {"path": path, "tasks": {task["task_id"]: task for task in tasks}}

    def task_log(self, run: Mapping[str, Any], task_id: str) -> str:
        """Read a task's complete log as Airflow's user interface does, soon after its end."""
        key = f"dag_id={run['dag_id']}/run_id={run['dag_run_id']}/task_id={task_id}/attempt=1.log"

        def uploaded() -> bool:
            found = self.client("s3").list_objects_v2(
                Bucket=self.outputs["logs_bucket"], Prefix=f"airflow-local/tasks/{key}"
            )
            return any(one["Key"].endswith(key) for one in found.get("Contents", []))

        wait_for(f"the log of {task_id} is in the bucket", uploaded)
        answer = self.api.call("GET", f"{run['path']}/taskInstances/{task_id}/logs/1")
        return json.dumps(answer["content"])

    def services(self) -> dict[str, dict[str, Any]]:
        """Describe the ECS service of every service."""
        names = self.outputs["service_names"]
        described = self.client("ecs").describe_services(
            cluster=self.outputs["cluster_name"], services=list(names.values())
        )["services"]
        return {
            service: next(one for one in described if one["serviceName"] == names[service])
            for service in names
        }

    def tasks(self, **wanted: str) -> list[dict[str, Any]]:
        """Describe the ECS tasks of a service (`serviceName`) or family, running or stopped."""
        ecs, cluster = self.client("ecs"), self.outputs["cluster_name"]
        arns = ecs.list_tasks(cluster=cluster, **wanted)["taskArns"]
        return ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []

    def container_log(self, group: str, task_arn: str) -> str:
        """Read what the container of a task wrote."""
        events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        task = task_arn.rsplit("/", 1)[-1]
        return "\n".join(event["message"] for event in events if event["logStreamName"].endswith(task))

    def _ended(self, path: str) -> dict[str, Any] | None:
        run = self.api.call("GET", path)
        return run if run["state"] in FINAL_STATES else None
