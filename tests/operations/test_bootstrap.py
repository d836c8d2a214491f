"""What `airflow-ecs bootstrap` makes, in an account of plain moto; not proved: what AWS lets a role do."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from plain_moto import empty_account

COMMAND = str(Path(sys.executable).parent / "airflow-ecs")
ACCOUNT = "123456789012"
BUCKET = f"airflow-ecs-state-{ACCOUNT}-eu-west-1"
IDS = ("--owner-id", "1", "--repository-id", "2")
SUBJECT = "token.actions.githubusercontent.com:sub"


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    """Serve an empty account, in which AWS's own policies are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        yield from _serve(patch)


def _serve(patch: pytest.MonkeyPatch) -> Iterator[None]:
    with empty_account() as address:
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield


def _bootstrap(*options: str) -> subprocess.CompletedProcess[str]:
    words = [COMMAND, "bootstrap", "--repository", "acme/airflow", *IDS, "--region", "eu-west-1", *options]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def _client(service: str) -> Any:
    session: Any = boto3.Session(region_name="eu-west-1")
    return session.client(service)


@pytest.fixture(scope="module")
def made() -> subprocess.CompletedProcess[str]:
    """Bootstrap the stack prod in the empty account."""
    return _bootstrap("--stack", "prod")


def test_it_says_what_it_made_and_what_the_workflows_need(made: subprocess.CompletedProcess[str]) -> None:
    """JSON on stdout, for people and scripts."""
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert (
        told["variables of the repository"]["PULUMI_BACKEND_URL"]
        == f"s3://{BUCKET}?region=eu-west-1&awssdk=v2"
    )
    assert told["environments"] == ["prod-preview", "prod"]
    assert "awskms:///alias/airflow-ecs-prod?region=eu-west-1" in told["once"]
    kinds = ["key", "bucket", "OpenID", "role", "role", "role"]
    assert [line.split()[1] for line in made.stderr.splitlines()] == kinds


def test_a_second_run_makes_nothing(made: subprocess.CompletedProcess[str]) -> None:
    """And sets right what somebody changed."""
    s3 = _client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    again = _bootstrap("--stack", "prod")
    assert (again.returncode, again.stderr, again.stdout) == (0, "", made.stdout)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_the_state_is_kept_encrypted_and_private(made: subprocess.CompletedProcess[str]) -> None:
    """Every version, by a key of KMS, over TLS, and nobody can make it public."""
    assert made.returncode == 0
    s3, kms = _client("s3"), _client("kms")
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    assert kms.get_key_rotation_status(KeyId=_key())["KeyRotationEnabled"]


def _key() -> str:
    return _client("kms").describe_key(KeyId="alias/airflow-ecs-prod")["KeyMetadata"]["Arn"]


def test_each_role_is_for_one_kind_of_job_of_one_repository(made: subprocess.CompletedProcess[str]) -> None:
    """The subject is exact: no pull request of a fork, no other branch, no other repository."""
    assert made.returncode == 0
    subjects = {
        kind: _trust(kind)["Condition"]["StringEquals"][SUBJECT] for kind in ("preview", "drift", "deploy")
    }
    assert subjects == {
        "preview": ["repo:acme@1/airflow@2:environment:prod-preview"],
        "drift": ["repo:acme@1/airflow@2:ref:refs/heads/main"],
        "deploy": ["repo:acme@1/airflow@2:environment:prod"],
    }


def _trust(kind: str) -> dict[str, Any]:
    role = _client("iam").get_role(RoleName=f"airflow-ecs-prod-{kind}")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    return statement


def _statements(kind: str) -> list[dict[str, Any]]:
    policy = _client("iam").get_role_policy(RoleName=f"airflow-ecs-prod-{kind}", PolicyName="airflow-ecs")
    return policy["PolicyDocument"]["Statement"]


def test_a_preview_reads_state_and_decrypts_and_changes_nothing(
    made: subprocess.CompletedProcess[str],
) -> None:
    """Beside AWS's SecurityAudit, which reads configuration; secrets are denied by name."""
    assert made.returncode == 0
    attached = _client("iam").list_attached_role_policies(RoleName="airflow-ecs-prod-preview")
    assert [one["PolicyName"] for one in attached["AttachedPolicies"]] == ["SecurityAudit"]
    allowed = {
        action: one["Resource"]
        for one in _statements("preview")
        if one["Effect"] == "Allow"
        for action in one["Action"]
    }
    assert allowed == {
        "s3:ListBucket": [f"arn:aws:s3:::{BUCKET}"],
        "s3:GetObject": [f"arn:aws:s3:::{BUCKET}/*"],
        "kms:Decrypt": [_key()],
        "ecr:GetAuthorizationToken": ["*"],
    }
    (denied,) = [one for one in _statements("preview") if one["Effect"] == "Deny"]
    assert denied["Action"] == ["secretsmanager:GetSecretValue"]


def test_a_deploy_hands_on_its_own_roles_only(made: subprocess.CompletedProcess[str]) -> None:
    """To the services that this program uses; else it could make itself an administrator."""
    assert made.returncode == 0
    for one in _statements("deploy"):
        if any(action.startswith("iam:") for action in one["Action"]):
            assert all("role/" in resource and resource != "*" for resource in one["Resource"])
    (passing,) = [one for one in _statements("deploy") if one["Action"] == ["iam:PassRole"]]
    assert set(passing["Condition"]["StringEquals"]["iam:PassedToService"]) >= {"ecs-tasks.amazonaws.com"}
    assert all("role/airflow-prod-" in one or "role/*/airflow-prod-" in one for one in passing["Resource"])


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (("--stack", "Prod"), "--stack must be 1 to 31 of a-z 0-9 -, a letter first; got 'Prod'"),
        (("--stack", "prod", "--owner-id", "acme"), "must be a number, as GitHub gives it; got 'acme'"),
        (("--stack", "prod", "--repository", "acme"), "must be OWNER/NAME; got 'acme'"),
        (("--stack", "prod", "--bucket", "no/bucket"), 'Invalid bucket name "no/bucket"'),
    ],
)
def test_wrong_words_are_one_line(options: tuple[str, ...], fault: str) -> None:
    """With what would be right."""
    done = _bootstrap(*options)
    assert done.returncode != 0
    assert fault in done.stderr
    assert "Traceback" not in done.stderr
