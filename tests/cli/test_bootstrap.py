"""What `airflow-ecs bootstrap` makes, in an account of plain moto; not proved: what AWS lets a role do."""

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import boto3
import pytest

from cli.ci.roles import SESSION_SECONDS
from cli.ensure import Ensure
from tests.cli.command import airflow_ecs
from tests.helpers.moto_account import empty_account

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
    with empty_account() as plain:
        for name, value in plain.login.items():
            patch.setenv(name, value)
        yield


def _bootstrap(*options: str) -> CompletedProcess[str]:
    return airflow_ecs("bootstrap", "--repository", "acme/airflow", *IDS, "--region", "eu-west-1", *options)


def _client(service: str) -> Any:
    session: Any = boto3.Session(region_name="eu-west-1")
    return session.client(service)


@pytest.fixture(scope="module")
def made() -> CompletedProcess[str]:
    """Bootstrap the stack prod in the empty account."""
    return _bootstrap("--stack", "prod")


def test_it_prints_what_it_created_and_what_the_workflows_need(made: CompletedProcess[str]) -> None:
    """JSON on stdout, for people and scripts."""
    assert made.returncode == 0, made.stderr
    response = json.loads(made.stdout)
    backend = f"s3://{BUCKET}/prod?region=eu-west-1&awssdk=v2"
    assert response["variables of each environment"]["PULUMI_BACKEND_URL"] == backend
    assert set(response["environments"]) == {"prod-preview", "prod-drift", "prod"}
    assert "awskms:///alias/airflow-ecs-prod?region=eu-west-1" in " ".join(response["once"])
    assert response["settings of the stack"] == {
        "iamPermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/airflow-ecs-prod-boundary",
        "iamRolePath": "/airflow-ecs/prod/",
    }
    kinds = ["key", "bucket", "OpenID", *["policy"] * 5, *["role"] * 3]
    assert [line.split()[1] for line in made.stderr.splitlines()] == kinds


def test_environments_are_printed_with_branches_and_reviewers(made: CompletedProcess[str]) -> None:
    """Without them GitHub lets every branch use an environment, and nobody asks."""
    response = json.loads(made.stdout)["environments"]
    assert "all; required reviewers, prevent self-review" in response["prod-preview"]
    assert response["prod-drift"] == "deployment branches: main only"
    assert response["prod"] == "deployment branches: main only; required reviewers, prevent self-review"


def test_a_second_run_makes_nothing(made: CompletedProcess[str]) -> None:
    """And sets right what somebody changed."""
    s3 = _client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    again = _bootstrap("--stack", "prod")
    assert (again.returncode, again.stderr, again.stdout) == (0, "", made.stdout)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_the_state_is_kept_encrypted_and_private(made: CompletedProcess[str]) -> None:
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


def test_each_role_is_for_one_environment_of_one_repository(made: CompletedProcess[str]) -> None:
    """The subject is exact: no pull request of a fork, no other repository; GitHub holds the branch."""
    assert made.returncode == 0
    subjects = {
        kind: _trust(kind)["Condition"]["StringEquals"][SUBJECT] for kind in ("preview", "drift", "deploy")
    }
    assert subjects == {
        "preview": ["repo:acme@1/airflow@2:environment:prod-preview"],
        "drift": ["repo:acme@1/airflow@2:environment:prod-drift"],
        "deploy": ["repo:acme@1/airflow@2:environment:prod"],
    }


def _trust(kind: str) -> dict[str, Any]:
    role = _client("iam").get_role(RoleName=f"airflow-ecs-prod-{kind}")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    return statement


def _attached(kind: str) -> list[str]:
    answer = _client("iam").list_attached_role_policies(RoleName=f"airflow-ecs-prod-{kind}")
    return sorted(one["PolicyName"].removeprefix("airflow-ecs-prod-") for one in answer["AttachedPolicies"])


def test_roles_have_the_policies_that_were_made(made: CompletedProcess[str]) -> None:
    """What they say is checked in tests/security; the boundary is attached to nobody."""
    assert made.returncode == 0
    assert {kind: _attached(kind) for kind in ("preview", "drift", "deploy")} == {
        "preview": [],
        "drift": ["reads"],
        "deploy": ["changes-compute", "changes-data", "changes-network", "reads"],
    }
    policy = _client("iam").get_role_policy(RoleName="airflow-ecs-prod-deploy", PolicyName="airflow-ecs")
    assert policy["PolicyDocument"]["Statement"]


def test_sessions_outlast_the_jobs(made: CompletedProcess[str]) -> None:
    """Credentials that end in the middle of an `up` leave a lock and no state."""
    assert made.returncode == 0
    for kind in ("preview", "drift", "deploy"):
        role = _client("iam").get_role(RoleName=f"airflow-ecs-prod-{kind}")["Role"]
        assert role["MaxSessionDuration"] == SESSION_SECONDS


def test_a_role_loses_what_it_should_not_have(made: CompletedProcess[str]) -> None:
    """Such as PowerUserAccess, which deploy roles had at first; and its policies get their text back."""
    assert made.returncode == 0
    iam = _client("iam")
    iam.attach_role_policy(
        RoleName="airflow-ecs-prod-deploy", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess"
    )
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/airflow-ecs-prod-boundary"
    document = iam.get_policy_version(PolicyArn=boundary, VersionId="v1")["PolicyVersion"]["Document"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    loose = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    for _ in range(4):
        iam.create_policy_version(PolicyArn=boundary, PolicyDocument=loose, SetAsDefault=True)
    again = _bootstrap("--stack", "prod")
    assert again.returncode == 0, again.stderr
    assert again.stderr.splitlines() == [
        "changed policy airflow-ecs-prod-boundary",
        "took PowerUserAccess from role airflow-ecs-prod-deploy",
    ]
    assert "PowerUserAccess" not in _attached("deploy")
    current = iam.get_policy(PolicyArn=boundary)["Policy"]["DefaultVersionId"]
    assert (
        iam.get_policy_version(PolicyArn=boundary, VersionId=current)["PolicyVersion"]["Document"] == document
    )


def test_a_name_that_begins_like_another_stack_is_refused(made: CompletedProcess[str]) -> None:
    """Before anything is made: its things would be prod's too."""
    assert made.returncode == 0
    refused = _bootstrap("--stack", "prod-eu")
    assert refused.returncode == 2
    assert refused.stderr == (
        "--stack prod-eu: permissions of prod would cover everything named prod-eu-..., which has the same "
        "beginning. Choose another name, or another account\n"
    )


def test_stacks_of_pull_requests_are_swept_from_an_environment_of_their_own() -> None:
    """Without reviewers, who would be asked every night, but for the deployed branch only."""
    response = json.loads(_bootstrap("--stack", "review", "--sweep").stdout)
    assert "all; required reviewers" in response["environments"]["review"]
    assert response["environments"]["review-sweep"] == "deployment branches: main only"
    role = _client("iam").get_role(RoleName="airflow-ecs-review-deploy")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"]["StringEquals"][SUBJECT] == [
        "repo:acme@1/airflow@2:environment:review",
        "repo:acme@1/airflow@2:environment:review-sweep",
    ]


def test_statements_for_tasks_stand_in_the_boundary(tmp_path: Path) -> None:
    """The administrator who runs bootstrap says what DAGs may have; the boundary takes nothing else."""
    file = tmp_path / "statements.json"
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:q"}
    file.write_text(json.dumps([allowed]))
    done = _bootstrap("--stack", "queue", "--task-statements", str(file))
    assert done.returncode == 0, done.stderr
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/airflow-ecs-queue-boundary"
    version = _client("iam").get_policy_version(PolicyArn=boundary, VersionId="v1")["PolicyVersion"]
    assert allowed in version["Document"]["Statement"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": ["sqs:*", "IAM:PassRole"], "Resource": "*"},
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        "sqs:*",
    ],
)
def test_statements_that_undo_the_boundary_are_refused(tmp_path: Path, statement: Any) -> None:
    """In words, before anything is made."""
    file = tmp_path / "statements.json"
    file.write_text(json.dumps([statement]))
    done = _bootstrap("--stack", "loose", "--task-statements", str(file))
    assert done.returncode == 2
    assert "whose actions are of a named service, and not of iam, kms" in done.stderr


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--stack", "Prod"), "--stack must be 1 to 20 of a-z 0-9, with single hyphens between"),
        (("--stack", "a--b"), "with single hyphens between"),
        (("--stack", "x", "--name-prefix", "9"), "--name-prefix and --stack: the cluster's name must be"),
        (("--stack", "ecs"), "its things would be named airflow-ecs-..., as CI's own roles, keys and bucket"),
        (("--stack", "ecs-prod"), "as CI's own roles, keys and bucket"),
        (("--stack", "x", "--bucket", "airflow-x-state"), "named airflow-x-... is the stack's own"),
        (("--stack", "x", "--existing", "arn:aws:s3:::a*"), "must be an ARN of ecr, s3, ssm without *"),
        (("--stack", "x", "--secret", "arn:aws:s3:::a"), "must be the ARN of a secret"),
        (("--stack", "prod", "--owner-id", "acme"), '--owner-id: unable to convert "acme" into int'),
        (("--stack", "prod", "--repository", "acme"), "must be OWNER/NAME; got 'acme'"),
        (("--stack", "prod", "--bucket", "no/bucket"), 'Invalid bucket name "no/bucket"'),
    ],
)
def test_wrong_words_are_one_line(options: tuple[str, ...], error: str) -> None:
    """With what would be right."""
    done = _bootstrap(*options)
    assert done.returncode == 2
    assert error in done.stderr
    assert "Traceback" not in done.stderr


def test_every_request_for_the_bucket_names_the_account() -> None:
    """S3 refuses it for a bucket of somebody else, even if that is open to everybody. moto does not look."""
    session: Any = boto3.Session(region_name="eu-west-1")
    owners: dict[str, str | None] = {}

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        owners[model.name] = params["headers"].get("x-amz-expected-bucket-owner")

    session.events.register("before-call.s3", note)
    for _ in range(2):
        Ensure(session, "eu-west-1", ACCOUNT).state_bucket(f"{BUCKET}-asked")
    assert owners.pop("CreateBucket") is None  # S3 makes it for whoever asks
    assert len(owners) == 6
    assert {*owners.values()} == {ACCOUNT}
