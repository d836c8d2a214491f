"""What an AWS service may do by itself: only the policy of what it acts on decides that.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from embedded_aws.account.authorization.authorizer import require_known
from embedded_aws.account.authorization.policies_of_resources import attached_to
from embedded_aws.account.iam import Service, about_caller, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedded_aws.account.authorization.needs import Need, Place

_ABSENT = re.compile(
    r"aws:(calledvia|principalorgid|principaltag/.+)"
    r"|kms:(encryptioncontext:.+|grantisforawsresource|viaservice)"
)
"""Keys that a service's own call has not, if it does not say them; of others it is not known here."""


def permitted(principal: str, needs: Sequence[Need], place: Place) -> bool:
    """Return whether policies of resources let a service do all of it.

    Raises:
        UnmodelledError: a policy says something about the service that is not known here.
    """
    return all(_permitted(Service(principal), need, place) for need in needs)


def _permitted(service: Service, need: Need, place: Place) -> bool:
    attached = attached_to(need, service, place)
    if attached is None:
        return False
    policy = about_caller(attached)
    context = {"aws:RequestedRegion": place.region, "aws:SecureTransport": "true", **need.context}
    require_known([policy.document], need, context, _ABSENT)
    return bool(decide([], None, need.action, need.resource, context, attached=policy))
