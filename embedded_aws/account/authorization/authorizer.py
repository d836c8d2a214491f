"""Decides a call by the policies of the role that makes it, of what it is on, and the role's boundary.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.account.authorization import s3_needs, service_needs
from embedded_aws.account.authorization.calls import read_call
from embedded_aws.account.authorization.needs import Place
from embedded_aws.account.authorization.policies_of_resources import attached_to
from embedded_aws.account.authorization.roles import role_of
from embedded_aws.account.iam import UnmodelledError, condition_keys, decide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedded_aws.account.authorization.needs import Need
    from embedded_aws.account.authorization.roles import Role
    from embedded_aws.account.iam import Decision
    from embedded_aws.account.iam.conditions import Value

_ABSENT = re.compile(
    r"aws:(calledvia|principalorgid|principaltag/.+|sourceaccount|sourcearn|sourceowner)"
    r"|ecs:(cluster|createaction)"
    r"|iam:(awsservicename|passedtoservice)"
    r"|kms:(encryptioncontext:.+|grantisforawsresource|viaservice)"
    r"|s3:(delimiter|max-keys|prefix)"
    r"|secretsmanager:secretid"
)
"""Keys that a call here has not, if it does not say them; what AWS knows of others is not known here."""
_OF_TAGS = re.compile(r"(aws|ecs):resourcetag/.+")


@dataclass(frozen=True)
class Refusal:
    """Why a call is not served.

    Attributes:
        message: in AWS's words, or what is not modelled here.
        unmodelled: AWS may allow the call or refuse it; here it cannot be evaluated.
        objects: the keys and messages, where S3 refuses to delete several objects, each by itself.
    """

    message: str
    unmodelled: bool = False
    objects: Sequence[tuple[str, str]] = ()


def authorize(environ: Mapping[str, Any], body: bytes, role_arn: str, session: str) -> Refusal | None:
    """Evaluate a signed request; None: it is allowed."""
    try:
        call = read_call(environ, body)
        _, partition, _, _, account_id, _ = role_arn.split(":", 5)
        place = Place(partition, call.region, account_id)
        if call.service != "s3":
            return refusal_of(service_needs.needs(call, place), place, role_arn, session)
        needs = s3_needs.needs(environ, body, place)
    except UnmodelledError as error:
        return _unmodelled(error)
    if s3_needs.is_deletion_of_several(environ):
        return _of_several([(need, refusal_of([need], place, role_arn, session)) for need in needs])
    return refusal_of(needs, place, role_arn, session)


def _of_several(evaluated: Sequence[tuple[Need, Refusal | None]]) -> Refusal | None:
    """Refuse to delete any object, or none."""
    refused = [(need, refusal) for need, refusal in evaluated if refusal]
    if not refused:
        return None
    if len(refused) < len(evaluated):
        return _unmodelled(UnmodelledError("a deletion of objects of which only some may be deleted"))
    message = refused[0][1]
    objects = [(need.resource.partition("/")[2], refusal.message) for need, refusal in refused]
    return message if message.unmodelled else Refusal(message.message, objects=objects)


def refusal_of(needs: Sequence[Need], place: Place, role_arn: str, session: str) -> Refusal | None:
    """Evaluate what a call needs; None: all of it is allowed."""
    try:
        role = role_of(role_arn, session)
        for need in needs:
            decision = _decide(need, role, place)
            if not decision:
                return Refusal(_message(role, need, decision))
    except UnmodelledError as error:
        return _unmodelled(error)
    return None


def _decide(need: Need, role: Role, place: Place) -> Decision:
    context: dict[str, Value] = {
        "aws:PrincipalAccount": role.caller.account_id,
        "aws:PrincipalArn": role.caller.role_arn,
        "aws:PrincipalType": "AssumedRole",
        "aws:RequestedRegion": place.region,
        "aws:ResourceAccount": place.account_id,
        # Loopback counts as secure transport.
        "aws:SecureTransport": "true",
        **{f"aws:PrincipalTag/{name}": value for name, value in role.tags.items()},
        **need.context,
    }
    attached = attached_to(need, role.caller, place)
    documents = [*role.policies, role.boundary, attached.document if attached else None]
    require_known([one for one in documents if one is not None], need, context, _ABSENT)
    return decide(role.policies, role.boundary, need.action, need.resource, context, attached=attached)


def require_known(
    documents: Sequence[Mapping[str, Any]], need: Need, context: Mapping[str, Value], absent: re.Pattern[str]
) -> None:
    """Check that each condition key of the statements on an action is in the call, or known to be absent.

    Raises:
        UnmodelledError: AWS may know a value that is not known here.
    """
    for key in condition_keys(documents, need.action) - {key.lower() for key in context}:
        if not absent.fullmatch(key) and not (need.has_all_tags and _OF_TAGS.fullmatch(key)):
            raise UnmodelledError(f"the condition key {key} of {need.action}")


def _message(role: Role, need: Need, decision: Decision) -> str:
    """Say it as AWS does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    resource = f'"{need.resource}"' if need.action.startswith("s3:") else need.resource
    if decision.reason == "explicit deny":
        why = f"with an explicit deny in {decision.policy}"
    else:
        why = f"because no {decision.policy.partition(' ')[2]} allows the {need.action} action"
    asked = f"perform: {need.action} on resource: {resource}"
    return f"User: {role.caller.session_arn} is not authorized to {asked} {why}"


def _unmodelled(error: UnmodelledError) -> Refusal:
    return Refusal(
        f"This account cannot evaluate the call by IAM's rules: it does not model {error}", unmodelled=True
    )
