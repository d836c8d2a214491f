"""The IAM documents of a rendered stack, and what is wrong with them by AWS's own list of actions."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from policy_sentry.querying.actions import get_action_data

from components.model.iam.iam_documents import SERVICE_TAG
from components.model.rendered import Rendered, mapping, of_kind
from policy.iam_documents import principals
from policy.identity import WITHOUT_RESOURCE
from tests.helpers.pulumi_mocks import ACCOUNT, REGION

OF_A_ROLE: Final = {"iam/RolePolicy", "iam/Policy"}
OF_A_RESOURCE: Final = {
    "cloudwatch/LogResourcePolicy": "EventBridge, for one log group",
    "ecr/RepositoryPolicy": "other accounts pull images, where imagePullAccountIds names them",
    "iam/Role": "who may take the role",
    "kms/Key": "the account's IAM policies, and CloudWatch Logs for the account's groups",
    "s3/BucketPolicy": "nobody without TLS",
    "sqs/QueuePolicy": "nobody without TLS",
    "sns/TopicPolicy": "alarms of this stack, and nobody without TLS",
}
"""Documents that say who may come, by the resource they belong to."""
FORBIDS: Final = {"s3/BucketPolicy", "sqs/QueuePolicy"}
"""All of their statements forbid."""
FORBIDS_TOO: Final = {*FORBIDS, "sns/TopicPolicy"}
"""May have statements that forbid; all others allow."""
TO_EVENTS: Final = ["delivery.logs.amazonaws.com", "events.amazonaws.com"]
CHECKED: Final = OF_A_ROLE | set(OF_A_RESOURCE)
WITHOUT_TLS: Final = {"Bool": {"aws:SecureTransport": "false"}}
FOR_ACCOUNT: Final = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
TRUST: Final = "iam/Role"
OTHERS_PULL: Final = "ecr/RepositoryPolicy"
"""The policy by which other accounts are let in, whom `imagePullAccountIds` names."""
VIA: Final = ("dynamodb", "s3", "secretsmanager", "sqs", "ssm")
NEVER: Final = {"Permissions management", "Tagging"}
"""Access levels that no role of Airflow needs."""
STARTED: Final[Mapping[str, Any]] = {
    "ecs:StopTask": {"StringEquals": {f"aws:ResourceTag/{SERVICE_TAG}": "ecs-task"}},
    "ecs:TagResource": {
        "StringEquals": {f"aws:RequestTag/{SERVICE_TAG}": "ecs-task", "ecs:CreateAction": "RunTask"}
    },
}
"""Who starts a task stops these and no others, and tags what it starts with that."""
ROLES_OF_A_TASK: Final = 2
OWNER: Final = f"arn:aws:iam::{ACCOUNT}:root"


@dataclass(frozen=True)
class Statement:
    """A statement of a document, and whose it is."""

    owner: Rendered
    content: Mapping[str, Any]

    @property
    def actions(self) -> list[str]:
        """Its actions."""
        return listed(self.content["Action"])


def listed(found: Any) -> list[str]:
    """Take one or several as a list."""
    return [found] if isinstance(found, str) else found


def documents(stack: Sequence[Rendered]) -> Iterator[tuple[Rendered, dict[str, Any]]]:
    """Find every IAM document, whatever input it stands in."""
    for one in stack:
        for value in one.inputs.values():
            if isinstance(value, str) and '"Statement"' in value:
                yield one, json.loads(value)


def statements(stack: Sequence[Rendered], kinds: Iterable[str]) -> list[Statement]:
    """List the statements of all documents of some kinds of resources."""
    return [
        Statement(one, content)
        for one, document in documents(stack)
        for content in document["Statement"]
        if one.kind in kinds
    ]


@cache
def known(action: str) -> list[dict[str, Any]]:
    """Look an action up in AWS's list: one entry for each type of resource that it takes."""
    service, name = action.split(":")
    data: Any = get_action_data(service, name)
    return data[service] if data else []


def errors(stack: Sequence[Rendered]) -> list[str]:
    """Say what the documents of a stack allow beyond need, and what they do not allow that is needed."""
    return [
        *(f"{one.kind} is checked by nobody" for one, _ in documents(stack) if one.kind not in CHECKED),
        *(f"{one.owner.name}: {why}" for one in statements(stack, OF_A_ROLE) for why in _of_a_role(one)),
        *(
            f"{one.owner.name}: {action} on condition {one.content.get('Condition')}"
            for one in statements(stack, OF_A_ROLE)
            for action in one.actions
            if not _on_condition(one, action, stack)
        ),
        *(
            f"{one.owner.name}: {why}"
            for one in statements(stack, OF_A_RESOURCE)
            for why in _of_a_resource(one)
        ),
    ]


def _of_a_role(one: Statement) -> Iterator[str]:
    """No wildcard, no misspelling (AWS takes both in silence), no IAM permissions, no resource unnamed."""
    if one.content["Effect"] != "Allow":
        yield "a role's own policy forbids"
    for action in one.actions:
        if "*" in action or not known(action):
            yield f"{action} is no action"
        elif (
            action not in STARTED
            and not _gives_two(one)
            and NEVER & {entry["access_level"] for entry in known(action)}
        ):
            yield f"{action} changes permissions"
        if action.startswith("logs:") and not all(
            name.endswith(":*") for name in listed(one.content["Resource"])
        ):
            yield f"{action} on a log group without `:*`, which allows nothing"
        if "*" in listed(one.content["Resource"]) and action not in WITHOUT_RESOURCE:
            yield f"{action} on everything"


def _on_condition(one: Statement, action: str, stack: Sequence[Rendered]) -> bool:
    """Tell whether what is allowed for some only has the condition that says so; other actions have none."""
    condition = one.content.get("Condition")
    if action == "ecs:RunTask":
        (cluster,) = of_kind(stack, "ecs/Cluster")
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:Cluster/{cluster.name}"
        return condition == {"ArnEquals": {"ecs:cluster": arn}}
    if action in STARTED or (action == "ecs:DescribeTasks" and condition is None):
        return condition == STARTED.get(action) and _starts_tasks(one, stack)
    if action in {"ecs:DescribeTasks", "ecs:GetTaskProtection", "ecs:UpdateTaskProtection"}:
        tags = [service.inputs["tags"][SERVICE_TAG] for service in of_kind(stack, "ecs/Service")]
        own = [tag for tag in tags if one.owner.name.endswith(f"-{tag}-task")]
        return [condition] == [{"StringEquals": {f"aws:ResourceTag/{SERVICE_TAG}": tag}} for tag in own]
    if action == "cloudwatch:PutMetricData":
        (cluster,) = of_kind(stack, "ecs/Cluster")
        return condition == {"StringEquals": {"cloudwatch:namespace": f"airflow-ecs/{cluster.name}"}}
    if action.startswith("kms:"):
        via = [f"{service}.{REGION}.amazonaws.com*" for service in VIA]
        found = mapping(mapping(condition).get("StringLike")).get("kms:ViaService") or [""]
        return (
            condition == {"StringLike": {"kms:ViaService": found}} and {*found} <= {*via}
        ) or condition in [*_of_what_it_reads(one, stack)]
    return condition is None or _gives_two(one)


def _starts_tasks(one: Statement, stack: Sequence[Rendered]) -> bool:
    """Tell whether a role may run tasks: it sees how all of them are, and stops its own."""
    return any(
        other.owner is one.owner and other.actions == ["ecs:RunTask"]
        for other in statements(stack, OF_A_ROLE)
    )


def _of_what_it_reads(one: Statement, stack: Sequence[Rendered]) -> Iterator[dict[str, Any]]:
    """Give the conditions under which a role decrypts what it reads: one secret or parameter at a time."""
    for other in statements(stack, OF_A_ROLE):
        if other.owner is one.owner and other.actions == ["secretsmanager:GetSecretValue"]:
            for arn in listed(other.content["Resource"]):
                yield {"StringLike": {"kms:EncryptionContext:SecretARN": [arn, f"{arn}-??????"]}}
        if other.owner is one.owner and other.actions == ["ssm:GetParameters"]:
            for arn in listed(other.content["Resource"]):
                yield {"StringLike": {"kms:EncryptionContext:PARAMETER_ARN": [arn]}}


def _gives_two(one: Statement) -> bool:
    """Tell whether it hands a task its two named roles, to ECS alone, as who starts a task must."""
    to_ecs = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    return (
        one.actions == ["iam:PassRole"]
        and len(one.content["Resource"]) == ROLES_OF_A_TASK
        and "*" not in "".join(one.content["Resource"])
        and one.content.get("Condition") == to_ecs
    )


def _of_a_resource(one: Statement) -> Iterator[str]:
    """The account itself, a named account, or a service for things of this account."""
    forbids = one.content["Effect"] == "Deny"
    if (one.owner.kind in FORBIDS and not forbids) or (forbids and one.owner.kind not in FORBIDS_TOO):
        yield f"{one.content['Effect']} is the wrong way round"
    if forbids:
        if one.content["Principal"] != "*" or one.content["Condition"] != WITHOUT_TLS:
            yield "not everybody without TLS is refused"
        return
    principal = principals(one.content)
    accounts = set(listed(principal.get("AWS", [])))
    if {*principal} != ({"Service"} if one.owner.kind == TRUST else {*principal} & {"AWS", "Service"}):
        yield f"{principal} is let in"
    if any(f"::{ACCOUNT}:" not in account for account in accounts) and one.owner.kind != OTHERS_PULL:
        yield "another account is let in"
    if "*" in "".join(one.actions) and (one.owner.kind, accounts) != ("kms/Key", {OWNER}):
        yield "everything is allowed"
    if "*" in accounts:
        yield "everybody is let in"
    for service in listed(principal.get("Service", [])):
        if not service.endswith(".amazonaws.com") or not (_for_this_account(one) or _of_events(one)):
            yield f"{service} comes for other accounts too"


def _of_events(one: Statement) -> bool:
    """Tell whether it lets EventBridge write to a named log group, which AWS documents without a condition.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
    """
    wanted = {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Principal": {"Service": TO_EVENTS}}
    named = "*" not in str(one.content.get("Resource", "*")).removesuffix(":*")
    return named and wanted.items() <= one.content.items() and "Condition" not in one.content


def _for_this_account(one: Statement) -> bool:
    """Tell whether a positive condition names this account; of a role's trust, just the one that it has."""
    found = mapping(one.content.get("Condition"))
    if one.owner.kind == TRUST:
        return found == FOR_ACCOUNT
    return {*found} <= {"ArnLike", "StringEquals"} and ACCOUNT in json.dumps(found)
