# pyright: basic
# boto3's answers have no types.
"""The account's registry refuses what ECR refuses, hands out what was pushed, and expires what ECR would.

What it does not prove: the texts of AWS beside those that its documentation gives, and when AWS expires.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ecr.responses import ECRResponse

from embedded_aws import images
from embedded_aws.account.ecr import tokens
from embedded_aws.images.manifest import digest_of
from tests.helpers.ecr import MIB, manifest, put, upload

from .conftest import HERE

if TYPE_CHECKING:
    from .conftest import Stage


@pytest.fixture
def ecr(stage: Stage) -> Any:
    """Return a client of ECR."""
    return stage.ecr


@pytest.fixture
def repository(stage: Stage) -> str:
    """Return the name of a new repository with immutable tags."""
    name = stage.name("team/airflow")
    stage.ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    return name


def refused(call: Any, **arguments: Any) -> str:
    """Return the code with which AWS refuses a call."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


@pytest.mark.conformance(
    operation="ecr:GetAuthorizationToken",
    says="A token is the user AWS and a password, in base64, and is valid for 12 hours.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html",
)
def test_a_token_is_a_login_for_twelve_hours(ecr: Any) -> None:
    """That of another registry of the same account start is another one."""
    given = [
        ecr.get_authorization_token(**registry)["authorizationData"][0]
        for registry in ({}, {}, {"registryIds": ["210987654321"]})
    ]
    logins = [base64.b64decode(one["authorizationToken"]).decode().split(":") for one in given]
    assert [user for user, _ in logins] == ["AWS"] * 3
    assert logins[0] == logins[1] != logins[2]
    assert given[2]["proxyEndpoint"].startswith("https://210987654321.dkr.ecr.")
    hours = (given[0]["expiresAt"] - datetime.now(UTC)).total_seconds() / 3600
    assert 11.9 < hours <= 12


def test_each_start_of_the_account_has_other_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can guess one: it is random, and moto's was made of the account's number."""
    monkeypatch.setattr(ECRResponse, "get_authorization_token", None)  # restored afterwards
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)  # of an account that tests before this one run on
    login = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    found: list[str] = []
    with mock_aws():
        client: Any = boto3.Session(region_name="eu-west-1", **login).client("ecr")
        for _ in range(2):
            tokens.install()
            found.append(client.get_authorization_token()["authorizationData"][0]["authorizationToken"])
    assert found[0] != found[1]
    assert all(len(base64.b64decode(one)) >= len("AWS:") + 64 for one in found)


@pytest.mark.conformance(
    operation="ecr:PutImage",
    says="A tag of an immutable repository is not given to another image.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html",
    error="ImageTagAlreadyExistsException",
)
@pytest.mark.conformance(
    operation="ecr:PutImage",
    says="An image is not pushed a second time under the tag that it has.",
    error="ImageAlreadyExistsException",
)
def test_a_tag_of_an_immutable_repository_stays(ecr: Any, repository: str) -> None:
    """Another image is refused under it in AWS's words; a further tag of the same image is not."""
    digest = put(ecr, repository, b"one", "v1")
    with pytest.raises(ClientError) as error:
        put(ecr, repository, b"two", "v1")
    assert error.value.response["Error"] == {
        "Code": "ImageTagAlreadyExistsException",
        "Message": f"The image tag 'v1' already exists in the '{repository}' repository and cannot be "
        "overwritten because the repository is immutable.",
    }
    text = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])["images"][0]
    assert digest_of(text["imageManifest"].encode()) == text["imageId"]["imageDigest"] == digest
    again = {"repositoryName": repository, "imageManifest": text["imageManifest"]}
    assert refused(ecr.put_image, **again, imageTag="v1") == "ImageAlreadyExistsException"
    ecr.put_image(**again, imageTag="v2")
    (described,) = ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert sorted(described["imageTags"]) == ["v1", "v2"]
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])
    assert ecr.describe_images(repositoryName=repository)["imageDetails"][0]["imageTags"] == ["v2"]


@pytest.mark.conformance(
    operation="ecr:PutImage",
    says="In a mutable repository a tag moves, and the image that had it stays without one.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html",
)
def test_where_tags_may_move_they_move(stage: Stage) -> None:
    """The image that had it stays, without a tag."""
    ecr, repository = stage.ecr, stage.name("mutable")
    ecr.create_repository(repositoryName=repository)
    digests = [put(ecr, repository, content, "v1") for content in (b"one", b"two")]
    found = {
        one["imageDigest"]: one.get("imageTags")
        for one in ecr.describe_images(repositoryName=repository)["imageDetails"]
    }
    assert found == {digests[0]: None, digests[1]: ["v1"]}


@pytest.mark.conformance(
    operation="ecr:UploadLayerPart",
    says="All parts of a layer but the last one have at least 5 MiB.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html",
)
@pytest.mark.conformance(
    operation="ecr:CompleteLayerUpload",
    says="A layer with a part that is too small is refused.",
    error="LayerPartTooSmallException",
)
@pytest.mark.conformance(
    operation="ecr:CompleteLayerUpload",
    says="A layer needs a part.",
    error="EmptyUploadException",
)
@pytest.mark.conformance(
    operation="ecr:CompleteLayerUpload",
    says="A layer is uploaded once.",
    error="LayerAlreadyExistsException",
)
@pytest.mark.conformance(
    operation="ecr:CompleteLayerUpload",
    says="A layer has the digest that it is given.",
    error="InvalidLayerException",
)
@pytest.mark.conformance(
    operation="ecr:GetDownloadUrlForLayer",
    says="A layer is served once an image refers to it.",
    error="LayerInaccessibleException",
)
def test_parts_are_long_enough_and_layers_match_their_digest(ecr: Any, repository: str) -> None:
    """As UploadLayerPart and CompleteLayerUpload document it."""
    large = [os.urandom(5 * MIB), b"the last may be short"]
    digest = upload(ecr, repository, *large)
    for parts, code in (
        ([b"too short", b"x"], "LayerPartTooSmallException"),
        ([], "EmptyUploadException"),
        (large, "LayerAlreadyExistsException"),
    ):
        assert refused(lambda parts=parts: upload(ecr, repository, *parts)) == code
    wrong = f"sha256:{'0' * 64}"
    assert refused(lambda: upload(ecr, repository, b"x", digest=wrong)) == "InvalidLayerException"
    there = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest, wrong])
    assert [layer["layerDigest"] for layer in there["layers"]] == [digest]
    assert [failure["failureCode"] for failure in there["failures"]] == ["MissingLayerDigest"]
    place = {"repositoryName": repository, "layerDigest": digest}
    assert refused(ecr.get_download_url_for_layer, **place) == "LayerInaccessibleException"
    ecr.put_image(repositoryName=repository, imageManifest=manifest(digest, digest), imageTag="v1")
    url = ecr.get_download_url_for_layer(**place)["downloadUrl"]
    assert requests.get(url, timeout=60).content == b"".join(large)
    assert requests.get(url[:-1], timeout=60).status_code == 403


@pytest.mark.conformance(
    operation="ecr:PutImage",
    says="A manifest names layers that have been uploaded.",
    error="LayersNotFoundException",
)
@pytest.mark.conformance(
    operation="ecr:PutImage",
    says="A manifest has the digest that it is given.",
    error="ImageDigestDoesNotMatchException",
)
def test_a_manifest_needs_its_layers_and_its_digest(ecr: Any, repository: str) -> None:
    """Neither is taken on trust."""
    missing = manifest(f"sha256:{'1' * 64}")
    where = {"repositoryName": repository, "imageTag": "v1"}
    assert refused(ecr.put_image, **where, imageManifest=missing) == "LayersNotFoundException"
    blob = upload(ecr, repository, b"x")
    given = {"imageManifest": manifest(blob), "imageDigest": f"sha256:{'1' * 64}"}
    assert refused(ecr.put_image, **where, **given) == "ImageDigestDoesNotMatchException"


@pytest.mark.conformance(
    operation="ecr:BatchGetImage",
    says="Another account pulls from a repository only as its policy allows.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html",
)
def test_another_account_pulls_what_the_policy_lets_it(stage: Stage, repository: str) -> None:
    """Not before."""
    digest = put(stage.ecr, repository, b"one", "v1")
    taken = stage.sts.assume_role(RoleArn="arn:aws:iam::222222222222:role/other", RoleSessionName="other")
    keys = taken["Credentials"]
    other: Any = boto3.client(
        "ecr",
        endpoint_url=stage.ecr.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    wanted = {
        "registryId": "123456789012",
        "repositoryName": repository,
        "imageIds": [{"imageDigest": digest}],
    }
    assert refused(other.batch_get_image, **wanted) == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::222222222222:root"]},
        "Action": ["ecr:BatchGetImage"],
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stage.ecr.set_repository_policy(repositoryName=repository, policyText=text)
    assert len(other.batch_get_image(**wanted)["images"]) == 1


@pytest.mark.conformance(
    operation="ecr:PutLifecyclePolicy",
    says="An image that a rule of higher priority selects is not expired by a later one.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html",
)
def test_a_lifecycle_policy_is_acted_on(ecr: Any, repository: str) -> None:
    """At once, where AWS takes up to a day; what a rule of higher priority claims stays."""
    rules = [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["keep-*"],
                "countType": "imageCountMoreThan",
                "countNumber": 100,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 2},
            "action": {"type": "expire"},
        },
    ]
    put(ecr, repository, b"0", "keep-0")
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=json.dumps({"rules": rules}))
    for number in range(1, 5):
        put(ecr, repository, str(number).encode(), f"v{number}")
    left = [one["imageTags"][0] for one in ecr.describe_images(repositoryName=repository)["imageDetails"]]
    assert sorted(left) == ["keep-0", "v3", "v4"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="An image that is no longer in its repository is not pulled: `CannotPullContainerError`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
)
def test_a_task_runs_what_is_in_the_registry_and_nothing_else(stage: Stage, repository: str) -> None:
    """An image that was deleted cannot be started any more, though its files are still on this machine."""
    built = images.build(
        context=HERE / "service",
        dockerfile=HERE / "service" / "Dockerfile",
        build_args={},
        log=lambda _: None,
    )
    uri = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{repository}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stage.environment.items():
            patch.setenv(name, value)
        reference = images.push(built, f"{uri}:v1")
        assert images.push(built, f"{uri}:v1") == reference, "the same image under the same tag is accepted"
    task = stage.run("print(1)", image=reference)
    assert task["containers"][0]["imageDigest"] == built.digest
    assert task["containers"][0]["exitCode"] == 0
    stage.ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": built.digest}])
    stopped = stage.run("print(1)", image=reference)
    assert stopped["stoppedReason"].startswith("CannotPullContainerError: ")
    assert "not found" in stopped["stoppedReason"]
