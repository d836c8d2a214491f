# pyright: basic, reportMissingImports=false
# ruff: noqa: INP001 - Airflow reads the folder, it is no package
# Airflow is in the image's environment, not in the program's.
"""For the image's tests: a DAG whose every part looks around for the cluster's keys."""

from typing import Any

from airflow.configuration import conf
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import BaseOperator, dag, task
from airflow.sdk.configuration import conf as sdk_conf
from curious_look import KEPT, kept, look
from curious_trigger import CuriousTrigger

look("parsed")
print(kept())  # noqa: T201 - into the log, as authors do
OPTIONS = (("core", "fernet_key"), ("api_auth", "jwt_private_key_path"), ("celery", "broker_url"))
ENVIRONMENTS = "env; cat /proc/1/environ /proc/self/environ /proc/*/environ 2>/dev/null | tr '\\0' '\\n'"
FILES = (
    f"cat {KEPT}/*.cfg {KEPT}/*.json {KEPT}/*.pem; airflow config get-value core fernet_key 2>&1 | tail -1"
)


class Waiting(BaseOperator):
    """Waits for the trigger."""

    def execute(self, context: Any) -> None:  # noqa: ARG002 - Airflow's signature
        """Defer at once."""
        self.defer(trigger=CuriousTrigger(), method_name="resume")

    def resume(self, context: Any, event: Any) -> None:
        """End."""


@dag(schedule=None, catchup=False, is_paused_upon_creation=False)
def curious() -> None:
    """Look around in a task of each executor and in a trigger; then read the keys on purpose."""
    Waiting(task_id="wait")
    for executor in ("LocalExecutor", "CeleryExecutor"):

        @task(task_id=f"look_{executor}", executor=executor)
        def looks() -> None:
            look("task")

        @task(task_id=f"read_{executor}", executor=executor)
        def reads() -> None:
            print(kept())  # noqa: T201
            for options in (conf, sdk_conf):
                for section, option in OPTIONS:
                    print(section, option, options.get(section, option, fallback="none"))  # noqa: T201

        looks()
        reads()
        BashOperator(task_id=f"env_{executor}", executor=executor, bash_command=ENVIRONMENTS)
        BashOperator(task_id=f"cat_{executor}", executor=executor, bash_command=FILES)


curious()
