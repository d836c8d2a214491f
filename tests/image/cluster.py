"""One stack's worth of roles on loopback, with the environment that the program gives each."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from airflow_ecs_image import database_role
from components.model.services import airflow_env, timeouts
from components.model.settings.settings import Executor, Settings
from components.model.workload.workload import workload
from embedded_aws import images, sandbox
from tests.helpers.polling import wait_for
from tests.image import servers
from tests.image.account import PREFIX, Account
from tests.image.certificates import Authority
from tests.image.services import RunningService

CELERY = workload(Settings(executor=Executor.CELERY))
DAGS = Path(__file__).parent / "dags"
ADMIN = "admin"
ISSUER = "airflow.internal"
COMMANDS = {
    "migration": ("/opt/airflow/bin/migrate",),
    "api-server": ("airflow", "api-server", "--apps", "core", "--proxy-headers", "--worker-timeout", "120"),
    "execution-api": ("airflow", "api-server", "--apps", "execution"),
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
    "worker": (
        *("airflow", "celery", "worker", "--queues", "default", "--concurrency", "2"),
        *("--skip-serve-logs", "--without-mingle", "--without-gossip"),
    ),
    "flower": ("airflow", "celery", "flower"),
}

API_SERVERS = ("api-server", "execution-api")
"""The two that share a task, and so an address."""


def _keys() -> dict[str, str]:
    fernet = base64.urlsafe_b64encode(os.urandom(32)).decode()
    return {"fernet": fernet, "jwt": jwt_private_key(), "api": secrets.token_hex(32)}


@dataclass
class Cluster:
    """PostgreSQL, Redis and the roles started so far."""

    image: images.Image
    account: Account
    folder: Path
    authority: Authority
    database: servers.Server
    broker: servers.Server
    password: str = "first-Pa55word"
    keys: dict[str, str] = field(default_factory=_keys)
    services: list[RunningService] = field(default_factory=list[RunningService])

    @classmethod
    def start(cls, image: images.Image, account: Account, folder: Path) -> "Cluster":
        """Start the two servers."""
        authority = Authority.make("the test's CA")
        (folder / "ca.pem").write_text(authority.pem())
        database = servers.postgresql(folder / "postgresql", address(1), authority)
        broker = servers.redis(folder / "redis", address(2), authority)
        return cls(image, account, folder, authority, database, broker)

    def environment(self, name: str) -> dict[str, str]:
        """What the program puts into the role's container definition, no secret more than it needs."""
        database = servers.metadata_url(self.database)
        broker = {"AIRFLOW__CELERY__BROKER_URL": servers.broker_url(self.broker)}
        metadata = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database}
        fernet = {"AIRFLOW__CORE__FERNET_KEY": self.keys["fernet"]}
        jwt = {"AIRFLOW_ECS_JWT_PRIVATE_KEYS": self.keys["jwt"], "AIRFLOW__API_AUTH__JWT_ISSUER": ISSUER}
        api = {"AIRFLOW__API__SECRET_KEY": self.keys["api"]}
        admin = {
            "AIRFLOW_ECS_ADMIN_USERNAME": ADMIN,
            "AIRFLOW_ECS_ADMIN_PASSWORD": self.password,
            "AIRFLOW_ECS_ADMIN_EMAIL": "admin@example.com",
        }
        # Who may read the secrets that hold connections and variables; a worker has no credentials at all.
        lookup = {**self.account.environment, **airflow_env.secrets_backend(PREFIX)}
        of_tasks = timeouts.of_tasks(CELERY.settings)
        own = {
            "migration": {**metadata, **fernet, **admin, database_role.VARIABLE: servers.MASTER_SECRET},
            "api-server": {
                **metadata,
                **fernet,
                **jwt,
                **api,
                "AIRFLOW__FAB__SESSION_MAX_LIFETIME_MINUTES": str(60 * CELERY.settings.sso.session_hours),
            },
            "execution-api": {
                **metadata,
                **fernet,
                **jwt,
                **lookup,
                "AIRFLOW__API__PORT": "8081",
                **timeouts.of_tokens(CELERY.settings),
            },
            "scheduler": {
                **metadata,
                **fernet,
                **jwt,
                **broker,
                **CELERY.executor.scheduler_environment,
                **timeouts.of_schedulers(),
                **of_tasks,
            },
            "dag-processor": {**metadata, **fernet, **lookup},
            "triggerer": {**metadata, **fernet, **lookup},
            "worker": {**broker, **of_tasks},
            "flower": broker,
            "maintenance": metadata,
        }[name]
        built_in = dict(entry.split("=", 1) for entry in self.image.config["Env"])
        return {**built_in, **self._common(name), **own}

    def service(
        self, name: str, environment: Mapping[str, str] | None = None, ca: Path | None = None
    ) -> RunningService:
        """A container of the role `name`, not started yet, with `environment` over what the program gives."""
        number = len(self.services) + 10
        trusted = ca or self.folder / "ca.pem"
        mounts = [
            sandbox.Mount(source=trusted, target=f"/opt/airflow/certs/{file}", read_only=True)
            for file in ("database.pem", "broker.pem")
        ]
        mounts.append(sandbox.Mount(source=DAGS, target="/opt/airflow/dags", read_only=True))
        service = RunningService.make(
            self.image.root,
            self.folder / f"{name}-{number}",
            self.api_address if name in API_SERVERS and environment is None else address(number),
            {**self.environment(name), **(environment or {})},
            tuple(mounts),
        )
        self.services.append(service)
        return service

    def stop(self) -> None:
        """End everything."""
        for service in self.services:
            service.stop()
        self.broker.stop()
        self.database.stop()

    @property
    def api_address(self) -> str:
        """Where the two API servers listen."""
        return address(3)

    def token(self, password: str) -> requests.Response:
        """Log in as the administrator."""
        credentials = {"username": ADMIN, "password": password}
        return requests.post(f"http://{self.api_address}:8080/auth/token", json=credentials, timeout=30)

    def call(self, method: str, path: str, **options: Any) -> Any:
        """One authorised call of the REST API; its JSON."""
        headers = {"Authorization": f"Bearer {self.token(self.password).json()['access_token']}"}
        url = f"http://{self.api_address}:8080/api/v2/{path}"
        answer = requests.request(method, url, headers=headers, timeout=30, **options)
        assert answer.ok, f"{answer.status_code}: {answer.text}"
        return answer.json()

    def run_dag(self, seconds: int) -> str:
        """Trigger `trivial`; the run's id."""
        wait_for("Airflow knows the DAG", lambda: requests_ok(lambda: self.call("GET", "dags/trivial")))
        body = {"logical_date": None, "conf": {"seconds": seconds}}
        return str(self.call("POST", "dags/trivial/dagRuns", json=body)["dag_run_id"])

    def run_state(self, run: str) -> str:
        """The state of a run."""
        return str(self.call("GET", f"dags/trivial/dagRuns/{quote(run, safe='')}")["state"])

    def task_state(self, run: str, task: str) -> str:
        """The state of a task of a run."""
        return str(
            self.call("GET", f"dags/trivial/dagRuns/{quote(run, safe='')}/taskInstances/{task}")["state"]
        )

    def tries(self, run: str) -> set[int]:
        """The tries that the tasks of a run took."""
        found = self.call("GET", f"dags/trivial/dagRuns/{quote(run, safe='')}/taskInstances")
        return {int(one["try_number"]) for one in found["task_instances"]}

    def wait_for_end(self, run: str) -> None:
        """Wait until a run has succeeded or failed."""
        wait_for(f"{run} ends", lambda: self.run_state(run) in ("success", "failed"))

    def _common(self, name: str) -> dict[str, str]:
        return {
            "AIRFLOW_ECS_SERVICE": name,
            "AIRFLOW_ECS_MAX_TASK_DURATION_HOURS": "6",
            "AIRFLOW_ECS_DATABASE_WAIT_SECONDS": "60",
            "AIRFLOW__CORE__EXECUTOR": CELERY.executor.name,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{self.api_address}:8081/execution/",
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "43200",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        }


def jwt_private_key() -> str:
    """Make a private key of Ed25519, as PEM."""
    return pem(Ed25519PrivateKey.generate())


def pem(key: PrivateKeyTypes) -> str:
    """Write a private key as the program does."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def requests_ok(call: Any) -> bool:
    """Whether a REST call succeeds by now."""
    try:
        call()
    except (AssertionError, requests.RequestException):
        return False
    return True


def address(number: int) -> str:
    """The `number`th loopback address of this test process."""
    return f"127.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}.{number}"
