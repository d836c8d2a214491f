# pyright: basic, reportMissingImports=false
# Airflow and Celery are in the image's environment, not in the program's.
"""A scheduler's executor that sends many tasks and fetches their states: `many_tasks.py STEP COUNT`.

Prints a line of JSON after each STEP of COUNT tasks: what the process and the broker hold.
"""

import ctypes
import gc
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import redis
from airflow.configuration import conf
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from scripts.executor import print_json, queue, states

AT_ONCE = 50


def resident_kib() -> int:
    """Memory of this process that is in use: what is free goes back to the kernel first."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def held() -> dict[str, object]:
    """What the broker holds; asked by a process of its own, since the answers grow with the tasks."""
    broker = redis.Redis.from_url(conf.get("celery", "broker_url"))
    results = list(broker.scan_iter("celery-task-meta-*", count=1000))
    with broker.pipeline(transaction=False) as pipe:
        for key in results:
            pipe.ttl(key)
        lives = pipe.execute()
    return {
        "broker_bytes": broker.info("memory")["used_memory"],
        "channels": len(broker.pubsub_channels("celery-task-meta-*")),
        "results": len(results),
        "seconds_left": [min(lives), max(lives)],
        "other_keys": broker.dbsize() - len(results),
    }


def measured(broker: redis.Redis, done: int) -> dict[str, object]:
    """What grows where something is kept for each task."""
    own: dict[str, object] = {
        "tasks": done,
        "resident_kib": resident_kib(),
        "subscriptions": sum(int(client["sub"]) for client in broker.client_list()),
    }
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return own | pool.submit(held).result()


def main(step: int, count: int) -> None:
    """Send in batches, as one loop of the scheduler would, and wait until each has ended."""
    broker = redis.Redis.from_url(conf.get("celery", "broker_url"))
    executor = CeleryExecutor(parallelism=AT_ONCE)
    ended = 0
    while ended < count:
        for _ in range(AT_ONCE):
            queue(executor)
        while executor.queued_tasks or executor.workloads:
            executor.heartbeat()
            ended += sum(state == "success" for state in states(executor).values())
        if ended % step == 0:
            print_json(measured(broker, ended))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
