"""What an image's name tells about its registry."""

import pytest

from components.model.aws.registries import EcrImage

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("rest", "image_id"),
    [
        ("", {"imageTag": "latest"}),
        (":3.3.2", {"imageTag": "3.3.2"}),
        (f"@{DIGEST}", {"imageDigest": DIGEST}),
        (f":3.3.2@{DIGEST}", {"imageDigest": DIGEST}),
    ],
)
def test_an_image_in_ecr_names_its_repository(rest: str, image_id: dict[str, str]) -> None:
    """Region and account are the image's, not the stack's; a digest counts more than a tag."""
    found = EcrImage.parse(f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/airflow{rest}")
    assert found is not None
    assert found.place == {"registryId": "123456789012", "repositoryName": "team/airflow"}
    assert (found.region, found.image_id) == ("eu-west-1", image_id)


def test_chinas_registries_have_a_suffix_of_their_own() -> None:
    """They are ECR all the same."""
    found = EcrImage.parse("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow:1")
    assert found is not None
    assert found.region == "cn-north-1"


@pytest.mark.parametrize(
    "uri",
    [
        "docker.io/apache/airflow:3.3.2",
        "public.ecr.aws/x/airflow",
        "12345.dkr.ecr.eu-west-1.amazonaws.com/airflow",
        "evil.example/123456789012.dkr.ecr.eu-west-1.amazonaws.com/airflow",
    ],
)
def test_another_registry_is_not_one_of_ecr(uri: str) -> None:
    """No right to pull is given for what is not in ECR, and nothing is copied from there."""
    assert EcrImage.parse(uri) is None
