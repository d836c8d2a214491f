"""`dev`, `prod` and a foreign program with two clusters, side by side in one account, from up to destroy.

The tests run in order and share the stacks.
"""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from pulumi import automation as auto

from tests.engine import commands, examples
from tests.engine.bench import Bench
from tests.engine.changes import named, preview
from tests.engine.shipped import (
    KEYS,
    ROLES,
    added,
    client,
    get,
    inventory,
    objects_file,
    secret_values,
    select,
)

pytestmark = pytest.mark.engine

TWO_CLUSTERS = Path(__file__).parent / "two_clusters"


def two_clusters(bench: Bench) -> auto.Stack:
    """Select the foreign program's stack."""
    return bench.stack("foreign", {"two-clusters:image": bench.images["good"]}, project=TWO_CLUSTERS)


@pytest.fixture(scope="module")
def empty(bench: Bench) -> dict[str, list[str]]:
    """What the account held before anything was deployed."""
    assert bench.home.exists()
    return inventory()


@pytest.fixture(scope="module")
def deployed(bench: Bench, empty: dict[str, list[str]]) -> dict[str, auto.UpResult]:
    """Bring all three up at the same time."""
    assert not empty["clusters"]
    stacks = {"dev": select(bench, "dev"), "prod": select(bench, "prod"), "foreign": two_clusters(bench)}
    with ThreadPoolExecutor() as pool:
        running = {name: pool.submit(stack.up) for name, stack in stacks.items()}
        return {name: one.result() for name, one in running.items()}


@pytest.fixture(scope="module")
def values(deployed: dict[str, auto.UpResult]) -> dict[str, dict[str, str]]:
    """The secret values of each shipped stack, by kind."""
    return {name: secret_values(deployed[name]) for name in KEYS}


def test_a_second_preview_is_empty(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """What was deployed is what the program says, and what AWS reports back is no change."""
    assert set(deployed) == {"dev", "prod", "foreign"}
    with ThreadPoolExecutor() as pool:
        stacks = (select(bench, "dev"), select(bench, "prod"), two_clusters(bench))
        assert list(pool.map(preview, stacks)) == [set(), set(), set()]


def test_a_refresh_leaves_nothing_to_do(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """What the account holds, read back, is still what the program says."""
    assert deployed["dev"].summary.result == "succeeded"
    stack = select(bench, "dev")
    stack.refresh()
    assert preview(stack) == set()


def test_tags_of_the_stack_are_on_everything(bench: Bench, deployed: dict[str, auto.UpResult]) -> None:
    """Pulumi's own default tags, as `docs/existing-infrastructure.md` sets them."""
    assert deployed["dev"].summary.result == "succeeded"
    state = json.loads(bench.state_file("dev"))["checkpoint"]["latest"]["resources"]
    tagged = {one["urn"]: one["outputs"]["tagsAll"] for one in state if "tagsAll" in one.get("outputs", {})}
    assert len(tagged) > 40
    assert {urn for urn, tags in tagged.items() if tags.get("CostCenter") != "4711"} == set()


def test_two_clusters_in_one_program_are_two(deployed: dict[str, auto.UpResult]) -> None:
    """Names in one program do not collide."""
    outputs = deployed["foreign"].outputs
    assert outputs["small"].value != outputs["large"].value


def test_outputs_name_every_part(deployed: dict[str, auto.UpResult]) -> None:
    """The address answers; tasks' own address is another, of a server of its own."""
    outputs = deployed["dev"].outputs
    assert set(outputs["service_names"].value) == set(ROLES)
    assert get(f"{outputs['url'].value}/api/v2/version") == (200, "good")


def test_keys_are_what_airflow_takes(values: dict[str, dict[str, str]]) -> None:
    """The Fernet key works with the real Fernet class; all secrets differ, also between stacks."""
    for kinds in values.values():
        fernet = Fernet(kinds["fernet-key"])
        assert fernet.decrypt(fernet.encrypt(b"x")) == b"x"
    every = [value for kinds in values.values() for value in kinds.values()]
    assert len(every) == len(set(every))


def test_no_secret_stands_in_plaintext(
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
    """A customer managed key replaces the database: the report begins with it, and deploy does nothing."""
    assert deployed["prod"].summary.result == "succeeded"
    report = bench.home / "lost.md"
    refused = commands.run(select(bench, "prod", kmsCreateKey='"true"'), "deploy", "--out", str(report))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "deploy of prod: data would be lost: " in refused.stderr
    assert "airflow-prod-database" in refused.stderr
    first = report.read_text().split("###")[1]
    assert first.startswith(" Data loss")
    assert "**replaced: rds/Instance `airflow-prod-database`**, forced by `kmsKeyId`" in first


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
        ("aws:s3/bucketObjectv2:BucketObjectv2", "airflow-prod-migration-airflow-resources"),
        ("aws:ecs/taskDefinition:TaskDefinition", "airflow-prod-migration"),
        ("pulumi-python:dynamic/index:OneOffTask", "airflow-prod-migration"),
    }


def test_wrong_settings_stop_before_anything_is_made(bench: Bench) -> None:
    """All errors at once, each with key, rule, value and remedy, and no traceback."""
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
    for line in (
        "wrokerCount is not a setting. Did you mean workerCount?",
        "apiServerMemoryMib must be one of 2048",
        "vpcCidr is too small",
        "executor must be one of LocalExecutor, CeleryExecutor, AwsEcsExecutor, or several with commas",
        "loadBalancerAllowedCidrs must not hold 0.0.0.0/0",
        "loadBalancerSslPolicy needs loadBalancerDomain or loadBalancerCertificateArn",
    ):
        assert line in text
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


@pytest.mark.drill(name="stacks")
def test_destroy_leaves_the_account_as_it_was(
    bench: Bench, deployed: dict[str, auto.UpResult], empty: dict[str, list[str]]
) -> None:
    """All three at the same time, `prod` once it is unlocked."""
    assert set(deployed) == {"dev", "prod", "foreign"}
    prod = select(bench, "prod", protectData='"false"')
    with ThreadPoolExecutor() as pool:
        going = [pool.submit(stack.destroy) for stack in (select(bench, "dev"), two_clusters(bench))]
        prod.up()
        going.append(pool.submit(prod.destroy))
    assert [one.result().summary.result for one in going] == ["succeeded"] * 3
    assert added(inventory(), empty) == {}
