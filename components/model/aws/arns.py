"""Parts of an ARN: arn:partition:service:region:account:resource."""

PARTS = 6
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""


def region(arn: str) -> str:
    """Give the region of an ARN; empty for what has none."""
    return arn.split(":", PARTS - 1)[3]


def region_error(arn: str, wanted: str) -> str | None:
    """Return an error if an ARN is of another region than the cluster's, else None."""
    return None if region(arn) == wanted else f"must lie in {wanted}, the stack's region; got {arn}"


def without_suffix(secret_arn: str) -> str:
    """Cut from a secret's or parameter's reference what only ECS reads: JSON key, stage, version.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    parts = secret_arn.split(":")
    length = PARTS + 1 if parts[2] == "secretsmanager" else PARTS
    return ":".join(parts[:length])
