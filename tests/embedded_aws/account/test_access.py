# pyright: basic
# boto3's answers have no types.
"""The account answers who holds its key, from this machine, and no web page."""

from __future__ import annotations

import datetime as dt
import json
import stat
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from embedded_aws.account import environment, keys
from embedded_aws.account.keys import Key, Keys

from .conftest import TRUST, allow, client

if TYPE_CHECKING:
    from .conftest import Stage

ENTRY = {
    "ec2": ("describe_vpcs", {}),
    "ecs": ("list_clusters", {}),
    "iam": ("list_users", {}),
    "rds": ("describe_db_instances", {}),
    "s3": ("list_buckets", {}),
    "scheduler": ("list_schedules", {}),
    "secretsmanager": ("list_secrets", {}),
    "cloudwatch": ("list_metrics", {}),
    "route53": ("list_hosted_zones", {}),
}
"""One request of each protocol: EC2's, JSON, query, S3's, REST with JSON, CBOR, REST with XML."""
UNKNOWN = {
    "ec2": "AuthFailure",
    "ecs": "UnrecognizedClientException",
    "iam": "InvalidClientTokenId",
    "rds": "InvalidClientTokenId",
    "s3": "InvalidAccessKeyId",
    "scheduler": "UnrecognizedClientException",
    "secretsmanager": "UnrecognizedClientException",
    "cloudwatch": ("InvalidClientTokenId", "UnrecognizedClientException"),
    "route53": "InvalidClientTokenId",
}
FORGED = {
    "ec2": "AuthFailure",
    "ecs": "InvalidSignatureException",
    "iam": "SignatureDoesNotMatch",
    "rds": "SignatureDoesNotMatch",
    "s3": "SignatureDoesNotMatch",
    "scheduler": "InvalidSignatureException",
    "secretsmanager": "InvalidSignatureException",
    "cloudwatch": ("SignatureDoesNotMatch", "InvalidSignatureException"),
    "route53": "SignatureDoesNotMatch",
}


@pytest.fixture
def login(stage: Stage) -> dict[str, str]:
    """What the account gives its clients."""
    return environment(stage.home)


def refused(login: dict[str, str], service: str) -> str:
    """Return the code with which a service refuses its request."""
    action, given = ENTRY[service]
    with pytest.raises(ClientError) as error:
        getattr(client(login, service), action)(**given)
    return error.value.response["Error"]["Code"]


@pytest.mark.parametrize("service", ENTRY)
def test_the_key_opens_every_protocol(login: dict[str, str], service: str) -> None:
    """Signed by botocore itself."""
    action, given = ENTRY[service]
    answer = getattr(client(login, service), action)(**given)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.conformance(
    operation="signing:any operation",
    says="A request with an unknown access key is refused.",
    source="https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html",
)
@pytest.mark.parametrize("service", ENTRY)
def test_another_key_is_refused(login: dict[str, str], service: str) -> None:
    """In the service's own words, also the key that every account once had."""
    stranger = Key.new()
    for key_id in (stranger.id, "embedded"):
        found = login | {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": stranger.secret}
        assert refused(found, service) in UNKNOWN[service]


@pytest.mark.conformance(
    operation="signing:any operation",
    says="A request needs a signature by the key's secret.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html",
)
@pytest.mark.parametrize("service", ENTRY)
def test_the_keys_id_alone_is_refused(login: dict[str, str], service: str) -> None:
    """It is no secret; the signature is computed anew."""
    assert refused(login | {"AWS_SECRET_ACCESS_KEY": "made-up"}, service) in FORGED[service]


def signed(login: dict[str, str], *, body: str = "{}", path: str = "/") -> AWSRequest:
    """Sign a request for the secrets' names."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "secretsmanager.ListSecrets",
    }
    request = AWSRequest("POST", login["AWS_ENDPOINT_URL"] + path, headers=headers, data=body)
    credentials = Credentials(login["AWS_ACCESS_KEY_ID"], login["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(credentials, "secretsmanager", "us-east-1").add_auth(request)
    return request


def post(request: AWSRequest, body: str = "{}", **headers: str) -> requests.Response:
    """Send a signed request, perhaps with other headers or another body."""
    return requests.post(str(request.url), data=body, headers={**request.headers, **headers}, timeout=10)


@pytest.mark.conformance(
    operation="signing:any operation",
    says="A signature is valid for one body, one set of signed headers and one time.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html",
)
def test_a_signature_is_good_for_its_request_only(login: dict[str, str]) -> None:
    """Not for another body, action or time."""
    assert post(signed(login)).status_code == 200
    for changed in (
        post(signed(login), '{"MaxResults": 1}'),
        post(signed(login), **{"X-Amz-Target": "secretsmanager.GetSecretValue"}),
        post(
            signed(login),
            **{"X-Amz-Date": f"{dt.datetime.now(dt.UTC) - dt.timedelta(hours=1):%Y%m%dT%H%M%SZ}"},
        ),
    ):
        assert (changed.status_code, changed.json()["__type"]) == (400, "InvalidSignatureException")


@pytest.mark.conformance(
    operation="signing:any operation",
    says="A request that is older than 15 minutes is refused.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html",
)
def test_an_old_request_is_refused(login: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who once saw one cannot send it for ever."""
    import botocore.auth  # noqa: PLC0415 - for its clock

    then = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=16)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then.replace(tzinfo=None))
    old = post(signed(login))
    assert (old.status_code, old.json()["__type"]) == (400, "InvalidSignatureException")


@pytest.mark.conformance(
    operation="signing:any operation",
    says="A request without a signature is refused: `MissingAuthenticationToken`.",
    source="https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html",
)
def test_unsigned_requests_are_refused(login: dict[str, str]) -> None:
    """Each kind that moto would answer without a name, its own controls and its instance metadata too."""
    endpoint = login["AWS_ENDPOINT_URL"]
    form = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": "arn:aws:iam::123456789012:role/x"}
    answers = {
        "json": requests.post(endpoint, headers={"X-Amz-Target": "secretsmanager.ListSecrets"}, timeout=10),
        "query": requests.post(endpoint, data=form, timeout=10),
        "s3": requests.get(f"{endpoint}/bucket/key", timeout=10),
        "head": requests.head(f"{endpoint}/bucket/key", timeout=10),
        "metadata": requests.get(f"{endpoint}/latest/meta-data/iam/", timeout=10),
        "reset": requests.post(f"{endpoint}/moto-api/reset", timeout=10),
        "data": requests.get(f"{endpoint}/moto-api/data.json", timeout=10),
        "old": requests.get(f"{endpoint}/b/k?AWSAccessKeyId=x&Signature=y&Expires=9999999999", timeout=10),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "json": 400,
        "query": 403,
        "s3": 403,
        "head": 403,
        "metadata": 403,
        "reset": 404,
        "data": 404,
        "old": 400,
    }
    assert answers["json"].json()["__type"] == "MissingAuthenticationTokenException"
    assert "MissingAuthenticationToken" in answers["query"].text
    assert "AccessDenied" in answers["s3"].text


def test_nonsense_is_refused_and_not_an_internal_error(login: dict[str, str]) -> None:
    """Whatever the bytes and numbers are."""
    scope = "20260101/us-east-1/s3/aws4_request"
    header = f"AWS4-HMAC-SHA256 Credential=\xfc/{scope}, SignedHeaders=host, Signature=\xfc"
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x/{scope}&X-Amz-Signature=x"
    query += f"&X-Amz-Expires={'9' * 5000}"
    for answer in (
        requests.get(
            login["AWS_ENDPOINT_URL"], headers={"Authorization": header.encode("latin-1")}, timeout=10
        ),
        requests.get(f"{login['AWS_ENDPOINT_URL']}/b/k?{query}", timeout=10),
        requests.get(login["AWS_ENDPOINT_URL"], headers={"Authorization": "Bearer x"}, timeout=10),
    ):
        assert answer.status_code in (400, 403)


def test_motos_controls_are_closed_to_the_key_too(login: dict[str, str]) -> None:
    """AWS has no such path."""
    assert post(signed(login, path="/moto-api/reset")).status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:4600"])
def test_a_web_page_is_refused(login: dict[str, str], origin: str) -> None:
    """Even with a good signature, and no answer, of a preflight or a request, lets a browser go on."""
    endpoint = login["AWS_ENDPOINT_URL"]
    asking = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x",
    }
    for answer in (
        requests.options(endpoint, headers=asking, timeout=10),
        post(signed(login), Origin=origin),
        requests.get(f"{endpoint}/_account/health", headers={"Origin": origin}, timeout=10),
    ):
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_no_answer_invites_web_pages(login: dict[str, str]) -> None:
    """A request that is served has no CORS header either."""
    assert not [name for name in post(signed(login)).headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "host", ["rebind.evil.example", "rebind.evil.example:4600", "127.0.0.1.evil.example", "10.0.0.1", ""]
)
@pytest.mark.parametrize("path", ["/", "/_account/health"])
def test_another_name_is_refused(login: dict[str, str], host: str, path: str) -> None:
    """A page's own name that leads to loopback: a browser sends no Origin where it came from itself."""
    answer = requests.get(login["AWS_ENDPOINT_URL"] + path, headers={"Host": host}, timeout=10)
    assert answer.status_code == 421


def test_localhost_is_a_name_of_the_account(login: dict[str, str]) -> None:
    """People write it."""
    named = login | {"AWS_ENDPOINT_URL": login["AWS_ENDPOINT_URL"].replace("127.0.0.1", "localhost")}
    assert client(named, "ecs").list_clusters()["clusterArns"]


@pytest.mark.conformance(
    operation="signing:presigned URLs",
    says="A presigned URL opens its object, by its method, until it expires.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html",
)
@pytest.mark.parametrize(
    "key", ["plain", "with space", "ünï/cødé", "a=b&c+d", "run_id=x__2026-01-01T00:00:00+00:00/1.log"]
)
def test_objects_of_any_name_are_signed_and_presigned(stage: Stage, login: dict[str, str], key: str) -> None:
    """And a presigned URL opens its object, for its time, and nothing else."""
    bucket = stage.name("signed")
    stage.s3.create_bucket(Bucket=bucket)
    stage.s3.put_object(Bucket=bucket, Key=key, Body=b"content" * 9999, Metadata={"a": "b  c"})
    assert stage.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"content" * 9999
    assert [one["Key"] for one in stage.s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]] == [key]
    s3: Any = boto3.client(
        "s3",
        endpoint_url=login["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=login["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=login["AWS_SECRET_ACCESS_KEY"],
        config=Config(signature_version="s3v4"),
    )
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
    assert requests.get(url, timeout=10).content == b"content" * 9999
    assert requests.put(url, data=b"mine", timeout=10).status_code == 403
    for wrong in (
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        url.replace(login["AWS_ACCESS_KEY_ID"], Key.new().id),
    ):
        assert requests.get(wrong, timeout=10).status_code == 403


def test_the_key_is_random_and_of_its_owner_only(stage: Stage, login: dict[str, str]) -> None:
    """Made once for each folder, in the form of AWS's own file."""
    file = stage.home / "credentials"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert login["AWS_SECRET_ACCESS_KEY"] in file.read_text()
    assert len(login["AWS_SECRET_ACCESS_KEY"]) == 40
    again = keys.own(stage.home)
    assert (again.id, again.secret) == (login["AWS_ACCESS_KEY_ID"], login["AWS_SECRET_ACCESS_KEY"])


@pytest.mark.conformance(
    operation="ecs-agent:GET credentials",
    says="A task's credentials are temporary, and worth nothing without their token.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
)
def test_a_tasks_key_is_its_own_and_temporary(stage: Stage) -> None:
    """The agent gives it to the task, AWS's SDK takes it, and without its token it is worth nothing."""
    code = """
import urllib.request
print(json.dumps(json.load(urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]))))
sys.stdout.flush()
import time; time.sleep(60)
"""
    role = stage.role(allow("ecs:ListClusters"))
    arn = stage.start(stage.definition(code, task_role=role))["taskArn"]
    answer = {}

    def printed() -> bool:
        try:
            answer.update(json.loads(stage.output(stage.task(arn))[0]))
        except (ClientError, IndexError):
            return False
        return True

    from .conftest import wait  # noqa: PLC0415 - beside its use

    wait(printed)
    key = {"aws_access_key_id": answer["AccessKeyId"], "aws_secret_access_key": answer["SecretAccessKey"]}
    place = {"endpoint_url": environment(stage.home)["AWS_ENDPOINT_URL"], "region_name": "us-east-1"}
    ecs: Any = boto3.client("ecs", **key, aws_session_token=answer["Token"], **place)
    assert ecs.list_clusters()["clusterArns"]
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        boto3.client("ecs", **key, **place).list_clusters()  # type: ignore[call-overload]
    assert answer["Token"] not in (stage.home / "credentials").read_text()
    stage.ecs.stop_task(cluster=stage.cluster, task=arn)
    stage.until_stopped(arn)
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        ecs.list_clusters()


def test_ids_that_can_be_listed_give_no_credentials(stage: Stage) -> None:
    """Neither a task's id nor a container's, which stand in command lines, is a path of the agent."""
    arn = stage.start(stage.definition("import time; time.sleep(60)"))["taskArn"]
    task_id = arn.rsplit("/", 1)[1]
    endpoint = environment(stage.home)["AWS_ENDPOINT_URL"]
    for path in (f"credentials/{task_id}", f"v4/{task_id}-0", f"api/{task_id}-0/task-protection/v1/state"):
        assert requests.get(f"{endpoint}/_account/{path}", timeout=10).status_code == 404
    stage.ecs.stop_task(cluster=stage.cluster, task=arn)


def test_keys_of_iam_and_sts_are_known(stage: Stage, login: dict[str, str]) -> None:
    """As AWS knows them; a deleted one is refused."""
    iam, sts = client(login, "iam"), client(login, "sts")
    name = stage.name("user")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    users = login | {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
    }
    assert client(users, "ecs").list_clusters()["clusterArns"]
    iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
    assert refused(users, "ecs") == "UnrecognizedClientException"
    assumed = session(sts, "arn:aws:iam::123456789012:role/x", login)
    assert assumed.list_clusters()["clusterArns"]


def session(sts: Any, role_arn: str, login: dict[str, str]) -> Any:
    """Return a client of ECS with a session of a role."""
    role = sts.assume_role(RoleArn=role_arn, RoleSessionName="me")["Credentials"]
    return boto3.client(
        "ecs",
        endpoint_url=login["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )


def test_a_session_of_a_deleted_role_may_do_nothing(stage: Stage, login: dict[str, str]) -> None:
    """Until it ends, after hours; not so one of a role that nobody made, for which there are no policies."""
    iam, name = client(login, "iam"), stage.name("role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow("ecs:ListClusters")]})
    iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=policy)
    assumed = session(client(login, "sts"), made["Arn"], login)
    assert assumed.list_clusters()["clusterArns"]
    iam.delete_role_policy(RoleName=name, PolicyName="it")
    iam.delete_role(RoleName=name)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        assumed.list_clusters()


def test_a_tasks_key_is_renewed_before_it_ends() -> None:
    """An hour before: SDKs ask again some minutes before the end."""
    known = Keys(Key.new())
    role = "arn:aws:iam::123456789012:role/x"
    first = known.of_session("a", role)
    assert known.of_session("a", role) is first
    assert known.of_session("b", role).id != first.id
    old = Key(first.id, first.secret, first.token, dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30))
    known._of_sessions["a"] = old
    assert known.of_session("a", role).id != old.id
