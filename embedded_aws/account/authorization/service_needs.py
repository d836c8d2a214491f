# pyright: basic
# moto has no types for its backends.
"""What a call of another service than S3 needs: the operation's own name and the resources that it names.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
Where no rule here works a resource out, it is `*`, which only a statement on `*` covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.account.application_auto_scaling import service_linked_role
from embedded_aws.account.authorization import ecs_needs, key_needs
from embedded_aws.account.authorization.needs import Need

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.account.authorization.calls import Call
    from embedded_aws.account.authorization.needs import Place
    from embedded_aws.account.iam.conditions import Value

_PREFIXES = {"monitoring": "cloudwatch"}
"""What begins a service's actions where it is not the name that requests are signed for."""
_FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
"""Need no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
_BATCHES = {
    ("sqs", "SendMessageBatch"): "SendMessage",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sns", "PublishBatch"): "Publish",
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
}
"""Operations whose action has another name."""
_OF_ITEMS = {"BatchGetItem", "BatchWriteItem"}
"""Operations of DynamoDB that name tables as the keys of what they ask."""
_OF_STREAM = {"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"}
_OF_A_RULE = {
    *("DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "PutRule"),
    *("ListTargetsByRule", "PutTargets", "RemoveTargets"),
}
_OF_ALARMS = {"DescribeAlarms", "DescribeAlarmHistory"}
"""Operations on all alarms where they name none."""


def needs(call: Call, place: Place) -> list[Need]:
    """List what a call needs."""
    if (call.service, call.operation) in _FREE:
        return []
    if call.service == "ecs":
        return ecs_needs.needs(call, place)
    if call.service == "kms":
        return key_needs.of_kms(call, place)
    if call.service == "secretsmanager":
        return key_needs.of_secrets(call, place)
    if call.service == "ssm":
        return key_needs.of_parameters(call, place)
    prefix = _PREFIXES.get(call.service, call.service)
    action = f"{prefix}:{_BATCHES.get((call.service, call.operation), call.operation)}"
    resources = _RESOURCES.get(call.service, _unknown)(call, place)
    found = [Need(action, one, _context(call)) for one in resources or ["*"]]
    keys = [need for one in resources for need in _KEYS.get(call.service, _no_key)(call, one, place)]
    return [*found, *keys, *_service_linked_role(call, place)]


def _context(call: Call) -> dict[str, Value]:
    """Return the condition keys of a call.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
    """
    namespace = call.string("Namespace") if call.operation == "PutMetricData" else ""
    return {"cloudwatch:namespace": namespace} if namespace else {}


def _service_linked_role(call: Call, place: Place) -> list[Need]:
    """The first ECS service that is registered for scaling needs a role, which its caller has to create.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
    """
    registers = (call.service, call.operation) == ("application-autoscaling", "RegisterScalableTarget")
    if not registers or call.string("ServiceNamespace") != "ecs" or service_linked_role.exists(place):
        return []
    context = {"iam:AWSServiceName": service_linked_role.SERVICE}
    return [Need("iam:CreateServiceLinkedRole", service_linked_role.arn(place), context)]


def _no_key(_call: Call, _resource: str, _place: Place) -> list[Need]:
    return []


def _unknown(_call: Call, _place: Place) -> list[str]:
    return []


def _repositories(call: Call, place: Place) -> list[str]:
    if call.operation == "GetAuthorizationToken":
        return []
    if call.parameters.get("resourceArn"):
        return call.strings("resourceArn")
    names = call.strings("repositoryName", "repositoryNames")
    if not names and call.operation == "DescribeRepositories":
        names = ["*"]
    return [place.arn("ecr", f"repository/{name}") for name in names]


def _alarms(call: Call, place: Place) -> list[str]:
    names = call.strings("AlarmName", "AlarmNames")
    if not names and call.operation in _OF_ALARMS:
        names = ["*"]
    return [place.arn("cloudwatch", f"alarm:{name}") for name in names]


def _functions(call: Call, place: Place) -> list[str]:
    return [
        one if one.startswith("arn:") else place.arn("lambda", f"function:{one}")
        for one in call.strings("FunctionName")
    ]


def _log_groups(call: Call, place: Place) -> list[str]:
    """List log groups, as AWS names them where it refuses: with `:log-stream:` and the stream, if any."""
    group = call.string("logGroupName")
    named = ("logGroupIdentifier", "resourceArn", "resourceIdentifier", "logGroupIdentifiers")
    if not group and (arn := call.string(*named)):
        group = arn.partition(":log-group:")[2].removesuffix(":*") if arn.startswith("arn:") else arn
    if not group and call.operation != "DescribeLogGroups":
        return []
    stream = call.string("logStreamName") if call.operation in _OF_STREAM else ""
    return [place.arn("logs", f"log-group:{group}:log-stream:{stream}")]


def _queues(call: Call, place: Place) -> list[str]:
    names = call.strings("QueueUrl", "QueueName")
    return [place.arn("sqs", name.rstrip("/").rpartition("/")[2]) for name in names]


def _roles(call: Call, _place: Place) -> list[str]:
    return call.strings("RoleArn") if call.operation == "AssumeRole" else []


def _state_machines(call: Call, _place: Place) -> list[str]:
    return call.strings("stateMachineArn", "executionArn")


def _tables(call: Call, place: Place) -> list[str]:
    """List the tables of a call, or the index that it reads.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
    """
    if call.operation in _OF_ITEMS:
        batches: Any = call.parameters.get("RequestItems") or {}
        names = [*batches]
    else:
        names = call.strings("TableName", "ResourceArn")
    index = call.string("IndexName")
    arns = [one if one.startswith("arn:") else place.arn("dynamodb", f"table/{one}") for one in names]
    return [f"{arn}/index/{index}" if index else arn for arn in arns]


def _topics(call: Call, place: Place) -> list[str]:
    if call.operation == "CreateTopic":
        return [place.arn("sns", name) for name in call.strings("Name")]
    return call.strings("TopicArn", "TargetArn", "ResourceArn")


def _rules(call: Call, place: Place) -> list[str]:
    """List rules of the default event bus."""
    if call.operation in _OF_A_RULE:
        return [place.arn("events", f"rule/{name}") for name in call.strings("Rule", "Name")]
    return call.strings("ResourceARN")


_RESOURCES: dict[str, Callable[[Call, Place], list[str]]] = {
    "dynamodb": _tables,
    "ecr": _repositories,
    "events": _rules,
    "lambda": _functions,
    "logs": _log_groups,
    "monitoring": _alarms,
    "sns": _topics,
    "sqs": _queues,
    "states": _state_machines,
    "sts": _roles,
}

_KEYS: dict[str, Callable[[Call, str, Place], list[Need]]] = {
    "dynamodb": key_needs.of_table_key,
    "sqs": key_needs.of_queue_key,
}
"""What services ask of the keys that encrypt a resource."""
