"""Answers that AWS clients wait for and moto does not give, one module or package per AWS service."""

from embedded_aws.account.moto_patches import (
    application_auto_scaling,
    budgets,
    cloud_map,
    ec2,
    elbv2,
    internal_errors,
    s3,
)


def install() -> None:
    """Patch moto in this process with what needs nothing of the account."""
    for service in (internal_errors, application_auto_scaling, budgets, cloud_map, ec2, elbv2, s3):
        service.install()
