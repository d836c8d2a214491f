# pyright: basic
# boto3's answers have no types.
"""What a task may do at AWS, its task role's policies say: each call is made with a task's own credentials.

Not proved: what AWS itself answers; the evaluator's rules are held by `test_iam.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.account import environment

from .conftest import allow, client, key_policy, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Stage

ACCOUNT = "123456789012"
HERE = f"us-east-1:{ACCOUNT}"
CODE = """
import urllib.request
print(json.dumps(json.load(urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]))))
sys.stdout.flush()
import time; time.sleep(3600)
"""


@dataclass
class TaskOf:
    """A running task, whose role's policies a test sets."""

    stage: Stage
    role_arn: str
    arn: str
    key: dict[str, str]

    @property
    def role(self) -> str:
        """The role's name."""
        return self.role_arn.rpartition("/")[2]

    @property
    def session(self) -> str:
        """The ARN that AWS's messages name."""
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role}/{self.arn.rpartition('/')[2]}"

    def may(self, *statements: dict[str, Any]) -> None:
        """Let the role's only policy have these statements."""
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.stage.iam.put_role_policy(
            RoleName=self.role, PolicyName="p", PolicyDocument=json.dumps(document)
        )

    def client(self, service: str) -> Any:
        """Return a client with the task's credentials."""
        return boto3.client(
            service,
            endpoint_url=environment(self.stage.home)["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            config=Config(
                retries={"total_max_attempts": 1}, inject_host_prefix=False, signature_version="v4"
            ),
            **self.key,
        )

    def refusal(self, service: str, operation: str, **given: Any) -> tuple[str, str]:
        """Call and return code and message of the error."""
        with pytest.raises(ClientError) as error:
            getattr(self.client(service), operation)(**given)
        return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.fixture(scope="module")
def running(stage: Stage) -> Iterator[TaskOf]:
    """Start a task that prints its credentials."""
    role_arn = stage.role()
    arn = stage.start(stage.definition(CODE, task_role=role_arn))["taskArn"]

    def printed() -> Any:
        try:
            return json.loads(stage.output(stage.task(arn))[0])
        except (ClientError, IndexError):
            return None

    found = wait(printed)
    assert found["RoleArn"] == role_arn
    key = {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["Token"],
    }
    yield TaskOf(stage, role_arn, arn, key)
    stage.ecs.stop_task(cluster=stage.cluster, task=arn)
    stage.until_stopped(arn)


@pytest.fixture
def task(running: TaskOf) -> Iterator[TaskOf]:
    """The task, with a role that may do nothing, and no boundary."""
    running.may({"Effect": "Deny", "Action": "none:None", "Resource": "*"})
    yield running
    running.stage.iam.delete_role_permissions_boundary(RoleName=running.role)


@pytest.fixture
def bucket(stage: Stage) -> str:
    """A bucket with one object."""
    name = stage.name("bucket")
    stage.s3.create_bucket(Bucket=name)
    stage.s3.put_object(Bucket=name, Key="in/one", Body=b"1")
    return name


def not_allowed(task: TaskOf, action: str, resource: str) -> str:
    """Return AWS's message for what no policy allows."""
    return (
        f"User: {task.session} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


PROTOCOLS = {
    "s3": ("list_buckets", {}, "AccessDenied", "s3:ListAllMyBuckets"),
    "secretsmanager": ("list_secrets", {}, "AccessDeniedException", "secretsmanager:ListSecrets"),
    "ecs": ("list_clusters", {}, "AccessDeniedException", "ecs:ListClusters"),
    "iam": ("list_users", {}, "AccessDenied", "iam:ListUsers"),
    "ec2": ("describe_vpcs", {}, "UnauthorizedOperation", "ec2:DescribeVpcs"),
    "sqs": ("list_queues", {}, "AccessDenied", "sqs:ListQueues"),
    "scheduler": ("list_schedules", {}, "AccessDeniedException", "scheduler:ListSchedules"),
    "cloudwatch": ("list_metrics", {}, "AccessDenied", "cloudwatch:ListMetrics"),
    "route53": ("list_hosted_zones", {}, "AccessDenied", "route53:ListHostedZones"),
    "ecr": ("get_authorization_token", {}, "AccessDeniedException", "ecr:GetAuthorizationToken"),
}


@pytest.mark.conformance(
    operation="evaluation:a session of a role",
    says="A request that no policy allows is denied, in the form of the service's protocol.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html",
)
@pytest.mark.conformance(
    operation="ecs:ListClusters",
    says="The message names the session, the action, the resource and what is missing.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
)
@pytest.mark.parametrize("service", PROTOCOLS)
def test_nothing_is_allowed_that_no_policy_allows(task: TaskOf, service: str) -> None:
    """In each protocol's own form; with a statement on it the same call is served."""
    operation, given, code, action = PROTOCOLS[service]
    found, message = task.refusal(service, operation, **given)
    assert found in (code, "AccessDeniedException" if service == "cloudwatch" else code)
    resource = '"*"' if service == "s3" else "*"
    assert message.endswith(not_allowed(task, action, resource))
    task.may(allow(action))
    getattr(task.client(service), operation)(**given)


@pytest.mark.conformance(
    operation="sts:GetCallerIdentity",
    says="No permission is needed.",
    source="https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html",
)
def test_who_calls_needs_no_permission(task: TaskOf) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""
    identity = task.client("sts").get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == (task.session, ACCOUNT)


@pytest.mark.conformance(
    operation="s3:HeadObject",
    says="A refused HEAD has the status 403 and no code.",
)
@pytest.mark.conformance(
    operation="s3:CopyObject",
    says="A copy needs to read the source and to write the target.",
)
@pytest.mark.conformance(
    operation="s3:PutObject",
    says="Objects are read, written, tagged and deleted by separate permissions.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html",
)
def test_objects(task: TaskOf, bucket: str) -> None:
    """Read, write and delete are rights of their own, on the objects that a statement names."""
    objects, s3 = f"arn:aws:s3:::{bucket}/in/*", task.client("s3")
    task.may(allow("s3:GetObject", objects), allow("s3:ListBucket", f"arn:aws:s3:::{bucket}"))
    assert s3.get_object(Bucket=bucket, Key="in/one")["Body"].read() == b"1"
    s3.head_object(Bucket=bucket, Key="in/one")
    s3.head_bucket(Bucket=bucket)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    for operation, action, given in (
        ("put_object", "s3:PutObject", {"Body": b"2"}),
        ("delete_object", "s3:DeleteObject", {}),
        ("create_multipart_upload", "s3:PutObject", {}),
        ("put_object_tagging", "s3:PutObjectTagging", {"Tagging": {"TagSet": []}}),
    ):
        assert task.refusal("s3", operation, Bucket=bucket, Key="in/one", **given) == (
            "AccessDenied",
            not_allowed(task, action, f'"arn:aws:s3:::{bucket}/in/one"'),
        )
    assert task.refusal("s3", "get_object", Bucket=bucket, Key="out/one")[0] == "AccessDenied"
    task.may(allow(["s3:PutObject", "s3:AbortMultipartUpload"], objects))
    upload = s3.create_multipart_upload(Bucket=bucket, Key="in/big")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="in/big", UploadId=upload, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(Bucket=bucket, Key="in/big", UploadId=upload)
    code, _ = task.refusal("s3", "head_object", Bucket=bucket, Key="in/one")
    assert code == "403", "a HEAD has no body to say more"
    assert task.refusal("s3", "head_bucket", Bucket=bucket)[0] == "403"
    copied = {"Bucket": bucket, "Key": "in/two", "CopySource": f"{bucket}/in/one"}
    assert "s3:GetObject" in task.refusal("s3", "copy_object", **copied)[1]
    task.may(allow(["s3:GetObject", "s3:PutObject"], objects))
    s3.copy_object(**copied)


@pytest.mark.conformance(
    operation="s3:GetObject",
    says="Who may not list the bucket gets 403 for a missing object, not 404.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html",
)
def test_a_missing_object_is_a_secret_of_those_who_may_list(task: TaskOf, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html."""
    task.may(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    code, message = task.refusal("s3", "get_object", Bucket=bucket, Key="no")
    assert (code, message) == ("AccessDenied", not_allowed(task, "s3:ListBucket", f'"arn:aws:s3:::{bucket}"'))
    task.may(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), allow("s3:ListBucket"))
    assert task.refusal("s3", "get_object", Bucket=bucket, Key="no")[0] == "NoSuchKey"


@pytest.mark.conformance(
    operation="s3:GetObject",
    says="A deleted object of a bucket with versions is missing, and so 403 to who may not list the bucket.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html",
)
def test_a_deleted_object_is_as_missing_as_one_that_never_was(task: TaskOf, bucket: str) -> None:
    """However it is read: itself, its attributes, as the source of a copy, by a HEAD without words."""
    task.stage.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    task.stage.s3.delete_object(Bucket=bucket, Key="in/one")
    reads: list[tuple[str, dict[str, Any]]] = [
        ("get_object", {"Key": "in/one"}),
        ("head_object", {"Key": "in/one"}),
        ("get_object_attributes", {"Key": "in/one", "ObjectAttributes": ["ETag"]}),
        ("copy_object", {"Key": "in/two", "CopySource": {"Bucket": bucket, "Key": "in/one"}}),
    ]
    objects = allow(["s3:GetObject", "s3:GetObjectAttributes", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*")
    task.may(objects)
    refused = [task.refusal("s3", operation, Bucket=bucket, **given) for operation, given in reads]
    assert [code for code, _ in refused] == ["AccessDenied", "403", "AccessDenied", "AccessDenied"]
    assert all("s3:ListBucket" in message for code, message in refused if code == "AccessDenied")
    task.may(objects, allow("s3:ListBucket"))
    refused = [task.refusal("s3", operation, Bucket=bucket, **given) for operation, given in reads]
    assert [code for code, _ in refused] == ["NoSuchKey", "404", "NoSuchKey", "NoSuchKey"]


@pytest.mark.conformance(
    operation="s3:DeleteObjects",
    says="The call succeeds, and each key that was not deleted is an error in the answer.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html",
)
def test_several_objects_are_refused_one_by_one(task: TaskOf, bucket: str) -> None:
    """The call itself succeeds: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""
    given = {"Bucket": bucket, "Delete": {"Objects": [{"Key": "in/one"}]}}
    [error] = task.client("s3").delete_objects(**given)["Errors"]
    assert (error["Key"], error["Code"]) == ("in/one", "AccessDenied")
    task.may(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/in/*"))
    both = {"Bucket": bucket, "Delete": {"Objects": [{"Key": "in/one"}, {"Key": "out/one"}]}}
    assert task.refusal("s3", "delete_objects", **both)[0] == "NotImplemented"
    assert "Errors" not in task.client("s3").delete_objects(**given)
    assert "Contents" not in task.stage.s3.list_objects_v2(Bucket=bucket)


@pytest.mark.conformance(
    operation="s3:GetObject",
    says="A presigned URL may do what its maker may do when it is used.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html",
)
def test_a_presigned_url_may_what_its_maker_may(task: TaskOf, bucket: str) -> None:
    """At the time when it is used."""
    url = task.client("s3").generate_presigned_url("get_object", {"Bucket": bucket, "Key": "in/one"})
    assert requests.get(url, timeout=10).status_code == 403
    task.may(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    assert requests.get(url, timeout=10).content == b"1"


@pytest.mark.conformance(
    operation="evaluation:a session of a role",
    says="An explicit deny wins over an allow, and the message names the kind of policy.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
)
def test_an_explicit_deny_wins(task: TaskOf, bucket: str) -> None:
    """And the message names the kind of policy."""
    deny = {"Effect": "Deny", "Action": "s3:Get*", "Resource": f"arn:aws:s3:::{bucket}/in/*"}
    task.may(allow("s3:*"), deny)
    code, message = task.refusal("s3", "get_object", Bucket=bucket, Key="in/one")
    assert (code, message.partition(" with ")[2]) == (
        "AccessDenied",
        "an explicit deny in an identity-based policy",
    )
    task.client("s3").put_object(Bucket=bucket, Key="in/one", Body=b"")


@pytest.mark.conformance(
    operation="evaluation:a session of a role",
    says="With a permissions boundary an action needs to be allowed by both.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
)
def test_a_boundary_limits(task: TaskOf, bucket: str) -> None:
    """An allow needs both."""
    task.may(allow("s3:*"))
    document = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject")]}
    boundary = task.stage.iam.create_policy(
        PolicyName=task.stage.name("boundary"), PolicyDocument=json.dumps(document)
    )["Policy"]["Arn"]
    task.stage.iam.put_role_permissions_boundary(RoleName=task.role, PermissionsBoundary=boundary)
    task.client("s3").get_object(Bucket=bucket, Key="in/one")
    code, message = task.refusal("s3", "put_object", Bucket=bucket, Key="in/one", Body=b"")
    assert code == "AccessDenied"
    assert message.endswith("because no permissions boundary allows the s3:PutObject action")


def test_attached_policies_count(task: TaskOf, bucket: str) -> None:
    """AWS's own and the account's, in the version that is the default."""
    read_only = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    document = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject")]}
    iam = task.stage.iam
    own = iam.create_policy(PolicyName=task.stage.name("p"), PolicyDocument=json.dumps(document))["Policy"][
        "Arn"
    ]
    for arn in (read_only, own):
        iam.attach_role_policy(RoleName=task.role, PolicyArn=arn)
        task.client("s3").get_object(Bucket=bucket, Key="in/one")
        assert task.refusal("s3", "put_object", Bucket=bucket, Key="x", Body=b"")[0] == "AccessDenied"
        if arn == own:
            document["Statement"] = [allow("s3:PutObject")]
            iam.create_policy_version(PolicyArn=own, PolicyDocument=json.dumps(document), SetAsDefault=True)
            task.client("s3").put_object(Bucket=bucket, Key="x", Body=b"")
            assert task.refusal("s3", "get_object", Bucket=bucket, Key="x")[0] == "AccessDenied"
        iam.detach_role_policy(RoleName=task.role, PolicyArn=arn)


def test_conditions(task: TaskOf, bucket: str) -> None:
    """By what the request says: a listing's prefix, the region, transport, the caller, its role's tags."""
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    task.may(listing | {"Condition": {"StringLike": {"s3:prefix": "in/*"}}})
    task.client("s3").list_objects_v2(Bucket=bucket, Prefix="in/")
    assert task.refusal("s3", "list_objects_v2", Bucket=bucket, Prefix="out/")[0] == "AccessDenied"
    assert task.refusal("s3", "list_objects_v2", Bucket=bucket)[0] == "AccessDenied"
    task.stage.iam.tag_role(RoleName=task.role, Tags=[{"Key": "team", "Value": "data"}])
    for operator, key, value, allowed in (
        ("StringEquals", "aws:RequestedRegion", "us-east-1", True),
        ("StringEquals", "aws:RequestedRegion", "eu-west-1", False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("ArnEquals", "aws:PrincipalArn", task.role_arn, True),
        ("StringEquals", "aws:PrincipalTag/team", "data", True),
        ("StringEquals", "aws:PrincipalTag/team", "other", False),
        ("StringEquals", "aws:PrincipalTag/other", "data", False),
    ):
        task.may(allow("ecs:ListClusters", Condition={operator: {key: value}}))
        if allowed:
            task.client("ecs").list_clusters()
        else:
            assert task.refusal("ecs", "list_clusters")[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"StringEquals": {"aws:NoSuchKey": "1"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
    ],
    ids=json.dumps,
)
def test_what_is_not_modelled_is_an_error(task: TaskOf, condition: dict[str, Any]) -> None:
    """Neither yes nor no."""
    task.may(allow("ecs:ListClusters"), allow("ecs:*", Condition=condition))
    code, message = task.refusal("ecs", "list_clusters")
    assert code == "NotImplemented"
    assert "cannot evaluate the call by IAM's rules: it does not model" in message


@pytest.mark.conformance(
    operation="s3:PutBucketPolicy",
    says="A bucket's policy allows a role of the account by itself, and its deny wins.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-resource-based.html",
)
def test_a_buckets_policy(task: TaskOf, bucket: str) -> None:
    """It allows by itself whom it names, leaves the account's name to IAM, and denies."""

    def at_the_bucket(effect: str, principal: Any, **more: Any) -> None:
        statement = {"Effect": effect, "Principal": principal, "Action": "s3:GetObject", **more}
        statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
        document = {"Version": "2012-10-17", "Statement": [statement]}
        task.stage.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))

    def got() -> str:
        try:
            return str(task.client("s3").get_object(Bucket=bucket, Key="in/one")["Body"].read())
        except ClientError as error:
            return str(error)

    at_the_bucket("Allow", {"AWS": task.role_arn})
    assert got() == "b'1'"
    at_the_bucket("Allow", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert "no identity-based policy allows" in got()
    task.may(allow("s3:*"))
    insecure = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    at_the_bucket("Deny", "*", **insecure)
    assert got() == "b'1'"
    at_the_bucket("Deny", {"AWS": task.role_arn})
    assert "with an explicit deny in a resource-based policy" in got()


@dataclass(frozen=True)
class Guarded:
    """A resource that has a policy: a call on it, its action, how its policy is set, what else names it."""

    call: Callable[[TaskOf], str]
    action: str
    put: Callable[[dict[str, Any]], object]
    resource: dict[str, str]


def _guarded(stage: Stage, service: str) -> Guarded:
    name, sns = stage.name("guarded"), client(environment(stage.home), "sns")
    if service == "sqs":
        url = stage.sqs.create_queue(QueueName=name)["QueueUrl"]
        return Guarded(
            lambda task: _answer(task, "sqs", "send_message", QueueUrl=url, MessageBody="m"),
            "sqs:SendMessage",
            lambda text: stage.sqs.set_queue_attributes(
                QueueUrl=url, Attributes={"Policy": json.dumps(text)}
            ),
            {"Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"},
        )
    if service == "sns":
        arn = sns.create_topic(Name=name)["TopicArn"]
        return Guarded(
            lambda task: _answer(task, "sns", "publish", TopicArn=arn, Message="m"),
            "sns:Publish",
            lambda text: sns.set_topic_attributes(
                TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(text)
            ),
            {"Resource": arn},
        )
    stage.ecr.create_repository(repositoryName=name)
    return Guarded(
        lambda task: _answer(task, "ecr", "list_images", repositoryName=name),
        "ecr:ListImages",
        lambda text: stage.ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(text)),
        {},
    )


def _answer(task: TaskOf, service: str, operation: str, **given: Any) -> str:
    try:
        getattr(task.client(service), operation)(**given)
    except ClientError as error:
        return str(error)
    return "done"


@pytest.mark.conformance(
    operation="evaluation:the policy of a queue",
    says="A queue's policy allows a role of the account by itself, and its deny wins.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html",
)
@pytest.mark.conformance(
    operation="evaluation:the policy of a topic",
    says="A topic's policy allows a role of the account by itself, and its deny wins; the one that it begins "
    "with is for the topic's owner.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html",
)
@pytest.mark.conformance(
    operation="evaluation:the policy of a repository",
    says="A repository's policy, which names no resource, allows a role by itself, and its deny wins.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html",
)
@pytest.mark.parametrize("service", ["sqs", "sns", "ecr"])
def test_the_policy_of_a_queue_topic_or_repository(task: TaskOf, service: str) -> None:
    """In either version of the language, which differ in variables only: one in the old is unknown."""
    guarded = _guarded(task.stage, service)

    def policy(effect: str, principal: Any, version: str = "2012-10-17", **more: Any) -> None:
        statement = {"Effect": effect, "Principal": principal, "Action": guarded.action, **guarded.resource}
        guarded.put({"Version": version, "Statement": [{"Sid": "one", **statement, **more}]})

    assert f"no identity-based policy allows the {guarded.action} action" in guarded.call(task)
    policy("Allow", {"AWS": task.role_arn})
    assert guarded.call(task) == "done"
    policy("Allow", {"AWS": task.role_arn}, "2008-10-17")
    assert guarded.call(task) == "done"
    policy("Allow", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert "no identity-based policy allows" in guarded.call(task)
    task.may(allow(guarded.action, "*"))
    assert guarded.call(task) == "done"
    policy("Deny", {"AWS": task.role_arn})
    assert "with an explicit deny in a resource-based policy" in guarded.call(task)
    if service != "sns":
        variable = {"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}}
        policy("Deny", "*", "2008-10-17", Condition=variable)
        assert "NotImplemented" in guarded.call(task)


@pytest.mark.conformance(
    operation="secretsmanager:GetSecretValue",
    says="A secret under a customer managed key needs `kms:Decrypt` for that key.",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html",
)
def test_secrets(task: TaskOf) -> None:
    """By name or ARN, there or not, and the key that encrypts one."""
    stage, folder = task.stage, task.stage.name("folder")
    arn = stage.secretsmanager.create_secret(Name=f"{folder}/one", SecretString="s")["ARN"]
    task.may(allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:{folder}/*"))
    secrets = task.client("secretsmanager")
    for given in (arn, f"{folder}/one"):
        assert secrets.get_secret_value(SecretId=given)["SecretString"] == "s"
    missing = task.refusal("secretsmanager", "get_secret_value", SecretId=f"{folder}/no")
    assert missing[0] == "ResourceNotFoundException"
    other = task.refusal("secretsmanager", "get_secret_value", SecretId="elsewhere")
    assert other[0] == "AccessDeniedException"
    put = task.refusal("secretsmanager", "put_secret_value", SecretId=arn, SecretString="t")
    assert put == (
        "AccessDeniedException",
        not_allowed(task, "secretsmanager:PutSecretValue", arn),
    )
    key = stage.kms.create_key()["KeyMetadata"]["Arn"]
    stage.secretsmanager.create_secret(Name=f"{folder}/two", SecretString="s", KmsKeyId=key)
    code, message = task.refusal("secretsmanager", "get_secret_value", SecretId=f"{folder}/two")
    assert (code, message) == ("AccessDeniedException", not_allowed(task, "kms:Decrypt", key))


@pytest.mark.conformance(
    operation="kms:Encrypt",
    says="A key's policy that does not name the account leaves nothing to IAM policies.",
)
@pytest.mark.conformance(
    operation="s3:PutObject",
    says="With a bucket's default key the caller needs `kms:GenerateDataKey`, and `kms:Decrypt` to read.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms",
)
def test_keys(task: TaskOf, bucket: str) -> None:
    """A key's own policy has to leave the decision to IAM; S3 uses a bucket's key in the caller's name."""
    kms, stage = task.client("kms"), task.stage
    key = stage.kms.create_key()["KeyMetadata"]["Arn"]
    assert task.refusal("kms", "encrypt", KeyId=key, Plaintext=b"x")[1] == not_allowed(
        task, "kms:Encrypt", key
    )
    task.may(allow(["kms:Encrypt", "kms:Decrypt"], key))
    cipher = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=cipher)["Plaintext"] == b"x"
    nobody = {
        "Version": "2012-10-17",
        "Statement": [allow("kms:*") | {"Principal": {"Service": "logs.amazonaws.com"}}],
    }
    stage.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(nobody))
    assert (
        "no resource-based policy allows the kms:Encrypt action"
        in task.refusal("kms", "encrypt", KeyId=key, Plaintext=b"x")[1]
    )
    own = stage.kms.create_key()["KeyMetadata"]["Arn"]
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": own}
    stage.s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]},
    )
    task.may(allow("s3:*"))
    given = {"Bucket": bucket, "Key": "in/two"}
    assert task.refusal("s3", "put_object", **given, Body=b"")[1] == not_allowed(
        task, "kms:GenerateDataKey", f"{own}"
    )
    task.may(allow("s3:*"), allow("kms:GenerateDataKey", own))
    task.client("s3").put_object(**given, Body=b"")
    assert "kms:Decrypt" in task.refusal("s3", "get_object", **given)[1]
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    task.may(allow("s3:*"), allow(["kms:Decrypt", "kms:Encrypt"], own, Condition=via))
    task.client("s3").get_object(**given)
    assert task.refusal("kms", "encrypt", KeyId=own, Plaintext=b"x")[0] == "AccessDeniedException"


@pytest.mark.conformance(
    operation="ecs:StopTask",
    says="A policy may limit an action to a cluster (`ecs:cluster`).",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html",
    error="AccessDeniedException",
)
def test_services_of_ecs(task: TaskOf) -> None:
    """Tasks and services by name or ARN, within the cluster of the call."""
    cluster, stage = task.stage.cluster, task.stage
    tasks = f"arn:aws:ecs:{HERE}:task/{cluster}/*"
    task.may(allow(["ecs:DescribeTasks", "ecs:UpdateTaskProtection"], tasks))
    ecs = task.client("ecs")
    for given in (task.arn, task.arn.rpartition("/")[2]):
        assert ecs.describe_tasks(cluster=cluster, tasks=[given])["tasks"]
    failures = ecs.update_task_protection(cluster=cluster, tasks=[task.arn], protectionEnabled=True)
    assert failures["failures"][0]["reason"] == "TASK_NOT_VALID"
    code, message = task.refusal("ecs", "describe_services", cluster=cluster, services=["x"])
    service = f"arn:aws:ecs:{HERE}:service/{cluster}/x"
    assert (code, message) == ("AccessDeniedException", not_allowed(task, "ecs:DescribeServices", service))
    elsewhere = {"ArnEquals": {"ecs:cluster": f"arn:aws:ecs:{HERE}:cluster/other"}}
    task.may(allow("ecs:StopTask", tasks, Condition=elsewhere))
    assert task.refusal("ecs", "stop_task", cluster=cluster, task=task.arn)[0] == "AccessDeniedException"
    assert stage.task(task.arn)["desiredStatus"] == "RUNNING"


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Who runs a task needs `iam:PassRole` for its roles, to `ecs-tasks.amazonaws.com`.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    error="AccessDeniedException",
)
def test_to_run_a_task_is_to_pass_its_roles(task: TaskOf) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html."""
    stage = task.stage
    definition = stage.definition("pass", task_role=task.role_arn)
    given = {
        "cluster": stage.cluster,
        "taskDefinition": definition,
        "networkConfiguration": stage.network,
        "launchType": "FARGATE",
    }
    assert "ecs:RunTask on resource: " + definition in task.refusal("ecs", "run_task", **given)[1]
    run = allow("ecs:RunTask", definition.rpartition(":")[0] + ":*")
    task.may(run)
    execution = f"arn:aws:iam::{ACCOUNT}:role/execution"
    assert task.refusal("ecs", "run_task", **given)[1] == not_allowed(task, "iam:PassRole", execution)

    def passing(service: str) -> dict[str, Any]:
        condition = {"StringEquals": {"iam:PassedToService": service}}
        return allow("iam:PassRole", [execution, task.role_arn], Condition=condition)

    task.may(run, passing("lambda.amazonaws.com"))
    assert "iam:PassRole" in task.refusal("ecs", "run_task", **given)[1]
    task.may(run, passing("ecs-tasks.amazonaws.com"))
    stage.until_stopped(task.client("ecs").run_task(**given)["tasks"][0]["taskArn"])


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A request with tags needs `ecs:TagResource` too, with `ecs:CreateAction` in its context.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html",
)
def test_to_tag_what_is_run_needs_a_permission(task: TaskOf) -> None:
    """For these tags and this action; without tags it needs none."""
    stage, tasks = task.stage, f"arn:aws:ecs:{HERE}:task/{task.stage.cluster}/*"
    definition = stage.definition("pass", task_role=task.role_arn)
    network = {"networkConfiguration": stage.network, "launchType": "FARGATE"}
    given = {"cluster": stage.cluster, "taskDefinition": definition, **network}
    tagged = given | {"tags": [{"key": "team", "value": "a"}]}
    passing = allow("iam:PassRole", "*")
    run = allow("ecs:RunTask", definition)
    task.may(run, passing)
    assert "ecs:TagResource on resource: " + tasks in task.refusal("ecs", "run_task", **tagged)[1]
    made = {"ecs:CreateAction": "RunTask", "aws:RequestTag/team": "a"}
    task.may(run, passing, allow("ecs:TagResource", tasks, Condition={"StringEquals": made}))
    stage.until_stopped(task.client("ecs").run_task(**tagged)["tasks"][0]["taskArn"])
    other = given | {"tags": [{"key": "team", "value": "b"}]}
    assert "ecs:TagResource" in task.refusal("ecs", "run_task", **other)[1]


def _queue(task: TaskOf) -> tuple[dict[str, Any], str]:
    name = task.stage.name("queue")
    url = task.stage.sqs.create_queue(QueueName=name)["QueueUrl"]
    return {"QueueUrl": url, "MessageBody": "x"}, f"arn:aws:sqs:{HERE}:{name}"


def _table(task: TaskOf, **given: Any) -> str:
    """Make a table with the key `id`; its ARN."""
    return _dynamodb(task.stage).create_table(
        TableName=task.stage.name("table"),
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **given,
    )["TableDescription"]["TableArn"]


def _dynamodb(stage: Stage) -> Any:
    return client(environment(stage.home), "dynamodb")


def _batch(task: TaskOf) -> tuple[dict[str, Any], str]:
    arn = _table(task)
    return {"RequestItems": {arn.rpartition("/")[2]: {"Keys": [{"id": {"S": "1"}}]}}}, arn


def _item(task: TaskOf) -> tuple[dict[str, Any], str]:
    arn = _table(task)
    return {"TableName": arn.rpartition("/")[2], "Item": {"id": {"S": "1"}}}, arn


def _log_stream(task: TaskOf) -> tuple[dict[str, Any], str]:
    name = task.stage.name("stream")
    given = {"logGroupName": "/stage", "logStreamName": name}
    return given, f"arn:aws:logs:{HERE}:log-group:/stage:log-stream:{name}"


def _encrypted_group(task: TaskOf) -> tuple[dict[str, Any], str]:
    arn = f"arn:aws:logs:{HERE}:log-group:{task.stage.name('encrypted')}"
    task.stage.logs.create_log_group(logGroupName=arn.rpartition(":")[2])
    key = task.stage.kms.create_key(Policy=key_policy())["KeyMetadata"]["Arn"]
    return {"resourceIdentifier": arn, "kmsKeyId": key}, f"{arn}:log-stream:"


def _parameter(task: TaskOf) -> tuple[dict[str, Any], str]:
    name = f"/{task.stage.name('parameter')}/one"
    task.stage.ssm.put_parameter(Name=name, Value="x", Type="String")
    return {"Names": [name]}, f"arn:aws:ssm:{HERE}:parameter{name}"


def _repository(task: TaskOf) -> tuple[dict[str, Any], str]:
    name = task.stage.name("repository")
    task.stage.ecr.create_repository(repositoryName=name)
    return {"repositoryNames": [name]}, f"arn:aws:ecr:{HERE}:repository/{name}"


@pytest.mark.conformance(
    operation="logs:CreateLogStream",
    says="The resource of an action on a stream is the log group's ARN with `:log-stream:` and its name.",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
)
@pytest.mark.parametrize(
    ("service", "operation", "action", "prepared"),
    [
        ("sqs", "send_message", "sqs:SendMessage", _queue),
        ("dynamodb", "put_item", "dynamodb:PutItem", _item),
        ("dynamodb", "batch_get_item", "dynamodb:BatchGetItem", _batch),
        ("logs", "create_log_stream", "logs:CreateLogStream", _log_stream),
        ("logs", "associate_kms_key", "logs:AssociateKmsKey", _encrypted_group),
        ("ssm", "get_parameters", "ssm:GetParameters", _parameter),
        ("ecr", "describe_repositories", "ecr:DescribeRepositories", _repository),
    ],
)
def test_resources_of_other_services(
    task: TaskOf,
    service: str,
    operation: str,
    action: str,
    prepared: Callable[[TaskOf], tuple[dict[str, Any], str]],
) -> None:
    """Refused by name, and allowed by it."""
    given, resource = prepared(task)
    task.may(allow(action, f"{resource}-other"))
    assert task.refusal(service, operation, **given)[1] == not_allowed(task, action, resource)
    task.may(allow(action, resource))
    getattr(task.client(service), operation)(**given)


@pytest.mark.conformance(
    operation="dynamodb:BatchGetItem",
    says="A request that names several tables needs the permission for each.",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
)
def test_every_table_of_a_batch_is_allowed(task: TaskOf) -> None:
    """One that is not refuses all."""
    (one, first), (other, second) = _batch(task), _batch(task)
    given = {"RequestItems": {**one["RequestItems"], **other["RequestItems"]}}
    task.may(allow("dynamodb:BatchGetItem", first))
    assert task.refusal("dynamodb", "batch_get_item", **given)[1] == not_allowed(
        task, "dynamodb:BatchGetItem", second
    )
    task.may(allow("dynamodb:BatchGetItem", [first, second]))
    assert set(task.client("dynamodb").batch_get_item(**given)["Responses"]) == set(given["RequestItems"])


@pytest.mark.conformance(
    operation="evaluation:the policy of a table",
    says="A table's policy allows a role of the account by itself, and its deny wins.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html",
)
def test_the_policy_of_a_table(task: TaskOf) -> None:
    """What is no policy is refused."""
    given, arn = _item(task)
    dynamodb = _dynamodb(task.stage)

    def policy(effect: str) -> None:
        statement = {"Effect": effect, "Principal": {"AWS": task.role_arn}, "Action": "dynamodb:PutItem"}
        document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": arn}]}
        dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps(document))

    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.put_resource_policy(ResourceArn=arn, Policy="{}")
    policy("Allow")
    task.client("dynamodb").put_item(**given)
    task.may(allow("dynamodb:*"))
    policy("Deny")
    assert "explicit deny in a resource-based policy" in task.refusal("dynamodb", "put_item", **given)[1]


@pytest.mark.conformance(
    operation="sqs:SendMessage",
    says="With a customer managed key a sender needs `kms:GenerateDataKey` and `kms:Decrypt`, a receiver "
    "`kms:Decrypt`.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
)
def test_the_key_of_a_queue(task: TaskOf) -> None:
    """By way of SQS."""
    given, _ = _queue(task)
    key = task.stage.kms.create_key()["KeyMetadata"]["Arn"]
    url = given["QueueUrl"]
    task.stage.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    via = {"Condition": {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}}
    task.may(allow("sqs:*"), allow("kms:Decrypt", key, **via))
    assert task.refusal("sqs", "send_message", **given)[1] == not_allowed(task, "kms:GenerateDataKey", key)
    task.may(allow("sqs:*"), allow(["kms:Decrypt", "kms:GenerateDataKey"], key, **via))
    task.client("sqs").send_message(**given)
    task.may(allow("sqs:*"))
    assert task.refusal("sqs", "receive_message", QueueUrl=url)[1] == not_allowed(task, "kms:Decrypt", key)
    task.may(allow("sqs:*"), allow("kms:Decrypt", key, **via))
    assert task.client("sqs").receive_message(QueueUrl=url)["Messages"]


@pytest.mark.conformance(
    operation="dynamodb:PutItem",
    says="With a customer managed key a caller needs `kms:Decrypt` for it; AWS's own keys ask nothing.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html",
)
def test_the_key_of_a_table(task: TaskOf) -> None:
    """By way of DynamoDB."""
    key = task.stage.kms.create_key()["KeyMetadata"]["Arn"]
    sse: dict[str, Any] = {"Enabled": True, "SSEType": "KMS"}
    own, aws = (
        _table(task, SSESpecification={**sse, **more}).rpartition("/")[2]
        for more in ({"KMSMasterKeyId": key}, {})
    )
    item = {"Item": {"id": {"S": "1"}}}
    task.may(allow("dynamodb:*"))
    task.client("dynamodb").put_item(TableName=aws, **item)
    expected = not_allowed(task, "kms:Decrypt", key)
    assert task.refusal("dynamodb", "put_item", TableName=own, **item)[1] == expected
    via = {"Condition": {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}}
    task.may(allow("dynamodb:*"), allow("kms:Decrypt", key, **via))
    task.client("dynamodb").put_item(TableName=own, **item)


def test_where_no_resource_is_known_only_all_of_them_will_do(task: TaskOf) -> None:
    """Stricter than AWS may be, and never more lenient."""
    vpc = task.stage.vpc
    given = {"VpcId": vpc, "EnableDnsSupport": {"Value": True}}
    task.may(allow("ec2:ModifyVpcAttribute", f"arn:aws:ec2:{HERE}:vpc/{vpc}"))
    assert task.refusal("ec2", "modify_vpc_attribute", **given)[0] == "UnauthorizedOperation"
    task.may(allow("ec2:ModifyVpcAttribute"))
    task.client("ec2").modify_vpc_attribute(**given)


@pytest.mark.conformance(
    operation="sts:AssumeRole",
    says="A role is assumed only by whom its trust policy names.",
)
def test_a_role_that_trusts_nobody_cannot_be_taken(task: TaskOf) -> None:
    """Its own policy decides, and the session that it gives is evaluated in turn."""
    trusting = {"Effect": "Allow", "Principal": {"AWS": task.role_arn}, "Action": "sts:AssumeRole"}
    iam = task.stage.iam
    name = task.stage.name("taken")
    other = task.stage.role()
    iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusting]}),
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    task.may(allow("sts:AssumeRole"))
    assert task.refusal("sts", "assume_role", RoleArn=other, RoleSessionName="it")[0] == "AccessDenied"
    taken = task.client("sts").assume_role(RoleArn=arn, RoleSessionName="it")["Credentials"]
    key = {
        "aws_access_key_id": taken["AccessKeyId"],
        "aws_secret_access_key": taken["SecretAccessKey"],
        "aws_session_token": taken["SessionToken"],
    }
    session = TaskOf(task.stage, arn, "x/it", key)
    assert session.refusal("ecs", "list_clusters")[1] == not_allowed(session, "ecs:ListClusters", "*")


@pytest.mark.conformance(
    operation="ecs-agent:GET credentials",
    says="A task without a task role gets no credentials.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
)
def test_a_task_without_a_role_has_no_credentials(stage: Stage) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html."""
    done = stage.run("print(sorted(name for name in os.environ if 'CREDENTIALS' in name))")
    assert stage.output(done) == ["[]"]
