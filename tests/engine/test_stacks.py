"""`dev`, `prod` and a foreign program with two clusters, side by side in one account, from up to destroy.

The tests run in order and share the stacks. The image only pretends to be Airflow: what is proved is what
the engine, the provider's checks and the deploy do, not that Airflow works (`tests/local/cluster` does that),
nor that AWS itself accepts it.
"""

import base64
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from cryptography.fernet import Fernet
from pulumi import automation as auto

from tests.engine import commands, examples
from tests.engine.bench import PROJECT, Bench
from tests.engine.changes import named, preview
from tests.processes import descendants
from tests.waiting import wait_for

pytestmark = pytest.mark.engine

TWO_CLUSTERS = Path(__file__).parent / "two_clusters"
KEYS = {
    "dev": {
        "aws:defaultTags": "{tags: {CostCenter: '4711'}}",
        "airflow-ecs:loadBalancerPort": '"8080"',
        "airflow-ecs:loadBalancerAllowedCidrs": "[127.0.0.0/8]",
    },
    "prod": {"airflow-ecs:loadBalancerPort": '"8080"'},
}
ROLES = ("api-server", "scheduler", "dag-processor", "triggerer")


def select(bench: Bench, name: str, variant: str = "good", **more: str) -> auto.Stack:
    """Select a shipped stack with an image."""
    settings = {**KEYS[name], "airflow-ecs:imageUri": bench.images[variant]}
    if name == "prod":
        settings["airflow-ecs:airflowObjectsFile"] = str(objects_file(bench))
    settings |= {f"airflow-ecs:{key}": value for key, value in more.items()}
    return bench.stack(name, settings, base=(PROJECT / f"Pulumi.{name}.yaml").read_text())


def objects_file(bench: Bench) -> Path:
    """Give the file of prod's connections, variables and pools: one of nearly 1 MiB, as long as it may be."""
    file = bench.home / "objects.yaml"
    if not file.exists():
        file.write_text(f"pools: {{p: {{slots: 1}}}}\nvariables: {{long: {'x' * 1_000_000}}}\n")
    return file


def two_clusters(bench: Bench) -> auto.Stack:
    """Select the foreign program's stack."""
    return bench.stack("foreign", {"two-clusters:image": bench.images["good"]}, project=TWO_CLUSTERS)


def client(service: str) -> Any:
    """Make a client of the account."""
    session: Any = boto3.Session(region_name="us-east-1")
    return session.client(service)


def inventory() -> dict[str, list[str]]:
    """List what is in the account, by kind."""
    ec2, ecs = client("ec2"), client("ecs")
    return {
        "buckets": [one["Name"] for one in client("s3").list_buckets()["Buckets"]],
        "clusters": [
            one["clusterArn"]
            for one in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
            if one["status"] == "ACTIVE"
        ],
        "databases": [
            one["DBInstanceIdentifier"] for one in client("rds").describe_db_instances()["DBInstances"]
        ],
        "caches": [
            one["ReplicationGroupId"]
            for one in client("elasticache").describe_replication_groups()["ReplicationGroups"]
        ],
        "load balancers": [
            one["LoadBalancerArn"] for one in client("elbv2").describe_load_balancers()["LoadBalancers"]
        ],
        "target groups": [
            one["TargetGroupArn"] for one in client("elbv2").describe_target_groups()["TargetGroups"]
        ],
        "log groups": [one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]],
        "namespaces": [one["Name"] for one in client("servicediscovery").list_namespaces()["Namespaces"]],
        "roles": [one["RoleName"] for one in client("iam").list_roles()["Roles"]],
        "secrets": [one["ARN"] for one in client("secretsmanager").list_secrets()["SecretList"]],
        "security groups": [one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]],
        "task definitions": ecs.list_task_definitions()["taskDefinitionArns"],
        "VPCs": [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]],
    }


@pytest.fixture(scope="module")
def empty(bench: Bench) -> dict[str, list[str]]:
    """What the account held before anything was deployed."""
    assert bench.home.exists()
    return inventory()


@pytest.fixture(scope="module")
def deployed(bench: Bench, empty: dict[str, list[str]]) -> Iterator[dict[str, auto.UpResult]]:
    """Bring all three up at the same time."""
    assert not empty["clusters"]
    stacks = {"dev": select(bench, "dev"), "prod": select(bench, "prod"), "foreign": two_clusters(bench)}
    with ThreadPoolExecutor() as pool:
        running = {name: pool.submit(stack.up) for name, stack in stacks.items()}
        yield {name: one.result() for name, one in running.items()}


@pytest.fixture(scope="module")
def values(deployed: dict[str, auto.UpResult]) -> dict[str, dict[str, str]]:
    """The secret values of each shipped stack, by kind."""
    secrets = client("secretsmanager")
    return {
        name: {
            kind: secrets.get_secret_value(SecretId=arn)["SecretString"]
            for kind, arn in deployed[name].outputs["secret_arns"].value.items()
        }
        for name in KEYS
    }


def test_a_second_preview_is_empty(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """What was deployed is what the program says, and what AWS reports back is no change."""
    assert set(deployed) == {"dev", "prod", "foreign"}
    for stack in (select(bench, "dev"), select(bench, "prod"), two_clusters(bench)):
        assert preview(stack) == set(), stack.name


def test_a_refresh_leaves_nothing_to_do(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """What the account holds, read back, is still what the program says."""
    assert deployed["dev"].summary.result == "succeeded"
    stack = select(bench, "dev")
    stack.refresh()
    assert preview(stack) == set()


def test_tags_of_the_stack_are_on_everything(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """Pulumi's own default tags, as `docs/company.md` sets them."""
    assert deployed["dev"].summary.result == "succeeded"
    state = json.loads(bench.state_file("dev"))["checkpoint"]["latest"]["resources"]
    tagged = {one["urn"]: one["outputs"]["tagsAll"] for one in state if "tagsAll" in one.get("outputs", {})}
    assert len(tagged) > 50
    assert {urn for urn, tags in tagged.items() if tags.get("CostCenter") != "4711"} == set()


def test_two_clusters_in_one_program_are_two(deployed: dict[str, auto.UpResult]) -> None:
    """Names in one program do not collide."""
    outputs = deployed["foreign"].outputs
    assert outputs["small"].value != outputs["large"].value


def test_outputs_tell_where_everything_is(deployed: dict[str, auto.UpResult]) -> None:
    """The address answers, and `/execution` is refused from outside."""
    outputs = deployed["dev"].outputs
    assert set(outputs["service_names"].value) == set(ROLES)
    assert get(f"{outputs['url'].value}/api/v2/version") == (200, "good")
    assert get(f"{outputs['url'].value}/execution/health")[0] == 403
    assert get(f"{outputs['url'].value}/execution")[0] == 403


def get(url: str) -> tuple[int, str]:
    """Fetch a page: (status, text)."""
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310, an address of our own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_keys_are_what_airflow_takes(values: dict[str, dict[str, str]]) -> None:
    """The Fernet key works with the real Fernet class; all secrets differ, also between stacks."""
    for kinds in values.values():
        fernet = Fernet(kinds["fernet-key"])
        assert fernet.decrypt(fernet.encrypt(b"x")) == b"x"
    every = [value for kinds in values.values() for value in kinds.values()]
    assert len(every) == len(set(every))


def test_no_secret_stands_in_clear(
    bench: Bench, deployed: dict[str, auto.UpResult], values: dict[str, dict[str, str]]
) -> None:
    """Neither state, outputs, output of the engine, task definitions nor logs hold a generated value."""
    ecs = client("ecs")
    definitions = [
        json.dumps(ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"])
        for arn in ecs.list_task_definitions()["taskDefinitionArns"]
    ]
    for name, kinds in values.items():
        outputs = json.dumps({key: str(output.value) for key, output in deployed[name].outputs.items()})
        places = [
            bench.state_file(name),
            outputs,
            deployed[name].stdout,
            deployed[name].stderr,
            *definitions,
            *logs(),
        ]
        for kind, value in kinds.items():
            for form in forms(value):
                assert not any(form in place for place in places), f"{kind} of {name}"


def logs() -> list[str]:
    """Read everything that containers wrote."""
    found = client("logs")
    groups = [group["logGroupName"] for group in found.describe_log_groups()["logGroups"]]
    return [
        event["message"]
        for group in groups
        for event in found.filter_log_events(logGroupName=group).get("events", [])
    ]


def forms(value: str) -> set[str]:
    """Give the ways in which a value could be written; of a URL also its password alone."""
    parts = {value}
    if "://" in value:
        parts.add(value.split("://", 1)[1].rsplit("@", 1)[0].split(":", 1)[1])
    return {
        form
        for part in parts
        for form in (
            part,
            base64.b64encode(part.encode()).decode(),
            quote(part, safe=""),
            json.dumps(part)[1:-1],
        )
    }


@pytest.mark.parametrize("change", examples.CHANGES, ids=lambda change: change.name)
def test_a_change_is_reported(
    bench: Bench, values: dict[str, dict[str, str]], change: examples.Change
) -> None:
    """The kept example is what the command writes, and no generated secret is in it."""
    stack = select(bench, change.stack, change.variant, **change.settings)
    file = bench.home / f"{change.name}.md"
    done = commands.run(stack, "preview", "--out", str(file), *change.options)
    assert done.returncode == 0, done.stderr
    report = examples.masked(file.read_text())
    examples.keep(change, report)
    assert report == change.file.read_text()
    for kind, value in values[change.stack].items():
        assert not any(form in file.read_text() + done.stdout + done.stderr for form in forms(value)), kind


def test_a_lost_database_is_refused(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """A key of one's own replaces the database: the report begins with it, and deploy does nothing."""
    assert deployed["prod"].summary.result == "succeeded"
    report = bench.home / "lost.md"
    refused = commands.run(select(bench, "prod", kmsCreateKey='"true"'), "deploy", "--out", str(report))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "deploy of prod: data would be lost: " in refused.stderr
    assert "airflow-prod-database" in refused.stderr
    first = report.read_text().split("###")[1]
    assert first.startswith(" Data goes")
    assert "**replaced: rds/Instance `airflow-prod-database`**, forced by `kmsKeyId`" in first


def test_secrets_stay_over_an_update(bench: Bench, values: dict[str, dict[str, str]]) -> None:
    """Another deploy, as CI does it with the policy pack, makes no new key; outputs are JSON."""
    done = commands.run(select(bench, "dev"), "deploy", "--refresh")
    assert done.returncode == 0, done.stderr
    secrets = client("secretsmanager")
    for kind, arn in json.loads(done.stdout)["secret_arns"].items():
        assert secrets.get_secret_value(SecretId=arn)["SecretString"] == values["dev"][kind]


def test_a_new_image_changes_what_runs_it_and_nothing_else(
    bench: Bench, deployed: dict[str, auto.UpResult]
) -> None:
    """Task definitions, migration, services and the waits for them."""
    assert deployed["dev"].summary.result == "succeeded"
    stack = select(bench, "dev", "better")
    names = {f"airflow-dev-{role}" for role in ROLES}
    expected = {("aws:ecs/taskDefinition:TaskDefinition", name) for name in {*names, "airflow-dev-migration"}}
    expected |= {("aws:ecs/service:Service", name) for name in names}
    expected |= {("pulumi-python:dynamic/index:Rollout", f"{name}-rollout") for name in names}
    expected |= {("pulumi-python:dynamic/index:OneOffTask", "airflow-dev-migration")}
    assert named(preview(stack)) == expected
    outputs = stack.up().outputs
    assert get(outputs["url"].value)[1] == "better"


def test_a_larger_worker_touches_the_worker_only(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """Another size runs no migration and restarts no other role."""
    assert deployed["prod"].summary.result == "succeeded"
    changed = named(preview(select(bench, "prod", workerMemoryMib='"4096"')))
    assert changed == {
        ("aws:ecs/taskDefinition:TaskDefinition", "airflow-prod-worker"),
        ("aws:ecs/service:Service", "airflow-prod-worker"),
        ("pulumi-python:dynamic/index:Rollout", "airflow-prod-worker-rollout"),
    }


def test_another_file_of_objects_touches_the_migration_only(
    bench: Bench, deployed: dict[str, auto.UpResult]
) -> None:
    """Neither image nor services: what the file says is read from S3, by the migration."""
    assert deployed["prod"].summary.result == "succeeded"
    file = objects_file(bench)
    before = file.read_text()
    file.write_text(before.replace("slots: 1", "slots: 2"))
    try:
        changed = named(preview(select(bench, "prod")))
    finally:
        file.write_text(before)
    assert changed == {
        ("aws:s3/bucketObjectv2:BucketObjectv2", "airflow-prod-migration-objects"),
        ("aws:ecs/taskDefinition:TaskDefinition", "airflow-prod-migration"),
        ("pulumi-python:dynamic/index:OneOffTask", "airflow-prod-migration"),
    }


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


def test_wrong_settings_stop_before_anything_is_made(bench: Bench) -> None:
    """All faults at once, each with key, rule, value and remedy, and no traceback."""
    stack = bench.stack(
        "wrong",
        {
            "airflow-ecs:wrokerCount": '"2"',
            "airflow-ecs:apiServerMemoryMib": '"1536"',
            "airflow-ecs:vpcCidr": "10.0.0.0/27",
            "airflow-ecs:executor": "KubernetesExecutor",
            "airflow-ecs:loadBalancerAllowedCidrs": "[0.0.0.0/0]",
            "airflow-ecs:loadBalancerSslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        },
    )
    with pytest.raises(auto.CommandError) as failed:
        stack.up()
    text = str(failed.value)
    for told in (
        "wrokerCount is no setting. Did you mean workerCount?",
        "apiServerMemoryMib must be one of 2048",
        "vpcCidr is too small",
        "executor must be one of LocalExecutor, CeleryExecutor; got 'KubernetesExecutor'",
        "loadBalancerAllowedCidrs must not hold 0.0.0.0/0",
        "loadBalancerSslPolicy needs loadBalancerDomain or loadBalancerCertificateArn",
    ):
        assert told in text
    assert "Traceback" not in text
    kinds = {
        resource["type"]
        for resource in json.loads(bench.state_file("wrong"))["checkpoint"]["latest"].get("resources", [])
    }
    assert kinds <= {"pulumi:pulumi:Stack"}


def test_what_the_older_provider_cannot_take_is_known(
    bench: Bench, deployed: dict[str, auto.UpResult]
) -> None:
    """Nothing of the program is dropped in silence on an engine with an older provider."""
    assert deployed["prod"].summary.result == "succeeded"
    unsent = bench.home / "unsent"
    assert not unsent.exists() or not unsent.read_text()


def test_what_is_locked_is_not_destroyed(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """Pulumi's command and ours refuse before they touch anything, and say what to do."""
    assert deployed["prod"].summary.result == "succeeded"
    stack = select(bench, "prod")
    command = ["pulumi", "destroy", "--stack", "prod", "--yes", "--non-interactive"]
    pulumis = subprocess.run(
        command, check=False, cwd=stack.workspace.work_dir, capture_output=True, text=True
    )
    assert pulumis.returncode != 0
    assert "protect" in pulumis.stdout + pulumis.stderr
    ours = commands.run(stack, "destroy", "--confirm", "prod")
    assert ours.returncode == 1
    assert ours.stderr.startswith("destroy of prod: airflow-prod-broker, airflow-prod-data, ")
    assert "Set protectData false, run `pulumi up`" in ours.stderr
    assert preview(select(bench, "prod")) == set()


def test_destroy_leaves_the_account_as_it_was_and_a_snapshot(
    bench: Bench, deployed: dict[str, auto.UpResult], empty: dict[str, list[str]]
) -> None:
    """Unlocked, then destroyed, as `docs/teardown.md` says; a bucket with objects stays until emptied."""
    assert set(deployed) == {"dev", "prod", "foreign"}
    prod = select(bench, "prod", protectData='"false"')
    bucket = prod.up().outputs["data_bucket"].value
    client("s3").put_object(Bucket=bucket, Key="kept", Body=b"x")
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(stack.destroy) for stack in (select(bench, "dev"), two_clusters(bench))]
        with pytest.raises(auto.CommandError, match="BucketNotEmpty"):
            prod.destroy()
        assert {done.result().summary.result for done in others} == {"succeeded"}
    assert client("s3").get_object(Bucket=bucket, Key="kept")["Body"].read() == b"x"
    for version in client("s3").list_object_versions(Bucket=bucket)["Versions"]:
        client("s3").delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    prod.destroy()
    assert added(inventory(), empty) == {}
    assert len(final_snapshots()) == 1


def test_the_same_stack_goes_up_again_at_once(
    bench: Bench, deployed: dict[str, auto.UpResult], empty: dict[str, list[str]]
) -> None:
    """No name is still taken; asked to throw its data away, it leaves nothing behind."""
    assert deployed["prod"].summary.result == "succeeded"
    prod = select(bench, "prod", protectData='"false"', discardData='"true"')
    bucket = prod.up().outputs["data_bucket"].value
    client("s3").put_object(Bucket=bucket, Key="lost", Body=b"x")
    before = final_snapshots()
    prod.destroy()
    assert added(inventory(), empty) == {}
    assert final_snapshots() == before


def added(now: dict[str, list[str]], then: dict[str, list[str]]) -> dict[str, set[str]]:
    """What came into the account, by kind."""
    return {kind: set(now[kind]) - set(then[kind]) for kind in now if now[kind] != then[kind]}


def final_snapshots() -> list[str]:
    """List the last snapshots of databases that are no more."""
    found = client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    names = [one["DBSnapshotIdentifier"] for one in found]
    assert all(name.startswith("airflow-prod-database-final-") for name in names)
    return names
