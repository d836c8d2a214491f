"""Code of DAGs finds no key of the cluster in an environment, and no log shows one: the image's real roles.

What this does not prove: that code of the same user id cannot read a key where it is kept. It can, as
SECURITY.md says.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from embedded_aws import sandbox
from tests.helpers.polling import wait_for
from tests.image import servers
from tests.image.cluster import COMMANDS, Cluster, requests_ok
from tests.image.services import RunningService
from tests.local.cluster.disclosure import disclosed

pytestmark = [pytest.mark.airflow, pytest.mark.long, pytest.mark.timeout(900)]

CURIOUS = Path(__file__).parent / "curious"
SERVICES = ("api-server", "execution-api", "scheduler", "dag-processor", "triggerer", "worker")
EXECUTORS = ("LocalExecutor", "CeleryExecutor")
TASKS = (*(f"{verb}_{executor}" for verb in ("look", "env", "read", "cat") for executor in EXECUTORS), "wait")


def secrets(cluster: Cluster) -> list[str]:
    """Every secret that a role of this cluster gets, its lines, and the passwords in its URLs."""
    urls = (
        servers.metadata_url(cluster.database),
        "db+" + servers.metadata_url(cluster.database, user="celery"),
        servers.broker_url(cluster.broker),
    )
    # A PEM file is logged line by line.
    lines = {
        line for key in cluster.keys.values() for line in key.splitlines() if not line.startswith("-----")
    }
    return [
        *cluster.keys.values(),
        *lines,
        *urls,
        servers.PASSWORD,
        quote(servers.PASSWORD, safe=""),
        servers.TOKEN,
    ]


@pytest.fixture(scope="module")
def looked(cluster: Cluster) -> Iterator[dict[str, RunningService]]:
    """All roles, after a run of the DAG that looks around; tasks on both executors."""
    services = {name: cluster.service(name) for name in SERVICES}
    for name, service in services.items():
        service.environment = {
            **service.environment,
            "AIRFLOW__CORE__EXECUTOR": ",".join(EXECUTORS),
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__API__EXPOSE_CONFIG": "non-sensitive-only",
        }
        service.mounts = (
            *service.mounts,
            *(
                sandbox.Mount(source=CURIOUS / kind, target=f"/opt/airflow/{kind}", read_only=True)
                for kind in ("dags", "plugins")
            ),
        )
        service.start(*COMMANDS[name])
    for name, service in services.items():
        service.wait_healthy(name)
    wait_for("Airflow knows the DAG", lambda: requests_ok(lambda: cluster.call("GET", "dags/curious")))
    run = cluster.call("POST", "dags/curious/dagRuns", json={"logical_date": None})["dag_run_id"]
    place = f"dags/curious/dagRuns/{quote(run, safe='')}"
    wait_for("the run ends", lambda: cluster.call("GET", place)["state"] in ("success", "failed"))
    states = {
        one["task_id"]: one["state"]
        for one in cluster.call("GET", f"{place}/taskInstances")["task_instances"]
    }
    assert states == dict.fromkeys(TASKS, "success"), task_logs(services)
    yield services
    for service in services.values():
        service.stop()


def task_logs(services: dict[str, RunningService]) -> dict[str, str]:
    """The tasks' and triggers' logs, as users read them, by file; those of the parsed files too."""
    return {
        f"{name}: {path.relative_to(service.folder)}": path.read_text()
        for name, service in services.items()
        for path in (service.folder / "logs").rglob("*.log*")
    }


def test_no_environment_that_dag_code_can_read_holds_a_key(
    cluster: Cluster, looked: dict[str, RunningService]
) -> None:
    """Neither its own nor that of another process, process 1 included."""
    dumps = {
        f"{name} {path.stem}": path.read_text()
        for name, service in looked.items()
        for path in (service.folder / "tmp").glob("*.dump")
    }
    parsed = {f"{name} parsed" for name in ("scheduler", "worker", "dag-processor")}
    assert dumps.keys() == {"scheduler task", "worker task", "triggerer trigger"} | parsed
    for text in dumps.values():
        of_process_1 = text.partition("/proc/1/environ\n")[2].partition("/proc/")[0]
        assert "AIRFLOW_ECS_SERVICE" in of_process_1, "the look was shut out"
    assert disclosed(secrets(cluster), dumps) == []


def test_no_log_shows_a_key_though_code_of_dags_reads_them_on_purpose(
    cluster: Cluster, looked: dict[str, RunningService]
) -> None:
    """Files, Airflow's configuration and command: what such code prints of a key is masked."""
    logs = {**task_logs(looked), **{name: service.text() for name, service in looked.items()}}
    assert disclosed(secrets(cluster), logs) == []
    for read in ("read_Local", "read_Celery", "cat_Local", "cat_Celery", ".trigger.", "dag-processor: "):
        (text, *_) = [text for name, text in logs.items() if read in name]
        assert text.count("***") >= 2, read


def test_the_api_shows_no_key(cluster: Cluster, looked: dict[str, RunningService]) -> None:
    """Neither as a setting nor as a task's rendered field."""
    assert looked["api-server"].process is not None
    paths = ("config", "dags/curious/dagRuns/~/taskInstances")
    shown = {path: str(cluster.call("GET", path)) for path in paths}
    assert "fernet_key" in shown["config"]
    assert disclosed(secrets(cluster), shown) == []


def test_a_health_check_gives_up_its_environment_before_it_does_anything(
    cluster: Cluster, looked: dict[str, RunningService]
) -> None:
    """ECS starts it with all secrets, beside the code of DAGs."""
    checks = {name: looked[name].watch_check(name) for name in ("scheduler", "worker")}
    for seen in checks.values():
        assert disclosed(secrets(cluster), {"check": seen["python"]}) == []
        assert "PYTHONPATH=/opt/airflow/lib" in seen["python"]
