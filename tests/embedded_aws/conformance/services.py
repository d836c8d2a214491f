"""The services that behaviours belong to, and their API references, as botocore has them."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import botocore.session

_REFERENCE: Final = "https://docs.aws.amazon.com/goto/WebAPI"
"""AWS's own way to the page of an operation; the SDK's documentation links there too."""


@dataclass(frozen=True)
class Service:
    """A service of AWS, or a part of the engine."""

    title: str
    client: str = ""
    """Its name in botocore; none where there is no API."""


SERVICES: Final = {
    "ecs": Service("Amazon ECS", "ecs"),
    "ecs-agent": Service("Amazon ECS: the agent's endpoints in a task"),
    "elasticloadbalancing": Service("Elastic Load Balancing", "elbv2"),
    "ec2": Service("Amazon VPC", "ec2"),
    "servicediscovery": Service("AWS Cloud Map", "servicediscovery"),
    "ecr": Service("Amazon ECR", "ecr"),
    "rds": Service("Amazon RDS", "rds"),
    "elasticache": Service("Amazon ElastiCache", "elasticache"),
    "s3": Service("Amazon S3", "s3"),
    "secretsmanager": Service("AWS Secrets Manager", "secretsmanager"),
    "kms": Service("AWS KMS", "kms"),
    "logs": Service("Amazon CloudWatch Logs", "logs"),
    "cloudwatch": Service("Amazon CloudWatch", "cloudwatch"),
    "events": Service("Amazon EventBridge", "events"),
    "sns": Service("Amazon SNS", "sns"),
    "dynamodb": Service("Amazon DynamoDB", "dynamodb"),
    "sqs": Service("Amazon SQS", "sqs"),
    "scheduler": Service("Amazon EventBridge Scheduler", "scheduler"),
    "application-autoscaling": Service("Application Auto Scaling", "application-autoscaling"),
    "servicequotas": Service("Service Quotas", "service-quotas"),
    "acm": Service("AWS Certificate Manager", "acm"),
    "route53": Service("Amazon Route 53", "route53"),
    "wafv2": Service("AWS WAF", "wafv2"),
    "iam": Service("AWS IAM", "iam"),
    "sts": Service("AWS STS", "sts"),
    "evaluation": Service("AWS IAM: how policies are evaluated"),
    "signing": Service("Requests to any service"),
    "bridge": Service("The bridge to Terraform's AWS provider"),
}
WITHOUT_ERRORS: Final = {
    "ec2": "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    "s3": "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
}
"""Services whose reference lists errors on one page, and few or none with an operation."""


@cache
def _session() -> Any:
    session: Any = botocore.session.Session()
    return session


@cache
def _model(service: str) -> Any:
    return _session().get_service_model(SERVICES[service].client)


@cache
def operations(service: str) -> frozenset[str]:
    """Return the names of a service's operations."""
    return frozenset(_model(service).operation_names) if SERVICES[service].client else frozenset()


@cache
def errors(service: str, operation: str) -> tuple[str, ...]:
    """Return the errors of an operation's reference page, by the code in the answer."""
    shapes = _model(service).operation_model(operation).error_shapes
    return tuple(sorted({shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes}))


@cache
def reference(operation: str) -> str:
    """Return the page of an operation such as `ecs:UpdateService`."""
    service, _, name = operation.partition(":")
    return f"{_REFERENCE}/{_model(service).metadata['uid']}/{name}"
