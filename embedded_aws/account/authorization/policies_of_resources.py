# pyright: basic
# moto has no types for its backends.
"""The policy at a resource: of a bucket, key, secret, queue, topic, table or repository; trust of a role.

Not known here: those of functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.ecr.models import ecr_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from embedded_aws.account.authorization.roles import document
from embedded_aws.account.iam import ResourcePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedded_aws.account.authorization.needs import Need, Place
    from embedded_aws.account.iam import Caller, Service

_NOBODY = '{"Version": "2012-10-17", "Statement": []}'
"""The trust of a role that is not there."""
_OLD, _CURRENT = "2008-10-17", "2012-10-17"


def attached_to(need: Need, caller: Caller | Service, place: Place) -> ResourcePolicy | None:
    """Return the policy of what an action is on, if it has one."""
    if need.resource == "*":
        return None
    service, name = need.resource.split(":")[2], need.resource.split(":", 5)[5]
    of_service = _POLICIES.get(service)
    if need.action == "sts:AssumeRole":
        text: Any = _trust(need.resource, place)
    else:
        text = of_service(name, need.resource, place) if of_service else None
    if not text:
        return None
    text = text.decode() if isinstance(text, bytes) else text
    return ResourcePolicy(_complete(text, need.resource), caller, decides=service in ("kms", "iam"))


def _complete(text: str, resource: str) -> Mapping[str, Any]:
    """Read a policy as one of today's version that names its resource.

    The versions differ in variables alone, and a repository's policy names no resource, for it is its own.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html,
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
    """
    policy = document(text)
    if policy.get("Version", _OLD) == _OLD and "${" not in text:
        policy = {**policy, "Version": _CURRENT}
    if resource.split(":")[2] != "ecr":
        return policy
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    return {**policy, "Statement": [{"Resource": resource, **statement} for statement in statements]}


def _trust(arn: str, place: Place) -> Any:
    roles = list(iam_backends[place.account_id][place.partition].roles.values())
    return next((role.assume_role_policy_document for role in roles if role.arn == arn), _NOBODY)


def _of_bucket(name: str, _arn: str, place: Place) -> Any:
    bucket = s3_backends[place.account_id][place.partition].buckets.get(name.partition("/")[0])
    return bucket.policy if bucket is not None else None


def _of_key(name: str, _arn: str, place: Place) -> Any:
    key = kms_backends[place.account_id][place.region].keys.get(name.removeprefix("key/"))
    return key.policy if key is not None else None


def _of_secret(_name: str, arn: str, place: Place) -> Any:
    return getattr(secretsmanager_backends[place.account_id][place.region].secrets.get(arn), "policy", None)


def _of_queue(name: str, _arn: str, place: Place) -> Any:
    return getattr(sqs_backends[place.account_id][place.region].queues.get(name), "policy", None)


def _of_topic(_name: str, arn: str, place: Place) -> Any:
    return getattr(sns_backends[place.account_id][place.region].topics.get(arn), "policy", None)


def _of_table(_name: str, arn: str, place: Place) -> Any:
    found = dynamodb_backends[place.account_id][place.region].resource_policies.get(
        arn.partition("/index/")[0]
    )
    return found.policy_doc if found is not None else None


def _of_repository(name: str, _arn: str, place: Place) -> Any:
    repositories = ecr_backends[place.account_id][place.region].repositories
    return getattr(repositories.get(name.removeprefix("repository/")), "policy", None)


_POLICIES: dict[str, Callable[[str, str, Place], Any]] = {
    "dynamodb": _of_table,
    "ecr": _of_repository,
    "kms": _of_key,
    "s3": _of_bucket,
    "secretsmanager": _of_secret,
    "sns": _of_topic,
    "sqs": _of_queue,
}
