"""Existing secrets: of OpenID providers, former Fernet keys, and whether the database's rotates."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ..base.lookups import Lookups, advisory
from ..base.stored_secret import SecretReference
from ..model.secrets import Secret
from ..model.settings.errors import both_names
from ..model.settings.settings import Settings


def secret_references(
    settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions
) -> Mapping[Secret, SecretReference]:
    """Look up secrets that ECS injects; their values are not read here."""
    arn = settings.sso.client_secret_arn
    found = lookups.get(
        "sso.client_secret_arn",
        arn,
        lambda arn: aws.secretsmanager.get_secret_versions(secret_id=arn, opts=invoke),
    )
    if found is None:
        return {}
    current = [one.version_id for one in found.versions if "AWSCURRENT" in one.version_stages]
    if not current:
        lookups.add("sso.client_secret_arn", f"must name a secret with a value; {arn} has none yet")
        return {}
    output = pulumi.Output.from_input
    reference = SecretReference(arn=output(arn), version_id=output(current[0]), existing=True)
    return {Secret.SSO_CLIENT_SECRET: reference}


def oidc_client_secret(
    settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions
) -> pulumi.Output[str] | None:
    """Read the secret of the load balancer's own sign-in, which takes no reference; it stays secret."""
    found = lookups.get(
        "load_balancer.oidc.client_secret_arn",
        settings.load_balancer.oidc.client_secret_arn,
        lambda arn: aws.secretsmanager.get_secret_version(secret_id=arn, opts=invoke),
    )
    return None if found is None else pulumi.Output.secret(found.secret_string)


def former_fernet_keys(
    settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions
) -> pulumi.Output[str] | None:
    """Read the keys of restored data, which stand beside the cluster's own; they stay secret."""
    found = lookups.get(
        "database.fernet_key_secret_arn",
        settings.database.fernet_key_secret_arn,
        lambda arn: aws.secretsmanager.get_secret_version(secret_id=arn, opts=invoke),
    )
    return None if found is None else pulumi.Output.secret(found.secret_string)


def warn_of_rotation(arn: str, invoke: pulumi.InvokeOptions) -> None:
    """Warn of a database's secret that changes by itself: RDS rotates those that it manages every seven days.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
    """
    rotation = advisory(
        f"whether {arn} rotates",
        lambda: aws.secretsmanager.get_secret_rotation(secret_id=arn, opts=invoke),
    )
    if rotation is not None and rotation.rotation_enabled:
        pulumi.log.warn(
            f"{both_names('database.secret_arn')} names a secret that Secrets Manager rotates, {arn}. After "
            "a rotation new connections to the database fail until the next `pulumi up`. Turn rotation off, "
            "or run `pulumi up` after each."
        )
