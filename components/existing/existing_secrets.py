"""Secrets that are there already: client secrets of OpenID providers."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ..base.lookups import Errors
from ..base.stored_secret import SecretReference
from ..model.secrets import Secret
from ..model.settings.settings import Settings


def secret_references(
    settings: Settings, errors: Errors, invoke: pulumi.InvokeOptions
) -> Mapping[Secret, SecretReference]:
    """Refer to what ECS reads by itself; the values do not come here."""
    arn = settings.sso.client_secret_arn
    if not arn:
        return {}
    found = errors.ask(
        "sso.client_secret_arn", lambda: aws.secretsmanager.get_secret_versions(secret_id=arn, opts=invoke)
    )
    if found is None:
        return {}
    current = [one.version_id for one in found.versions if "AWSCURRENT" in one.version_stages]
    if not current:
        errors.add("sso.client_secret_arn", f"must name a secret with a value; {arn} has none yet")
        return {}
    output = pulumi.Output.from_input
    return {Secret.SSO_CLIENT_SECRET: SecretReference(arn=output(arn), version_id=output(current[0]))}


def gate_client_secret(
    settings: Settings, errors: Errors, invoke: pulumi.InvokeOptions
) -> pulumi.Output[str] | None:
    """Read the secret of the load balancer's own sign-in, which takes no reference; it stays secret."""
    arn = settings.load_balancer.oidc.client_secret_arn
    if not arn:
        return None
    found = errors.ask(
        "load_balancer.oidc.client_secret_arn",
        lambda: aws.secretsmanager.get_secret_version(secret_id=arn, opts=invoke),
    )
    return None if found is None else pulumi.Output.secret(found.secret_string)
