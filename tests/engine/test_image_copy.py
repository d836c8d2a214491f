# pyright: basic
# boto3's clients have no types.
"""What copies, finds and keeps images, against the embedded account's registry; the engine takes no part.

What it does not prove: that ECR refuses nothing else. The account's own tests hold its rules as far as they
are documented.
"""

import itertools
import json
import os
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from components.image.ecr_images import CopyError, copy, digest_of_tag
from components.image.image_copy import ImageCopyProvider
from components.image.kept_image import KeptImageProvider
from components.image.released_images import ReleasedImagesProvider
from components.model.aws.aws_access import AwsAccess
from components.model.aws.registries import EcrImage
from components.model.image.image_tags import own, promoted, running
from tests.helpers.ecr import MIB, manifest, put, upload

ACCOUNT, REGION = "123456789012", "us-east-1"
ACCESS = AwsAccess().to(ACCOUNT, REGION)

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.usefixtures("bench")]
_numbers = itertools.count()


def ecr_of(region: str = REGION, **keys: str) -> Any:
    """Return a client of ECR."""
    session: Any = boto3.Session(region_name=region, **keys)
    return session.client("ecr")


def repository(ecr: Any, kind: str, region: str = REGION, account: str = ACCOUNT) -> EcrImage:
    """Make a repository with immutable tags."""
    name = f"{kind}-{next(_numbers)}"
    ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    return EcrImage(registry_id=account, region=region, repository=name)


def uri(place: EcrImage, rest: str = "") -> str:
    """Name a repository, or an image in it."""
    return f"{place.registry_id}.dkr.ecr.{place.region}.amazonaws.com/{place.repository}{rest}"


def tags(ecr: Any, place: EcrImage) -> dict[str, list[str]]:
    """List the tags of each image."""
    found = ecr.describe_images(repositoryName=place.repository)["imageDetails"]
    return {one["imageDigest"]: sorted(one.get("imageTags", [])) for one in found}


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_an_image_is_copied_by_digest(region: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In parts where a layer is large, to another region too; a second time nothing is copied."""
    ecr, other = ecr_of(), ecr_of(region)
    source = repository(ecr, "source")
    target = repository(other, "target", region)
    large, small = os.urandom(26 * MIB), json.dumps({"os": "linux", "architecture": "arm64"}).encode()
    blobs = [
        upload(ecr, source.repository, small),
        upload(ecr, source.repository, large[: 10 * MIB], large[10 * MIB :]),
    ]
    text = manifest(*blobs)
    digest = ecr.put_image(repositoryName=source.repository, imageManifest=text, imageTag="v1")["image"][
        "imageId"
    ]["imageDigest"]
    props = {"source_uri": uri(source, ":v1"), "repository_url": uri(target), "access": ACCESS, "uri": None}
    with pytest.raises(CopyError, match="is for linux/arm64; tasks need linux/amd64"):
        ImageCopyProvider().create({**props, "platforms": ["linux/amd64", "linux/arm64"]})
    assert tags(other, target) == {}
    props["platforms"] = ["linux/arm64"]
    made = ImageCopyProvider().create(props).outs
    assert made is not None
    assert made["uri"] == uri(target, f"@{digest}")
    assert tags(other, target) == {digest: [promoted(digest)]}
    assert "copying part 2 of 2" in capsys.readouterr().out
    copied = other.batch_get_image(repositoryName=target.repository, imageIds=[{"imageDigest": digest}])
    assert copied["images"][0]["imageManifest"] == text
    assert ImageCopyProvider().update("copy", props, props).outs == made
    assert capsys.readouterr().out == ""


def test_what_a_list_names_comes_along() -> None:
    """An image for two processors, or with attestations, is a list of images."""
    ecr = ecr_of()
    source, target = (repository(ecr, name) for name in ("source", "target"))
    members = [put(ecr, source.repository, name, name.decode()) for name in (b"amd64", b"arm64")]
    media_type = "application/vnd.oci.image.index.v1+json"
    listed = [{"digest": member, "size": 1, "mediaType": media_type} for member in members]
    text = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": listed})
    ecr.put_image(repositoryName=source.repository, imageManifest=text, imageTag="both")
    both = EcrImage(registry_id=ACCOUNT, region=REGION, repository=source.repository, tag="both")
    digest = copy(ecr, both, ecr, target, promoted)
    assert tags(ecr, target) == {members[0]: [], members[1]: [], digest: [promoted(digest)]}


def test_another_accounts_image_needs_that_accounts_leave() -> None:
    """Without it the text says which right is missing and which setting gives it; so with a missing image."""
    taken = (
        boto3.Session(region_name=REGION)
        .client("sts")
        .assume_role(RoleArn="arn:aws:iam::222222222222:role/other", RoleSessionName="other")
    )
    keys = taken["Credentials"]
    theirs = ecr_of(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    ecr = ecr_of()
    source = repository(theirs, "theirs", account="222222222222")
    target = repository(ecr, "ours")
    digest = put(theirs, source.repository, b"x", "v1")
    wanted = EcrImage(registry_id="222222222222", region=REGION, repository=source.repository, digest=digest)
    with pytest.raises(CopyError, match=r"AccessDeniedException.*ecr:BatchGetImage.*imagePullAccountIds"):
        copy(ecr, wanted, ecr, target)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]},
        "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    theirs.set_repository_policy(repositoryName=source.repository, policyText=text)
    assert copy(ecr, wanted, ecr, target, promoted) == digest
    gone = EcrImage(registry_id=ACCOUNT, region=REGION, repository=target.repository, tag="none")
    with pytest.raises(CopyError, match=f"there is no image none in {target.repository}.*imageUri"):
        copy(ecr, gone, ecr, target)
    assert digest_of_tag(ecr, target, "none") is None
    assert digest_of_tag(ecr, target, promoted(digest)) == digest


def test_what_ran_before_is_kept_until_it_is_released() -> None:
    """By tags of the stack alone; an image's last tag is never taken, for ECR would delete the image."""
    ecr = ecr_of()
    place = repository(ecr, "team")
    first, second = (put(ecr, place.repository, tag.encode(), tag) for tag in ("a", "b"))

    def props(digest: str, name: str = "air") -> dict[str, Any]:
        return {"uri": uri(place, f"@{digest}"), "stack": name, "access": ACCESS}

    keep, release = KeptImageProvider(), ReleasedImagesProvider()
    keep.create(props(first))
    keep.create(props(first, "other"))
    keep.update("air", props(first), props(second))
    assert tags(ecr, place) == {
        first: ["a", running("air", first), running("other", first)],
        second: ["b", running("air", second)],
    }
    keep.update("air", props(second), props(second))  # as after an `up` that was killed
    release.create(props(second))
    assert tags(ecr, place) == {first: ["a", running("other", first)], second: ["b", running("air", second)]}
    ecr.batch_delete_image(repositoryName=place.repository, imageIds=[{"imageTag": "b"}])
    keep.delete("air", props(second))
    assert own(tags(ecr, place)[second], "air") == [running("air", second)]
    ecr.delete_repository(repositoryName=place.repository, force=True)
    keep.delete("air", props(second))
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        keep.create(props(second))
