# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Airflow's logging: tasks' logs in S3 while the tasks run too ([logging] logging_config_class).

Whoever writes a log, the task's supervisor or the triggerer, writes it in pieces (`running_logs.py`) with the
rights that it has for the complete log. Nobody serves logs over HTTP: whoever does needs `[api] secret_key`,
which signs the sessions of users, where DAG code runs.
https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/advanced-logging-configuration.html
"""

import copy
import json
import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from airflow.config_templates import airflow_local_settings as airflows
from airflow.providers.amazon.aws.log.s3_task_handler import S3RemoteLogIO
from airflow.utils.log.file_task_handler import FileTaskHandler
from airflow.utils.state import State
from botocore.exceptions import ClientError
from sqlalchemy import select

from airflow_ecs_image.running_logs import RunningLogs, assembled, logs

OTHERS = ("dag_processor/", "executor_callbacks/")
"""What Airflow writes to files beside tasks' logs, and never to the bucket."""
REASONS = ("heartbeat timeout", "state mismatch")
"""Events by which the scheduler notes why it ended a task that did not end by itself."""
COMPLETION_SECONDS = 5.0
"""So long a reader of a task's log that has just ended waits for the complete one: nobody reads it again."""
POLL_SECONDS = 0.3
JUST_ENDED = timedelta(seconds=10)
GIVEN_UP = timedelta(minutes=5)
"""After that nobody writes the rest."""
CUT_OFF = (
    "The log ends here: its task's supervisor was killed, or its container stopped. "
    "`airflow-ecs status` shows which containers stopped, and why."
)


class Bucket:
    """The logs bucket, by the keys of its objects (`running_logs.Store`)."""

    def __init__(self, client: Any, name: str, options: dict[str, str]) -> None:
        self._client, self._name, self._options = client, name, options

    def size(self, key: str) -> int:
        """Give an object's size in bytes; 0 where there is none."""
        try:
            return int(self._client.head_object(Bucket=self._name, Key=key)["ContentLength"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            return 0

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        self._client.put_object(Bucket=self._name, Key=key, Body=body, **self._options)

    def get(self, key: str) -> bytes:
        """Read an object."""
        return self._client.get_object(Bucket=self._name, Key=key)["Body"].read()

    def sizes(self, prefix: str) -> dict[str, int]:
        """Give the size in bytes of each object whose key begins so."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
        return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}


class TaskLogs(S3RemoteLogIO):
    """Airflow's own, which writes a log when its task has ended, and the pieces before."""

    @cached_property
    def _running(self) -> RunningLogs:
        return RunningLogs(self._bucket)

    @property
    def processors(self) -> tuple[Any, ...]:
        """Let each line say that its log has grown; Airflow's interface for logs that are streamed."""
        return (self._watch,)

    def upload(self, path: Any, ti: Any = None) -> None:
        """Write the complete log, and no piece after it."""
        self._running.finish(str(self.base_log_folder / path))
        super().upload(path, ti)

    def read(self, relative_path: str, ti: Any) -> tuple[list[str], list[str] | None]:
        """Put the attempt's logs together: its own, and those of its triggers."""
        bucket, own = self._bucket(), self._key(relative_path)
        limit = time.monotonic() + COMPLETION_SECONDS
        while True:
            sizes = bucket.sizes(own)
            found = {key: assembled(key, sizes, bucket.get) for key in logs(sizes)}
            _, complete = found.get(own, (b"", False))
            if complete or not _just_ended(ti) or time.monotonic() > limit:
                break
            time.sleep(POLL_SECONDS)
        contents = [text.decode(errors="replace") for text, _ in found.values()]
        contents += _last_words(ti, cut_off=own in found and not complete)
        return [f"s3://{self._place.netloc}/{key}" for key in found], contents or None

    @cached_property
    def _place(self) -> SplitResult:
        return urlsplit(self.remote_base)

    def _key(self, relative_path: str) -> str:
        return f"{self._place.path}/{relative_path}".lstrip("/")

    def _bucket(self) -> Bucket:
        options = {"ACL": self.acl_policy} if self.acl_policy else {}
        if airflows.conf.getboolean("logging", "ENCRYPT_S3_LOGS"):
            options["ServerSideEncryption"] = "AES256"
        return Bucket(self.hook.get_conn(), self._place.netloc, options)

    def _watch(self, logger: Any, _method: str, event: Any) -> Any:
        file: Any = getattr(logger, "_file", None)
        if isinstance(name := getattr(file, "name", None), str):
            folder, _, path = name.partition(f"{self.base_log_folder}/")
            if not folder and path and not path.startswith(OTHERS):
                self._running.watch(self._key(path), file)
        return event


class TaskLogHandler(FileTaskHandler):
    """Airflow's own, which asks no worker for what a running task has written."""

    def _read_from_logs_server(self, ti: Any, worker_log_rel_path: str) -> tuple[list[str], list[Any]]:  # noqa: ARG002 - Airflow's signature
        return [], []


def _ended(ti: Any) -> timedelta | None:
    """How long ago an attempt ended; None for one that runs, or that no process has run."""
    if not (ti.end_date and ti.hostname) or (ti.state in State.unfinished and ti.state != "up_for_retry"):
        return None
    return datetime.now(UTC) - ti.end_date


def _just_ended(ti: Any) -> bool:
    """Whether the complete log may still be on its way: a task's state is there before it."""
    ended = _ended(ti)
    return ended is not None and ended < JUST_ENDED


def _last_words(ti: Any, *, cut_off: bool) -> list[str]:
    """Say at the end of a log why it ends there, as lines of it, where that is not its task's own end."""
    from airflow.models.log import Log  # noqa: PLC0415 - Airflow loads its logging before its models
    from airflow.utils.session import create_session  # noqa: PLC0415

    if (ended := _ended(ti)) is None:
        return []
    columns = ("dag_id", "run_id", "task_id", "map_index", "try_number")
    same = {name: getattr(ti, name) for name in columns}
    query = select(Log.dttm, Log.extra).filter_by(**same).where(Log.event.in_(REASONS)).order_by(Log.dttm)
    with create_session() as session:
        lines = [{"timestamp": at.isoformat(), "event": why} for at, why in session.execute(query)]
    if cut_off and (lines or ended > GIVEN_UP):
        lines.insert(0, {"event": CUT_OFF})
    return [json.dumps({**line, "level": "error", "logger": "airflow-ecs"}) for line in lines]


REMOTE_TASK_LOG = TaskLogs.from_config() if airflows.REMOTE_LOGGING else None
DEFAULT_REMOTE_CONN_ID = airflows.DEFAULT_REMOTE_CONN_ID
LOGGING_CONFIG = copy.deepcopy(airflows.DEFAULT_LOGGING_CONFIG)
LOGGING_CONFIG["handlers"]["task"]["class"] = f"{__name__}.{TaskLogHandler.__name__}"
