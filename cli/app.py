"""The command line: its verbs, and how it ends.

A verb is imported when it is called, and what it works with when it runs: `--help` answers at once.
https://cyclopts.readthedocs.io/en/stable/lazy_loading.html
"""

import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError, Parameter

from cli.errors import USAGE, UsageError, as_usage_error

PACKAGE: Final = f"{__package__}.verbs"
VERBS: Final = {
    "init": (
        "Write a small project: stack files, a program, DAGs, their tests, CI.",
        "airflow-ecs init acme-airflow --region eu-west-1",
    ),
    "test": (
        "Run the tests of the DAGs in the project's image, which is built where it is not there yet.",
        "airflow-ecs test -- -k smoke",
    ),
    "preview": (
        "Write a Markdown report of what a deployment would change; fail where it must not be deployed.",
        "airflow-ecs preview --stack prod --out report.md",
    ),
    "deploy": (
        "Bring the stack up, unless its preview is refused: progress on stderr, outputs as JSON on stdout.",
        "airflow-ecs deploy --stack prod --wait-seconds 1800",
    ),
    "destroy": (
        "Delete every resource of the stack, if its name is given twice and nothing is protected.",
        "airflow-ecs destroy --stack dev --confirm dev",
    ),
    "cost": (
        "Print the monthly cost of the stack, item by item, as it would be after a deployment.",
        "airflow-ecs cost --stack dev --hours-per-day 7",
    ),
    "simulate": (
        "Replay a day's tasks on a scaled worker group: their waiting time, its workers and cost.",
        "airflow-ecs simulate small --stack prod --load bursts",
    ),
    "diagram": (
        "Render the stack as a Mermaid diagram, as it would be after a deployment.",
        "airflow-ecs diagram --stack prod --out prod.mmd",
    ),
    "trigger": (
        "Start a run of a DAG; with --wait, fail where the run does.",
        """airflow-ecs trigger smoke --stack dev --wait --unpause --conf '{"date": "2026-01-01"}'""",
    ),
    "status": (
        "Print what runs: services, versions, queues, failures, database, broker, cost, address.",
        "airflow-ecs status --stack prod",
    ),
    "logs": (
        "Print the log lines of the stack's services in order of time; as JSON, one object per line.",
        "airflow-ecs logs scheduler --stack dev --since 1h --follow",
    ),
    "run": (
        "Run an Airflow command in a task of its own, print its log, and end with its exit code.",
        "airflow-ecs run --stack dev -- dags list-import-errors",
    ),
    "redeploy": (
        "Replace the tasks of the stack's services by new ones, and wait until they are healthy.",
        "airflow-ecs redeploy scheduler --stack prod",
    ),
    "stop-scheduler": (
        "Stop the scheduler: no run is scheduled, no task starts; running tasks finish.",
        "airflow-ecs stop-scheduler --stack prod",
    ),
    "start-scheduler": (
        "Start the scheduler that stop-scheduler stopped.",
        "airflow-ecs start-scheduler --stack prod",
    ),
    "promote": (
        "Deploy a copy of the very image that another stack runs; nothing is built.",
        "airflow-ecs promote dev prod",
    ),
    "history": (
        "List the stack's deploys, newest first: image, time, version of the DAGs, identity.",
        "airflow-ecs history --stack prod",
    ),
    "rollback": (
        "Deploy an earlier image and its version of the DAGs again, unless the database has another schema.",
        "airflow-ecs rollback --stack prod",
    ),
    "backup": (
        "Take a snapshot of the database, with its Fernet key; note image and version of the DAGs.",
        "airflow-ecs backup --stack prod --keep 14",
    ),
    "backups": (
        "List the stack's backups, newest first: name, time, image, version of the DAGs.",
        "airflow-ecs backups --stack prod",
    ),
    "restore": (
        "Bring the stack up with the database, key, image and DAGs of a backup, also after a destroy.",
        "airflow-ecs restore airflow-prod-backup-20261130t020000 --stack prod",
    ),
    "rotate": (
        "Replace a secret's value while the cluster runs; run it again to go on where it was interrupted.",
        "airflow-ecs rotate fernet --stack prod",
    ),
    "scale": ("Change how many tasks a service runs.", "airflow-ecs scale worker 3 --stack prod"),
    "sleep": (
        "Stop every service, for nights and weekends, once running Airflow tasks have ended; data stays.",
        "airflow-ecs sleep --stack dev",
    ),
    "wake": ("Start the services of a stack that sleeps.", "airflow-ecs wake --stack dev"),
    "url": ("Print where Airflow is.", "airflow-ecs url --stack dev"),
    "open": ("Open Airflow in the browser, and print its address.", "airflow-ecs open --stack dev"),
    "password": ("Print the administrator's password.", "airflow-ecs password --stack dev"),
    "bootstrap": (
        "Create state bucket, key and roles for a stack's CI, once; print what to set at GitHub, as JSON.",
        "airflow-ecs bootstrap --stack prod --repository OWNER/NAME --region us-east-1",
    ),
    "check-image": (
        "Fail unless an image is made from what is checked out.",
        'airflow-ecs check-image "$IMAGE" --stack prod',
    ),
    "comment": (
        "Post a report as the stack's one comment on a pull request, in a GitHub workflow.",
        "airflow-ecs comment report.md --stack prod --pull-request 7",
    ),
    "completion": (
        "Print the script that completes commands and options in a shell.",
        'eval "$(airflow-ecs completion bash)"',
    ),
}
"""Summary and example of each: a module of `verbs/`, and in it a function, with its name."""
DAG_VERBS: Final = {
    "push": (
        "Make the DAGs that are here the current version, unless one of them cannot be read.",
        'airflow-ecs dags push --stack dev --message "late prices"',
    ),
    "history": (
        "List the versions that were current, newest first: version, time, identity, message.",
        "airflow-ecs dags history --stack dev",
    ),
    "rollback": ("Make an earlier version the current one.", "airflow-ecs dags rollback --stack dev"),
    "pull": ("Write the files of a version into a folder.", "airflow-ecs dags pull /tmp/dags --stack dev"),
}
LOCAL_VERBS: Final = {
    "up": (
        "Start a cluster on this machine, or update it after a change.",
        "airflow-ecs local up --executor CeleryExecutor --set singleTask=true",
    ),
    "stop": ("End every process of that cluster; `up` resumes it.", "airflow-ecs local stop"),
    "down": ("Destroy that cluster and end every process.", "airflow-ecs local down"),
}


def app() -> App:
    """Build the command line; no verb is imported yet."""
    root = App(
        name="airflow-ecs",
        help="Commands for changes, CI and a running cluster. Example: airflow-ecs preview --stack dev",
        help_epilogue="Exit codes: 0 done; 1 refused or failed; 2 wrong arguments, stack, region or "
        "credentials; 75 another update holds the stack, or a rotation waits; 130 interrupted.",
        help_format="plaintext",
        version=_version,
        default_parameter=Parameter(negative=(), show_default=False, allow_repeating=True),
        result_action="return_value",
    )
    _add(root, VERBS, PACKAGE)
    dags = App(name="dags", help="The versions of the DAGs, where dagSource is bundle.", version_flags=())
    _add(dags, DAG_VERBS, f"{PACKAGE}.dags")
    root.command(dags)
    local = App(
        name="local", help="The project's cluster on this machine, as `make up` has it.", version_flags=()
    )
    _add(local, LOCAL_VERBS, f"{PACKAGE}.local")
    root.command(local)
    return root


def _add(to: App, verbs: dict[str, tuple[str, str]], package: str) -> None:
    for verb, (summary, example) in verbs.items():
        name = verb.replace("-", "_")
        to.command(
            f"{package}.{name}:{name}",
            name=verb,
            help=summary,
            help_epilogue=f"Example: {example}",
            version_flags=(),
        )


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - `--help` does without

    return version("airflow-ecs")


def main(words: Sequence[str] | None = None) -> None:
    """Run a command line; what its caller can set right is one line and exit code 2.

    Raises:
        SystemExit: anything but success; the codes are those of the help.
    """
    try:
        app()(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        verb = " ".join(["airflow-ecs", *(error.command_chain or ())])
        _end(f"{verb}: {' '.join(str(error).split())} See `{verb} --help`")
    except UsageError as error:
        _end(str(error))
    except Exception as error:
        if not (usage := as_usage_error(error)):
            raise
        _end(usage)


def _end(message: str) -> None:
    from components.model.shown import without_logins  # noqa: PLC0415 - as above

    print(without_logins(message), file=sys.stderr)
    raise SystemExit(USAGE)
