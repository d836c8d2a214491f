"""`dev` over its updates: secrets stay, a new image comes, a bad one does not, a migration is not run twice.

The tests run in order and share the stack.
"""

import json
import os
import signal
import subprocess
from contextlib import suppress

import pytest
from pulumi import automation as auto

from tests.engine import commands
from tests.engine.bench import Bench
from tests.engine.changes import named, preview
from tests.engine.shipped import client, get, secret_values, select
from tests.helpers.polling import wait_for
from tests.helpers.processes import descendants

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def deployed(bench: Bench) -> auto.UpResult:
    """Bring it up."""
    return select(bench, "dev").up()


@pytest.mark.drill(name="updates")
def test_secrets_stay_over_an_update(bench: Bench, deployed: auto.UpResult) -> None:
    """Another deploy, as CI does it with the policy pack, makes no new key; outputs are JSON."""
    before = secret_values(deployed)
    done = commands.run(select(bench, "dev"), "deploy", "--refresh")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["secret_arns"] == deployed.outputs["secret_arns"].value
    assert secret_values(deployed) == before


def test_a_new_image_changes_what_runs_it_and_nothing_else(bench: Bench, deployed: auto.UpResult) -> None:
    """Task definitions, migration, services and the waits for them."""
    assert deployed.summary.result == "succeeded"
    stack = select(bench, "dev", "better")
    assert named(preview(stack)) == {
        ("aws:ecs/taskDefinition:TaskDefinition", "airflow-dev-api-server"),
        ("aws:ecs/service:Service", "airflow-dev-api-server"),
        ("pulumi-python:dynamic/index:Rollout", "airflow-dev-api-server-rollout"),
        ("aws:ecs/taskDefinition:TaskDefinition", "airflow-dev-migration"),
        ("pulumi-python:dynamic/index:OneOffTask", "airflow-dev-migration"),
    }
    outputs = stack.up().outputs
    assert get(outputs["url"].value)[1] == "better"


@pytest.mark.drill(name="updates")
def test_an_earlier_deploy_comes_back(bench: Bench) -> None:
    """Its image is asked for the schema, and deployed; afterwards a preview is empty."""
    stack = select(bench, "dev", "better")
    known = json.loads(commands.run(stack, "history", "--json").stdout)
    assert [one["image"] for one in known] == [bench.images["better"], bench.images["good"]]
    done = commands.run(stack, "rollback", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["image"] == bench.images["good"]
    assert get(stack.outputs()["url"].value)[1] == "good"
    assert named(preview(stack)) == set()
    forth = commands.run(stack, "promote", bench.images["better"])
    assert forth.returncode == 0, forth.stderr
    assert get(stack.outputs()["url"].value)[1] == "better"


@pytest.mark.drill(name="updates")
def test_asleep_nothing_runs_and_awake_it_is_back(bench: Bench) -> None:
    """Services, database and address stay; `up` is done when the tasks are there again."""
    asleep = select(bench, "dev", "better", asleep='"true"')
    outputs = asleep.up().outputs
    cluster, url = outputs["cluster_name"].value, outputs["url"].value
    assert wait_for("no task is left", lambda: not client("ecs").list_tasks(cluster=cluster)["taskArns"])
    assert get(url)[0] == 503
    assert preview(asleep) == set()
    select(bench, "dev", "better").up()
    assert get(url) == (200, "better")


@pytest.mark.drill(name="updates")
def test_an_image_that_does_not_start_fails_the_update_and_changes_nothing_for_users(bench: Bench) -> None:
    """`up` names the service, the reason and the last log lines; the old tasks go on; going back works."""
    url = select(bench, "dev", "better").outputs()["url"].value
    with pytest.raises(auto.CommandError) as failed:
        select(bench, "dev", "broken").up()
    text = str(failed.value)
    assert "rolled it back" in text
    assert "airflow-dev-" in text
    assert "exited with 1" in text
    assert "this image cannot work: it was made so" in text
    assert get(url) == (200, "better")
    select(bench, "dev", "better").up()
    assert preview(select(bench, "dev", "better")) == set()
    assert get(url) == (200, "better")


def test_a_failed_migration_touches_no_service(bench: Bench) -> None:
    """`up` shows the migration's exit code and last line, and no service was updated."""
    with pytest.raises(auto.CommandError) as failed:
        select(bench, "dev", "failing-migration").up()
    text = str(failed.value)
    assert "exited with 1" in text
    assert "the schema is newer than this image" in text
    services = select(bench, "dev").outputs()["service_names"].value
    cluster = select(bench, "dev").outputs()["cluster_name"].value
    described = client("ecs").describe_services(cluster=cluster, services=list(services.values()))["services"]
    images = {
        client("ecs").describe_task_definition(taskDefinition=one["taskDefinition"])["taskDefinition"][
            "containerDefinitions"
        ][0]["image"]
        for one in described
    }
    assert images == {bench.images["better"]}


@pytest.mark.drill(name="updates")
def test_an_interrupted_migration_is_taken_up_again(bench: Bench) -> None:
    """The next `up` waits for the task that the cancelled one left running, and starts no second one."""
    stack = select(bench, "dev", "slow-migration")
    cluster = stack.outputs()["cluster_name"].value
    command = ["pulumi", "up", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive"]
    first = subprocess.Popen(command, cwd=stack.workspace.work_dir, stdout=subprocess.DEVNULL)
    task = running_migration(cluster)
    helpers = descendants(first.pid)
    first.kill()
    first.wait()
    for pid in helpers:  # which a killed engine leaves behind
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    stack.cancel()
    assert running_migration(cluster) == task
    select(bench, "dev", "slow-migration").up()
    ecs = client("ecs")
    started_by = ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]["startedBy"]
    same = [
        one
        for status in ("RUNNING", "STOPPED")
        for one in ecs.list_tasks(cluster=cluster, startedBy=started_by, desiredStatus=status)["taskArns"]
    ]
    assert same == [task]


def running_migration(cluster: str) -> str:
    """Wait for a running migration and give its ARN."""
    wanted = {"cluster": cluster, "family": "airflow-dev-migration", "desiredStatus": "RUNNING"}
    return wait_for("a migration runs", lambda: client("ecs").list_tasks(**wanted)["taskArns"])[0]
