# pyright: basic, reportMissingImports=false
# Airflow and Celery are in the image's environment, not in the program's.
"""A scheduler's executor while a worker's code writes into the results of running tasks.

Prints a line of JSON: what each poison made of its task, and whether its code ran.
"""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import boto3
import redis
from airflow.configuration import conf
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from scripts.executor import print_json, queue, states

PROOF = Path("/tmp/proof")  # noqa: S108 - the container's


class Trap(Exception):  # noqa: N818 - what an attacker finds in the scheduler
    """A class that does something when it is made, as some do."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        PROOF.touch()


class Bomb:
    """Pickled, it is a command."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        """Run something where it is read."""
        return os.system, (f"touch {PROOF}",)


def failure(task_id: str, **exception: object) -> bytes:
    """A failed task's result in Celery's form."""
    return json.dumps({"status": "FAILURE", "task_id": task_id, "result": exception}).encode()


POISONS: dict[str, Callable[[str], bytes]] = {
    "pickle": lambda task_id: pickle.dumps({"status": "SUCCESS", "task_id": task_id, "result": Bomb()}),
    "function": lambda task_id: failure(
        task_id, exc_type="system", exc_module="os", exc_message=[f"touch {PROOF}"]
    ),
    "class": lambda task_id: failure(task_id, exc_type="Trap", exc_module="__main__", exc_message=[]),
    "exit": lambda task_id: failure(task_id, exc_type="SystemExit", exc_module="builtins", exc_message=[3]),
    "no exception": lambda task_id: json.dumps(
        {"status": "FAILURE", "task_id": task_id, "result": [[1]]}
    ).encode(),
    "kombu's types": lambda task_id: json.dumps(
        {"status": "SUCCESS", "task_id": task_id, "result": {"__type__": "nope", "__value__": 1}}
    ).encode(),
    "no JSON": lambda _: b"\xff\x00",
    "a number": lambda _: b"7",
    "deep": lambda _: b"[" * 200_000,
    "no fields": lambda _: b"{}",
    "a list as status": lambda task_id: json.dumps({"status": ["SUCCESS"], "task_id": task_id}).encode(),
    "a list as id": lambda _: json.dumps({"status": "SUCCESS", "task_id": [1]}).encode(),
}


def run_poison(poison: Callable[[str], bytes]) -> dict[str, object]:
    """Poison one running task's result; what its executor, and one that adopts the task, say."""
    executor, other = CeleryExecutor(), CeleryExecutor()
    workload = queue(executor)
    executor.heartbeat()
    task_id = workload.ti.external_executor_id
    key = executor.celery_app.backend.get_key_for_task(task_id)
    put(key, poison(task_id))
    states(executor)
    wait(executor)
    executor.heartbeat()
    instance = SimpleNamespace(external_executor_id=task_id, key=workload.ti.key)
    left = other.try_adopt_task_instances([instance])
    found = {
        "state": states(executor).get(workload.ti.run_id),
        "adopted": not left,
        "ran": PROOF.exists(),
    }
    PROOF.unlink(missing_ok=True)
    # The worker goes on and ends the task.
    executor.celery_app.backend.store_result(task_id, None, "SUCCESS")
    wait(executor)
    executor.heartbeat()
    delete(key)
    return {**found, "afterwards": states(executor).get(workload.ti.run_id)}


def wait(executor: CeleryExecutor) -> None:
    """Until a table is read again; Redis is read whenever it is asked."""
    for one in getattr(executor.celery_app.backend, "_known", {}).values():
        one.due = 0.0


def of_redis() -> tuple[Callable[[Any, bytes], Any], Callable[[Any], Any]]:
    """Who writes a result, and who deletes it, in the broker."""
    broker = redis.Redis.from_url(conf.get("celery", "broker_url"))
    return broker.set, broker.delete


def of_table(url: str) -> tuple[Callable[[Any, bytes], Any], Callable[[Any], Any]]:
    """The same in a table: as text where it is text."""
    table, client = urlsplit(url).path.lstrip("/"), boto3.client("dynamodb")

    def write(key: str, value: bytes) -> None:
        try:
            kept = {"S": value.decode()}
        except UnicodeDecodeError:
            kept = {"B": value}
        item = {"task_id": {"S": key}, "result": kept}
        client.put_item(TableName=table, Item=item)

    return write, lambda key: client.delete_item(TableName=table, Key={"task_id": {"S": key}})


if __name__ == "__main__":
    results = os.environ.get("AIRFLOW__CELERY__RESULT_BACKEND", "")
    put, delete = of_table(results) if results else of_redis()
    print_json({name: run_poison(poison) for name, poison in POISONS.items()})
