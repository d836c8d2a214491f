"""What an image's name tells about its registry."""

import pytest

from components.model.registries import ecr_repository_arn

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "uri",
    [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/airflow",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/airflow:3.3.2",
        f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/airflow@{DIGEST}",
        f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/airflow:3.3.2@{DIGEST}",
    ],
)
def test_an_image_in_ecr_names_its_repository(uri: str) -> None:
    """Region and account are the image's, not the stack's; tag and digest are no part of the name."""
    assert ecr_repository_arn(uri, "aws") == "arn:aws:ecr:eu-west-1:123456789012:repository/team/airflow"


def test_the_partition_is_the_stacks() -> None:
    """China's registries have a suffix of their own."""
    uri = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow:1"
    assert ecr_repository_arn(uri, "aws-cn") == "arn:aws-cn:ecr:cn-north-1:123456789012:repository/airflow"


@pytest.mark.parametrize(
    "uri",
    [
        "docker.io/apache/airflow:3.3.2",
        "public.ecr.aws/x/airflow",
        "12345.dkr.ecr.eu-west-1.amazonaws.com/airflow",
        "evil.example/123456789012.dkr.ecr.eu-west-1.amazonaws.com/airflow",
    ],
)
def test_another_registry_has_none(uri: str) -> None:
    """No right to pull is given for what is not in ECR."""
    assert ecr_repository_arn(uri, "aws") is None
