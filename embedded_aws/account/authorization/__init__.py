"""Decides calls made with a role's temporary key by the policies that are attached to the role."""

from embedded_aws.account.authorization import key_needs
from embedded_aws.account.authorization.authorizer import Refusal, authorize, refusal_of
from embedded_aws.account.authorization.calls import Call
from embedded_aws.account.authorization.needs import Need, Place
from embedded_aws.account.authorization.service_principals import permitted

__all__ = ["Call", "Need", "Place", "Refusal", "authorize", "key_needs", "permitted", "refusal_of"]
