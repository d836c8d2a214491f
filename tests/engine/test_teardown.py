"""`prod` as `docs/teardown.md` says: locked, unlocked, destroyed with a last snapshot, made again.

The tests run in order and share the stack.
"""

import subprocess

import pytest
from pulumi import automation as auto

from tests.engine import commands
from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.shipped import added, client, inventory, select

pytestmark = [pytest.mark.engine, pytest.mark.long]


@pytest.fixture(scope="module")
def empty(bench: Bench) -> dict[str, list[str]]:
    """What the account held before anything was deployed."""
    assert bench.home.exists()
    return inventory()


@pytest.fixture(scope="module")
def deployed(bench: Bench, empty: dict[str, list[str]]) -> auto.UpResult:
    """Bring it up as shipped."""
    assert not empty["clusters"]
    return select(bench, "prod").up()


def test_what_is_locked_is_not_destroyed(bench: Bench, deployed: auto.UpResult) -> None:
    """Pulumi's command and ours refuse before they touch anything, and say what to do."""
    assert deployed.summary.result == "succeeded"
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
    bench: Bench, deployed: auto.UpResult, empty: dict[str, list[str]]
) -> None:
    """Unlocked, then destroyed, as `docs/teardown.md` says; a bucket with objects stays until emptied."""
    assert deployed.summary.result == "succeeded"
    prod = select(bench, "prod", protectData='"false"')
    bucket = prod.up().outputs["data_bucket"].value
    client("s3").put_object(Bucket=bucket, Key="kept", Body=b"x")
    with pytest.raises(auto.CommandError, match="BucketNotEmpty"):
        prod.destroy()
    assert client("s3").get_object(Bucket=bucket, Key="kept")["Body"].read() == b"x"
    for version in client("s3").list_object_versions(Bucket=bucket)["Versions"]:
        client("s3").delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    prod.destroy()
    assert added(inventory(), empty) == {}
    assert len(final_snapshots()) == 1


def test_the_same_stack_goes_up_again_at_once(
    bench: Bench, deployed: auto.UpResult, empty: dict[str, list[str]]
) -> None:
    """No name is still taken; asked to throw its data away, it leaves nothing behind."""
    assert deployed.summary.result == "succeeded"
    prod = select(bench, "prod", protectData='"false"', discardData='"true"')
    bucket = prod.up().outputs["data_bucket"].value
    client("s3").put_object(Bucket=bucket, Key="lost", Body=b"x")
    before = final_snapshots()
    prod.destroy()
    assert added(inventory(), empty) == {}
    assert final_snapshots() == before


def final_snapshots() -> list[str]:
    """List the last snapshots of databases that are no more."""
    found = client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    names = [one["DBSnapshotIdentifier"] for one in found]
    assert all(name.startswith("airflow-prod-database-final-") for name in names)
    return names
