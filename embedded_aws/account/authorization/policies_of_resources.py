# pyright: basic
# moto has no types for its backends.
"""The policy that stands at a resource: of a bucket, a key, a secret, and the trust of a role.

Not known here: those of queues, topics, repositories and functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends

from embedded_aws.account.authorization.roles import document
from embedded_aws.account.iam import ResourcePolicy

if TYPE_CHECKING:
    from embedded_aws.account.authorization.needs import Need, Place
    from embedded_aws.account.iam import Caller, Service

_NOBODY = '{"Version": "2012-10-17", "Statement": []}'
"""The trust of a role that is not there."""


def attached_to(need: Need, caller: Caller | Service, place: Place) -> ResourcePolicy | None:
    """Return the policy of what an action is on, if it has one."""
    if need.resource == "*":
        return None
    service, name = need.resource.split(":")[2], need.resource.split(":", 5)[5]
    decides = service in ("kms", "iam")
    text: Any = None
    if service == "s3":
        bucket = s3_backends[place.account_id][place.partition].buckets.get(name.partition("/")[0])
        text = bucket.policy if bucket is not None else None
    elif service == "kms":
        key = kms_backends[place.account_id][place.region].keys.get(name.removeprefix("key/"))
        text = key.policy if key is not None else None
    elif service == "secretsmanager":
        secret = secretsmanager_backends[place.account_id][place.region].secrets.get(need.resource)
        text = getattr(secret, "policy", None)
    elif need.action == "sts:AssumeRole":
        roles = list(iam_backends[place.account_id][place.partition].roles.values())
        text = next(
            (role.assume_role_policy_document for role in roles if role.arn == need.resource), _NOBODY
        )
    if not text:
        return None
    text = text.decode() if isinstance(text, bytes) else text
    return ResourcePolicy(document(text), caller, decides=decides)
