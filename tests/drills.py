"""Runs the drills: what takes too long for each change, so that a report says when it was last seen to hold.

    make drills                  those that are due, one after another; begin again where it was interrupted
    make drills DRILLS="growth"  these, due or not
    make drills-due              which are due; a release needs none

A drill is due where it has no report, where it failed, or where what it covers was changed after its report.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
REPORTS: Final = Path("docs/drills")
LAST_LINES: Final = 40
PASSED: Final = "passed"
COMMIT: Final = re.compile(r"^- commit: ([0-9a-f]{40})$", re.MULTILINE)
RESULT: Final = re.compile(r"^- result: (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Drill:
    """One drill.

    Attributes:
        shows: what holds if it passes, in one sentence.
        covers: paths in this repository; a change of one makes the drill due.
        command: what runs it; by default pytest, with the tests that are marked with the drill's name.
    """

    shows: str
    covers: Sequence[str]
    command: Sequence[str] = ()


DRILLS: Final = {
    "growth": Drill(
        "Neither the scheduler nor the broker grows with 20,000 tasks, and their results end within an hour.",
        ("docker", "tests/image/test_results.py", "tests/image/scripts"),
    ),
    "nat": Drill(
        "Every change of `nat` goes through, in place, and leaves nothing behind.",
        ("components/network", "embedded_aws", "tests/engine/test_parts.py"),
    ),
    "generated-settings": Drill(
        "Stacks of valid settings that differ as much as can be come up, and destroy leaves nothing.",
        ("components", "embedded_aws", "tests/engine/test_generated_settings.py"),
    ),
    "deployments": Drill(
        "Failed deployments are healed by the next `up`; services move to Spot and back.",
        ("components/services", "embedded_aws/account/ecs", "tests/engine/test_deployments.py"),
    ),
    "stacks": Drill(
        "`destroy` of three stacks side by side leaves the account as it was.",
        ("components", "embedded_aws", "tests/engine/test_stacks.py"),
    ),
    "updates": Drill(
        "Users notice nothing of an image that does not start; an interrupted migration is taken up again; a "
        "cluster sleeps and wakes; an earlier deploy comes back.",
        ("cli/rollback.py", "components", "embedded_aws/account/ecs", "tests/engine/test_updates.py"),
    ),
    "images": Drill(
        "An image is built once, and found after a revert, a lost state, and in a shared repository.",
        ("components/image", "embedded_aws/account/ecr", "tests/engine/test_images.py"),
    ),
    "snapshots": Drill(
        "A replaced database leaves a snapshot, and the next one another.",
        ("components/data", "embedded_aws/account/rds.py", "tests/engine/test_parts.py"),
    ),
    "restore": Drill(
        "A stack comes back from a backup, also after a destroy: the same history row by row, and 1,000 "
        "connections decrypt.",
        (
            "cli/backups.py",
            "cli/restore.py",
            "components/data",
            "embedded_aws/account/rds.py",
            "tests/engine/test_restore.py",
            "tests/local/cluster/test_cluster_restore.py",
        ),
    ),
    "listeners": Drill(
        "Certificate, domain and port are set, changed and removed in place.",
        ("components/ingress", "embedded_aws", "tests/engine/test_listeners.py"),
    ),
    "dag-bundle": Drill(
        "A push needs no deployment, is seen in seconds, and runs keep their files.",
        (
            "components/data",
            "components/model/dag_sources",
            "docker",
            "cli/dags.py",
            "cli/verbs/dags",
            "tests/engine/test_dag_bundle.py",
            "tests/image/test_dag_versions.py",
        ),
    ),
    "local-executor": Drill(
        "A scheduler with LocalExecutor that is replaced finishes its tasks.",
        ("components/model/executors", "docker", "tests/image/test_local_executor.py"),
    ),
    "outages": Drill(
        "Tasks outlive an execution API that hangs, and keep their try while they wait for a slot.",
        ("components/model/services", "docker", "tests/image/test_outages.py"),
    ),
    "co-located": Drill(
        "With `singleTask` all of Airflow runs in one ECS task.",
        ("components", "local", "embedded_aws", "tests/local/cluster"),
    ),
    "resume": Drill(
        "A local cluster that was stopped, or whose account was killed, comes back with its history.",
        ("docker", "embedded_aws/account", "local", "tests/local/cluster"),
    ),
    "rotation": Drill(
        "Nobody notices a rotation: 1,000 connections decrypt, DAGs run, and no token is refused.",
        (
            "cli/rotation.py",
            "components/base",
            "components/data",
            "docker",
            "embedded_aws/account/elasticache.py",
            "tests/local/cluster",
        ),
    ),
    "executors": Drill(
        "The example pipeline succeeds with every executor, tasks choose one, and a scheduler that is killed "
        "loses none of them.",
        ("components/model/executors", "dags", "docker", "embedded_aws/account/ecs", "tests/local/cluster"),
    ),
    "rabbitmq": Drill(
        "The example pipeline succeeds with RabbitMQ, and tasks run after a reboot of the broker.",
        (
            "components/data",
            "components/model/brokers",
            "dags",
            "docker",
            "embedded_aws/account/amazon_mq",
            "tests/local/cluster",
        ),
    ),
    "sqs": Drill(
        "The example pipeline succeeds with SQS as the broker, and no message is left.",
        (
            "components/data",
            "components/model/brokers",
            "dags",
            "docker",
            "embedded_aws/account",
            "tests/image/test_sqs.py",
            "tests/local/cluster",
        ),
    ),
    "operations": Drill(
        "`status` answers in a second and a half; a line shows in `logs --follow` within three seconds, and "
        "of a running task in the UI within five.",
        ("cli", "docker", "tests/image/test_task_logs.py", "tests/local/cluster"),
    ),
    "company": Drill(
        "A cluster in a company's VPC, with its database, domain, key and bucket, changes nothing of it.",
        ("components", "embedded_aws", "examples/company", "tests/engine/test_company.py"),
    ),
    "own-project": Drill(
        "A project of one's own runs on this machine; one of the first version is deployed and upgraded.",
        (
            *(
                "components",
                "config.py",
                "cli",
                "policy",
                "docker",
                "embedded_aws",
                "local",
                "pyproject.toml",
            ),
            *("tests/engine/test_own_project.py", "tests/local/test_own_project.py"),
        ),
    ),
    "survive": Drill(
        "`make test` passes after every change that users make to their files.",
        ("components", "cli", "local", "tests/shipped", "tests/user", "tests/survival.py"),
        ("make", "survive", "FULL=--full"),
    ),
}


def due(name: str) -> str:
    """Tell why a drill is due; "" where it is not."""
    report = ROOT / REPORTS / f"{name}.md"
    if not report.exists():
        return "never ran"
    text = report.read_text()
    commit, result = COMMIT.search(text), RESULT.search(text)
    if commit is None or result is None:
        return f"{REPORTS / report.name} names no commit or result"
    if result[1] != PASSED:
        return f"{result[1]} at {commit[1][:9]}"
    changed = _git("diff", "--name-only", commit[1], "HEAD", "--", *DRILLS[name].covers)
    if changed.returncode:
        return f"{commit[1][:9]} is not in this clone"
    files = changed.stdout.split()
    return f"changed since {commit[1][:9]}: {_few(files)}" if files else ""


def run(name: str) -> bool:
    """Run a drill, showing what it prints, and write its report; tell whether it passed."""
    drill = DRILLS[name]
    command = drill.command or (sys.executable, "-m", "pytest", "-v", "-m", f'drill(name="{name}")')
    commit = _git("rev-parse", "HEAD").stdout.strip()
    print(f"drill {name}: {drill.shows}", flush=True)
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines = [*lines[1 - LAST_LINES :], line.rstrip()]
    result = "failed" if process.returncode else PASSED
    minutes = (time.monotonic() - started) / 60
    written = _report(name, drill, commit, f"{result} after {minutes:.0f} min", lines)
    print(f"drill {name}: {result} after {minutes:.0f} min; commit {written}", flush=True)
    return result == PASSED


def _report(name: str, drill: Drill, commit: str, result: str, lines: Sequence[str]) -> Path:
    file = REPORTS / f"{name}.md"
    (ROOT / REPORTS).mkdir(parents=True, exist_ok=True)
    shown = "\n".join(lines[-1:] if result.startswith(PASSED) else lines)
    (ROOT / file).write_text(
        f"# Drill: {name}\n\n{drill.shows}\n\n- commit: {commit}\n- date: {datetime.now(UTC):%Y-%m-%d}\n"
        f"- result: {result}\n\n```\n{shown}\n```\n"
    )
    return file


def _few(files: Sequence[str], most: int = 3) -> str:
    more = len(files) - most
    return ", ".join(files[:most]) + (f" and {more} more" if more > 0 else "")


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=ROOT, check=False, capture_output=True, text=True)


def _changed(names: Sequence[str]) -> str:
    """Name what is not committed of what these drills cover: a report would name the wrong commit."""
    covered = sorted({path for name in names for path in DRILLS[name].covers})
    return _few([line[3:] for line in _git("status", "--porcelain", "--", *covered).stdout.splitlines()])


def main() -> None:
    """Run those that are due, or tell which are."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.drills", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--due", action="store_true", help="only list which are due, and why")
    parser.add_argument("drills", nargs="*", choices=[*DRILLS, []], help="these, due or not")
    options = parser.parse_args()
    reasons = {name: due(name) for name in DRILLS}
    if options.due:
        found = [f"drill due: {name} ({reason})" for name, reason in reasons.items() if reason]
        print("\n".join(found) or "no drill is due")
        return
    names = options.drills or [name for name, reason in reasons.items() if reason]
    if files := _changed(names):
        sys.exit(f"not committed, so a report would name the wrong commit: {files}; commit first")
    failed = [name for name in names if not run(name)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
