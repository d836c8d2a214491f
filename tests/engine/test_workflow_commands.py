"""The commands of `.github/workflows`, as GitHub's runner runs them: bash, a clone, values by environment.

State lies in the bucket, and its secrets under the key, that `airflow-ecs bootstrap` makes. The image is a
stand-in that is there already, and the account speaks plain HTTP; GitHub's actions themselves are not run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import boto3
import pytest
import yaml

from tests.engine.bench import PROJECT, Bench
from tests.helpers import checkout

pytestmark = [pytest.mark.engine, pytest.mark.long]

WORKFLOWS = PROJECT / ".github" / "workflows"
STACK = "pr-7"


class Comments(BaseHTTPRequestHandler):
    """A pull request that takes comments."""

    bodies: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """List no comments."""
        self._answer(200)

    def do_POST(self) -> None:
        """Keep a comment."""
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])
        self._answer(201, b"{}")

    def _answer(self, status: int, body: bytes = b"[]") -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def clone(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clone the project as it stands here and ships, with this machine's settings in the stack's file."""
    folder = tmp_path_factory.mktemp("clone") / "airflow-ecs"
    checkout.copy(folder)
    checkout.ship(folder)
    with (folder / "Pulumi.dev.yaml").open("a") as stack_file:
        stack_file.write(f"  airflow-ecs:imageUri: {bench.images['good']}\n")
        stack_file.write('  airflow-ecs:loadBalancerPort: "8080"\n')
        stack_file.write("  airflow-ecs:loadBalancerAllowedCidrs: [127.0.0.0/8]\n")
    return folder


@pytest.fixture(scope="module")
def environment(clone: Path) -> Iterator[dict[str, str]]:
    """Bootstrap the stack, and give what GitHub would put into the environment."""
    command = [str(Path(sys.executable).parent / "airflow-ecs"), "bootstrap", "--stack", "pr"]
    ids = ["--owner-id", "1", "--repository-id", "2"]
    words = [*command, "--repository", "acme/airflow", *ids, "--region", "us-east-1"]
    made = subprocess.run(words, check=True, capture_output=True, text=True)
    variables = json.loads(made.stdout)["variables of each environment"]
    bucket = variables["PULUMI_BACKEND_URL"].split("/")[2]
    session: Any = boto3.Session(region_name="us-east-1")
    session.client("s3").delete_bucket_policy(Bucket=bucket)  # it refuses what does not come over TLS
    gh = clone.parent / "gh"
    gh.write_text('#!/bin/sh\necho "$@" >> "$(dirname "$0")/asked"\necho "$WANTED"\n')
    gh.chmod(0o755)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Comments)
    Thread(target=server.serve_forever, daemon=True).start()
    # The machine's own, with the engine and the account, but without the passphrase of other stacks.
    given = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_CONFIG")}
    given |= {
        "AWS_ACCOUNT_ID": variables["AWS_ACCOUNT_ID"],
        "AWS_REGION": variables["AWS_REGION"],
        "PULUMI_BACKEND_URL": variables["PULUMI_BACKEND_URL"],
        "PATH": f"{clone.parent}:{os.environ['PATH']}",
        "STACK": STACK,
        "NUMBER": "7",
        "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
        "GITHUB_REPOSITORY": "acme/airflow",
        "GITHUB_TOKEN": "planted-token",
        "GITHUB_OUTPUT": str(clone.parent / "output"),
        "GITHUB_STEP_SUMMARY": str(clone.parent / "summary"),
    }
    yield given
    server.shutdown()
    server.server_close()


def step(workflow: str, job: str, words: str) -> str:
    """Give the script of the one step of a job that holds these words."""
    steps = yaml.safe_load((WORKFLOWS / f"{workflow}.yml").read_text())["jobs"][job]["steps"]
    (found,) = [one["run"] for one in steps if words in one.get("run", "")]
    return found


def run(script: str, clone: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script with the shell, and the options, that GitHub gives to `run`."""
    file = clone.parent / "script.sh"
    file.write_text(script)
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]
    return subprocess.run(
        command,
        cwd=clone,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def test_the_scripts_do_their_work(clone: Path, environment: dict[str, str]) -> None:
    """From a fresh clone to a stack, its previews, its promotion, and nothing left."""
    action = yaml.safe_load((PROJECT / ".github" / "actions" / "setup" / "action.yml").read_text())
    (setup,) = [one["run"] for one in action["runs"]["steps"] if "run" in one]
    pull_request = "pull-request-stack"
    scripts = {
        "setup": setup,
        "select": step(pull_request, "deploy", "stack init"),
        "report": step("preview", "preview", "airflow-ecs preview"),
        "upload": "mkdir -p reports/report-dev && mv report.md reports/report-dev",
        "comment on it": step("preview", "comment", "airflow-ecs comment"),
        "deploy": step(pull_request, "deploy", "airflow-ecs deploy"),
        "comment on the address": step(pull_request, "comment", "airflow-ecs comment"),
        "deploy again": step("deploy", "dev", "airflow-ecs deploy"),
        "keep the image": step("preview", "preview", "pulumi config set"),
        "drift": step("drift", "drift", "airflow-ecs preview"),
        "promote": step("deploy", "prod", "airflow-ecs promote"),
        "sweep what is wanted": "export WANTED=true; " + step(pull_request, "sweep", "gh api"),
        "destroy": step(pull_request, "destroy", "destroy-pull-request-stack"),
        "destroy again": step(pull_request, "destroy", "destroy-pull-request-stack"),
        "select again": step(pull_request, "deploy", "stack init"),
        "sweep": "export WANTED=false; " + step(pull_request, "sweep", "gh api"),
    }
    images: list[str] = []
    stack_file = clone / f"Pulumi.{STACK}.yaml"
    settings = ""
    for name, script in scripts.items():
        done = run(script, clone, environment | {"IMAGE": images[0] if images else ""})
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        output = Path(environment["GITHUB_OUTPUT"])
        images = output.read_text().removeprefix("image=").split() if output.exists() else []
        settings = stack_file.read_text() if stack_file.exists() else settings
    report, address = Comments.bodies
    assert report.startswith(f"<!-- airflow-ecs dev -->\n## Preview of stack `{STACK}`")
    assert "created" in report
    assert "A cluster of this pull request: http" in address
    assert images == [yaml.safe_load(settings)["config"]["airflow-ecs:imageUri"]]
    asked = (clone.parent / "asked").read_text().splitlines()
    assert [one.split(" --jq")[0] for one in asked] == [f"api repos/acme/airflow/pulls/{STACK[3:]}"] * 2
    listed = run("pulumi stack ls --json", clone, environment)
    assert json.loads(listed.stdout) == []
