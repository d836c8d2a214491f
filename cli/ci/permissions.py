"""IAM statements of a stack's workflows.

What changes things is held to the stack's own names, wherever an ARN carries a name. A network's parts,
certificates, hosted zones and the parts of Cloud Map have made-up ids; in an account that two stacks share
they are not told apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cli.ci import actions
from cli.ci.stack import OURS, CiStack, Document
from components.model.aws import aws_names

PASSED_TO: Final = (
    "ecs-tasks.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
LINKED: Final = ("ecs", "elasticache", "elasticloadbalancing", "rds", "ecs.application-autoscaling")
ENCRYPTING: Final = ("dynamodb", "ecr", "elasticache", "logs", "rds", "s3", "secretsmanager", "sqs", "ssm")
"""Services through which alone keys of the account are used."""
VALUES: Final = ("secretsmanager:GetSecretValue",)
SECRET_CHANGES: Final = (
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:DeleteSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:PutSecretValue",
    "secretsmanager:ReplicateSecretToRegions",
    "secretsmanager:RestoreSecret",
    "secretsmanager:UpdateSecret",
    "secretsmanager:UpdateSecretVersionStage",
)
MASTER_SECRETS: Final = "secret:rds!db-*"
"""The secrets of master users: RDS makes them in the name of who makes an instance, and invents their names.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-permissions
"""
OF_DATABASE: Final = "aws:ResourceTag/aws:rds:primaryDBInstanceArn"
"""The tag with the instance of such a secret; nobody but AWS sets tags that begin with `aws:`.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html
"""
BOUNDED: Final = (
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
"""Allowed for services that have the stack's boundary."""
UNBOUNDED: Final = ("iam:DeleteRole", "iam:TagRole", "iam:UntagRole")
"""Allowed for all of the stack's roles; they give nobody a right."""
BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
TARGETS: Final = "aws:lb/targetGroup:TargetGroup"
REPLICATION: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
WITHOUT_NAME: Final = frozenset(
    {
        "ecs:DeregisterTaskDefinition",
        "elasticloadbalancing:SetWebAcl",
        "logs:DeleteResourcePolicy",
        "logs:PutResourcePolicy",
        "sns:Unsubscribe",
    }
)
"""Changes in services told apart by name for which AWS knows no resource."""
BY_ID: Final = frozenset(
    {"acm", "application-autoscaling", "cloudwatch", "ec2", "route53", "servicediscovery", "wafv2"}
)
"""Services whose ARNs carry no name of the stack."""
DATA: Final = frozenset({"dynamodb", "elasticache", "rds", "s3", "secretsmanager", "sqs"})
"""Services that keep what a stack stores."""
COMPUTE: Final = frozenset({"ecr", "ecs", "elasticloadbalancing", "events", "logs", "scheduler", "sns"})
"""Services that run it."""


def allow(actions_: Iterable[str], resources: Iterable[str], **condition: Mapping[str, Any]) -> Document:
    """Allow actions on resources, under a condition where one is given."""
    return _statement("Allow", actions_, resources, condition)


def deny(actions_: Iterable[str], resources: Iterable[str], **condition: Mapping[str, Any]) -> Document:
    """Refuse actions on resources, whatever else allows them."""
    return _statement("Deny", actions_, resources, condition)


def deny_all_but(
    actions_: Iterable[str], resources: Iterable[str], **condition: Mapping[str, Any]
) -> Document:
    """Refuse actions on everything but these resources."""
    found = dict(_statement("Deny", actions_, resources, condition))
    found["NotResource"] = found.pop("Resource")
    return found


def _statement(
    effect: str, actions_: Iterable[str], resources: Iterable[str], condition: Mapping[str, Any]
) -> Document:
    found = {"Effect": effect, "Action": sorted(actions_), "Resource": sorted(resources)}
    # A keyword cannot hold the colon of ForAnyValue:StringLike.
    named = {name.replace("_", ":"): value for name, value in condition.items()}
    return found | {"Condition": named} if named else found


def state(stack: CiStack, *object_actions: str, key_actions: Sequence[str]) -> list[Document]:
    """Let it use the stack's own state, and the key of the secrets in it.

    The bucket's list has no prefix as a condition: S3 answers 403 instead of 404 for a missing object to
    whom it is not allowed for, and Pulumi takes that as a failure.
    """
    ours = {"aws:ResourceAccount": stack.account}  # else a bucket of this name that somebody else made next
    return [
        allow(["s3:ListBucket"], [f"arn:{stack.partition}:s3:::{stack.bucket}"], StringEquals=ours),
        allow(object_actions, [stack.state_arn], StringEquals=ours),
        allow(key_actions, [stack.key_arn]),
    ]


def looking(stack: CiStack, asked: Iterable[str]) -> list[Document]:
    """Let it read: configuration everywhere, a secret's value and a bucket's content nowhere yet."""
    asked = {one for one in asked if one not in VALUES}
    buckets = {one for one in asked if one.startswith("s3:")}
    found = [allow(asked - buckets, ["*"])]
    return [*found, allow(buckets, own(stack)["s3"])] if buckets else found


def values(stack: CiStack, *, own_too: bool) -> list[Document]:
    """Let it read the values of secrets that are named, and of the stack's own where that is needed."""
    found = [*(own(stack)["secretsmanager"] if own_too else ()), *stack.secrets]
    return [allow(VALUES, found), _decrypt(stack)] if found else []


def _decrypt(stack: CiStack) -> Document:
    keys = stack.arn("kms", "key/*", region="*").replace(stack.account, "*")
    return allow(["kms:Decrypt"], [keys], StringEquals=_via(stack, ("s3", "secretsmanager")))


def _via(stack: CiStack, services: Iterable[str]) -> dict[str, list[str]]:
    """Name services as KMS does: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html."""
    return {"kms:ViaService": [f"{one}.{stack.region}.{stack.dns_suffix}" for one in services]}


def own(stack: CiStack) -> Mapping[str, list[str]]:
    """Give the ARNs of a stack's own things by service, and of what was there before."""
    base = f"{stack.base}-*"

    def named(service: str, *kinds: str) -> list[str]:
        return [stack.arn(service, f"{kind}{base}") for kind in kinds]

    bucket = f"arn:{stack.partition}:s3:::{base}"
    return {
        "dynamodb": named("dynamodb", "table/"),
        "ecr": [*named("ecr", "repository/"), *stack.there_before("ecr")],
        "ecs": named("ecs", "cluster/", "service/", "service-deployment/", "task/", "task-definition/"),
        "elasticache": [
            *named("elasticache", "cluster:", "parametergroup:", "subnetgroup:"),
            *named("elasticache", "snapshot:"),
            *(
                stack.arn("elasticache", f"replicationgroup:{one}-*")
                for one in _beginnings(REPLICATION, stack.base, ["-broker"])
            ),
            stack.arn("elasticache", "parametergroup:default*"),
        ],
        "elasticloadbalancing": [
            stack.arn("elasticloadbalancing", f"{kind}/{name}-*")
            for kind, names in _balancing(stack).items()
            for name in names
        ],
        "events": named("events", "rule/"),
        "logs": named("logs", "log-group:", "log-group:/aws/events/", "log-group:/aws/rds/instance/"),
        "rds": [*named("rds", "db:", "pg:", "snapshot:", "subgrp:"), stack.arn("rds", "og:default*")],
        "s3": [bucket, f"{bucket}/*", *stack.there_before("s3")],
        "scheduler": named("scheduler", "schedule/default/"),
        "sns": named("sns", ""),
        "secretsmanager": named("secretsmanager", "secret:"),
        "sqs": named("sqs", ""),
    }


def _balancing(stack: CiStack) -> Mapping[str, list[str]]:
    """Give what names of load balancers and target groups begin with; AWS keeps them short."""
    balancers = _beginnings(BALANCER, stack.base, ["-nlb"])
    groups = _beginnings(TARGETS, stack.base, ["-api", "-flower", *(f"-nlb-{port}" for port in stack.ports)])
    kinds = ("loadbalancer/???", "listener/???", "listener-rule/???")
    return {**dict.fromkeys(kinds, balancers), "targetgroup": groups}


def _beginnings(kind: str, base: str, roles_: Iterable[str]) -> list[str]:
    """Give what names begin with: the stack's own beginning, or all that the program makes of a long one."""
    shortened = (aws_names.fitting(kind, f"{base}{role}") for role in ("", *roles_))
    return sorted({base, *(one for one in shortened if not f"{one}-".startswith(f"{base}-"))})


def changing(stack: CiStack, services: Iterable[str]) -> list[Document]:
    """Let it change what the stack makes in services whose ARNs carry a name."""
    names = own(stack)
    return [allow(_writes([one]) - WITHOUT_NAME, names[one]) for one in sorted(services)]


def making_master_secrets(stack: CiStack) -> Document:
    """Let RDS make the secret of a new database's master user, whose value the role does not read."""
    made = ["secretsmanager:CreateSecret", "secretsmanager:TagResource"]
    return allow(made, [stack.arn("secretsmanager", MASTER_SECRETS)])


def reading_master_secrets(stack: CiStack) -> Document:
    """Let it read the secrets of the master users of the stack's own databases."""
    secrets = [stack.arn("secretsmanager", MASTER_SECRETS)]
    return allow(VALUES, secrets, StringLike={OF_DATABASE: databases(stack)})


def databases(stack: CiStack) -> str:
    """Give the ARN of the stack's own RDS instances."""
    return stack.arn("rds", f"db:{stack.base}-*")


def changing_by_id() -> list[Document]:
    """Let it change what has no name of the stack."""
    return [allow(_writes(BY_ID) | WITHOUT_NAME, ["*"])]


def _writes(services: Iterable[str]) -> set[str]:
    return {one for one in actions.writes() if one.partition(":")[0] in services}


def keys(stack: CiStack) -> list[Document]:
    """Let services use keys of the account for it; with `kmsCreateKey` make keys, and change them."""
    everywhere = [stack.arn("kms", "key/*", region="*").replace(stack.account, "*")]
    via = _via(stack, ENCRYPTING)
    use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"]
    grant = {"kms:GrantIsForAWSResource": "true"}
    found = [
        allow([*use, "kms:ReEncryptTo"], everywhere, StringEquals=via),
        allow(["kms:CreateGrant"], everywhere, StringEquals=via, Bool=grant),
    ]
    administer = {one for one in actions.writes() if one.startswith("kms:")} - {"kms:CreateKey"}
    if stack.cluster_key:
        found += [allow(["kms:CreateKey"], ["*"]), allow(administer, [stack.arn("kms", "key/*")])]
    return found


def roles(stack: CiStack) -> list[Document]:
    """Let it make roles with the stack's boundary, in the stack's path, for the services that it uses."""
    mine = [stack.roles_arn]
    linked = [stack.arn("iam", "role/aws-service-role/*", region="")]
    services = {"iam:AWSServiceName": [f"{one}.amazonaws.com" for one in LINKED]}
    return [
        allow(BOUNDED, mine, StringEquals={"iam:PermissionsBoundary": stack.boundary_arn}),
        allow(UNBOUNDED, mine),
        allow(["iam:PassRole"], mine, StringEquals={"iam:PassedToService": list(PASSED_TO)}),
        allow(["iam:CreateServiceLinkedRole"], linked, StringEquals=services),
        deny_all_but(["iam:*"], [*mine, *linked]),
        deny(["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"], ["*"]),
    ]


def apart(stack: CiStack, *, state_too: bool) -> list[Document]:
    """Keep it off the states, keys and secrets of other stacks, whatever is attached to it one day.

    Args:
        stack: whose things it may use.
        state_too: whether it may use the stack's own state and its key.
    """
    bucket = f"arn:{stack.partition}:s3:::{stack.bucket}"
    mine = [*own(stack)["s3"], *([bucket, stack.state_arn] if state_too else [])]
    ci_keys = {"kms:ResourceAliases": f"alias/{OURS}-*"}
    return [
        deny_all_but(["s3:*"], mine),
        deny_all_but(["kms:*"], [stack.key_arn], ForAnyValue_StringLike=ci_keys)
        if state_too
        else deny(["kms:*"], ["*"], ForAnyValue_StringLike=ci_keys),
        deny_all_but(
            SECRET_CHANGES,
            [*own(stack)["secretsmanager"], *stack.secrets],
            StringNotLike={OF_DATABASE: databases(stack)},
        ),
    ]


def pulling(stack: CiStack) -> list[Document]:
    """Let it pull images, such as the one that another stack promotes; they hold no secret."""
    images = stack.arn("ecr", "repository/*", region="*").replace(stack.account, "*")
    return [allow([*PULL, "ecr:DescribeImages"], [images]), allow(["ecr:GetAuthorizationToken"], ["*"])]
