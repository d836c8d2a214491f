"""What an image's name tells about its registry."""

import re

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)([:@].*)?"
)


def ecr_repository_arn(image_uri: str, partition: str) -> str | None:
    """Give the ARN of the ECR repository that an image lies in, or None for another registry."""
    found = _ECR.fullmatch(image_uri)
    if found is None:
        return None
    return f"arn:{partition}:ecr:{found['region']}:{found['account']}:repository/{found['name']}"
