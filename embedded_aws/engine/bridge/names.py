"""Names: Pulumi's for Terraform's types and fields, and those that are made up where the program gives none.

Source: https://github.com/pulumi/pulumi-aws/blob/master/provider/resources.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedded_aws.engine.provider import ProviderError

if TYPE_CHECKING:
    from collections.abc import Container

    from embedded_aws.engine.bridge.sdk import Names

_MODULES = {  # Pulumi's module → what Terraform puts before the name
    "alb": ("lb",),
    "costexplorer": ("ce",),
    "rds": ("db", "rds"),
    "servicediscovery": ("service_discovery",),
}
_TYPES = {  # Pulumi's token → Terraform's type, where no rule leads there
    "aws:alb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    "aws:ec2/getElasticIp:getElasticIp": "aws_eip",
    "aws:ec2/getPrefixList:getPrefixList": "aws_prefix_list",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "aws_iam_openid_connect_provider",
    "aws:lb/getLoadBalancer:getLoadBalancer": "aws_lb",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "aws_sqs_queue_redrive_allow_policy",
    "aws:sqs/redrivePolicy:RedrivePolicy": "aws_sqs_queue_redrive_policy",
}
RENAMED = {  # (Terraform's type, its field) → Pulumi's name, where no rule leads there
    ("aws_cloudwatch_log_subscription_filter", "log_group_name"): "logGroup",
    ("aws_cloudwatch_metric_alarm", "alarm_name"): "name",
    ("aws_lambda_function", "filename"): "code",
    ("aws_lambda_function", "function_name"): "name",
    ("aws_lambda_permission", "function_name"): "function",
    ("aws_sns_topic_subscription", "topic_arn"): "topic",
}
COPIED = {  # (Terraform's type, Pulumi's output that its version lacks) → the output that holds the same
    ("aws_ecs_service", "arn"): "id",
    ("aws_region", "region"): "name",
    ("aws_s3_bucket", "bucketRegion"): "region",
}
DELETED_FIRST = {"aws_ecr_lifecycle_policy", "aws_efs_mount_target", "aws_iam_role_policy_attachment"}
"""Types of which two cannot be there at once: a replacement deletes the old one first."""


@dataclass(frozen=True)
class AutoName:
    """How a name is made up: Pulumi's name for the resource, a hyphen and seven random hexadecimal digits.

    Source: https://github.com/pulumi/pulumi-terraform-bridge/blob/master/pkg/tfbridge/info/autonaming.go

    Attributes:
        field: Terraform's field that takes it.
        limit: The most characters that AWS takes.
        lower: AWS takes no capitals.
        prefix: What AWS wants before it.
        suffix: What AWS wants after it, where the field `suffix_field` is true.
    """

    field: str = "name"
    limit: int = 255
    lower: bool = False
    prefix: str = ""
    suffix: str = ""
    suffix_field: str = ""

    def make(self, token: str, logical_name: str, digits: str, *, suffixed: bool = False) -> str:
        """Return a name of at most `limit` characters.

        Raises:
            ProviderError: There is no room for the digits; nothing is cut off, there as here.
                Source: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/resource_id.go
        """
        suffix = self.suffix if suffixed else ""
        base = f"{self.prefix}{logical_name.lower() if self.lower else logical_name}-"
        most = self.limit - len(suffix)
        if len(base) + len(digits) > most:
            raise ProviderError(
                f"could not make instance of '{token}': name '{base}' plus {len(digits)} random chars "
                f"is longer than maximum length {most}"
            )
        return f"{base}{digits}{suffix}"


_QUEUE = AutoName(limit=80, suffix=".fifo", suffix_field="fifo_queue")
_AUTONAMES = {
    "aws_cloudwatch_composite_alarm": AutoName("alarm_name"),
    "aws_cloudwatch_event_rule": AutoName(limit=64),
    "aws_cloudwatch_metric_alarm": AutoName("alarm_name"),
    "aws_db_parameter_group": AutoName(lower=True),
    "aws_db_subnet_group": AutoName(lower=True),
    "aws_ecr_repository": AutoName(lower=True),
    "aws_efs_file_system": AutoName("creation_token"),
    "aws_elasticache_cluster": AutoName("cluster_id", 50, lower=True),
    "aws_elasticache_parameter_group": AutoName(lower=True),
    "aws_elasticache_replication_group": AutoName("replication_group_id", 40, lower=True),
    "aws_elasticache_subnet_group": AutoName(lower=True),
    "aws_elasticache_user_group": AutoName("user_group_id"),
    "aws_iam_role": AutoName(limit=64),
    "aws_kms_alias": AutoName(prefix="alias/"),
    "aws_lb": AutoName(limit=32),
    "aws_lb_target_group": AutoName(limit=32),
    "aws_mq_broker": AutoName("broker_name", 55),
    "aws_rds_cluster_parameter_group": AutoName(lower=True),
    "aws_s3_bucket": AutoName("bucket", 63, lower=True),
    "aws_sns_topic": AutoName(limit=80, suffix=".fifo", suffix_field="fifo_topic"),
    "aws_sqs_queue": _QUEUE,
}


def autoname(terraform_type: str) -> AutoName:
    """Return how a resource of this type is named; one without the field is not."""
    return _AUTONAMES.get(terraform_type, AutoName())


def snake(name: str) -> str:
    """`bucketDomainName` → `bucket_domain_name`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    """`bucket_domain_name` → `bucketDomainName`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _plurals(name: str) -> list[str]:
    """Return the forms that the SDK may have for a list, the likeliest first."""
    if re.search(r"[^aeiou]y$", name):
        return [f"{name[:-1]}ies", f"{name}s"]
    if re.search(r"(s|x|ch|sh)$", name):
        return [f"{name}es", name]
    return [f"{name}s"]


def pulumi_name(name: str, *, many: bool, sdk: Names | None) -> str:
    """Return Pulumi's name of Terraform's field: the form that the SDK has, the likeliest without one."""
    single = camel(name)
    forms = [*_plurals(single), single] if many else [single, *_plurals(single)]
    if sdk is None:
        return single if many and single.endswith("s") else forms[0]
    return next((form for form in forms if form in sdk), single)


def terraform_type(token: str, terraform_types: Container[str]) -> str:
    """Return Terraform's type for the token of a resource or function.

    Raises:
        ProviderError: The provider has none.
    """
    if token in _TYPES:
        return _TYPES[token]
    module, name = token.removeprefix("aws:").split(":")
    module = module.split("/")[0]
    base = re.sub(r"_?v2$", "", snake(name)).removeprefix("get_")
    tried = [f"aws_{part}_{base}" for part in (*_MODULES.get(module, ()), module)]
    tried.append(f"aws_{base}")
    for candidate in tried:
        if candidate in terraform_types:
            return candidate
    raise ProviderError(f"{token}: this terraform-provider-aws has none of {', '.join(tried)}")
