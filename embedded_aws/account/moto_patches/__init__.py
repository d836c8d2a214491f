"""Answers that AWS clients wait for and moto does not give, one module or package per AWS service."""

from embedded_aws.account.moto_patches import (
    budgets,
    cloud_map,
    dynamodb,
    ec2,
    ecs,
    elbv2,
    iam,
    internal_errors,
    kms,
    logs,
    rds_checks,
    rds_master_secret,
    s3,
    secretsmanager,
    service_quotas,
    sqs,
)


def install() -> None:
    """Patch moto in this process with what needs nothing of the account."""
    for service in (
        internal_errors,
        budgets,
        cloud_map,
        dynamodb,
        ec2,
        ecs,
        elbv2,
        logs,
        iam,
        kms,
        rds_checks,
        rds_master_secret,
        s3,
        secretsmanager,
        service_quotas,
        sqs,
    ):
        service.install()
