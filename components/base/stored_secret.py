"""A value in Secrets Manager, made known by ARN and version, never by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..model.secrets import Secret
from .component import Component

RECOVERY_DAYS = 7
"""Days in which a deleted secret can be restored."""


@dataclass(frozen=True, kw_only=True)
class StoredSecretArgs:
    """What a `StoredSecret` is made from."""

    value: pulumi.Input[str]
    """The secret."""
    description: str
    """What it is for."""
    discard_data: bool
    """Delete it at once; else it can be restored for a week."""
    kms_key_arn: pulumi.Input[str] | None
    """The key that it is encrypted with; None: AWS's own."""


@dataclass(frozen=True, kw_only=True)
class SecretReference:
    """A secret as a container may know it."""

    arn: pulumi.Output[str]
    """Where ECS reads the value from when a task starts."""
    version_id: pulumi.Output[str] | None
    """Stands in the environment, so that a new value restarts what uses it; None: nothing is restarted."""
    existing: bool = False
    """Whether it was there before, under a KMS key that is not known."""


def versions(secrets: Mapping[Secret, SecretReference]) -> pulumi.Output[str]:
    """Give the versions of secrets in one line, sorted by kind."""
    found = [(kind, secrets[kind].version_id) for kind in sorted(secrets)]
    known = [pulumi.Output.concat(f"{kind}=", version) for kind, version in found if version is not None]
    return pulumi.Output.all(*known).apply(" ".join)


class StoredSecret(Component):
    """Makes a secret and its current version; a unique physical name lets it be made again at once."""

    arn: pulumi.Output[str]
    """ARN of the secret; it does not change when the value does."""
    version_id: pulumi.Output[str]
    """Id of the current version: no secret, and another one after each change of the value."""

    def __init__(self, name: str, args: StoredSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        secret = aws.secretsmanager.Secret(
            name,
            description=args.description,
            kms_key_id=args.kms_key_arn,
            recovery_window_in_days=0 if args.discard_data else RECOVERY_DAYS,
            opts=self._child(),
        )
        version = aws.secretsmanager.SecretVersion(
            name, secret_id=secret.id, secret_string=pulumi.Output.secret(args.value), opts=self._child()
        )
        self.arn = secret.arn
        self.version_id = version.version_id
        self._register()

    @property
    def reference(self) -> SecretReference:
        """The secret as a container may know it."""
        return SecretReference(arn=self.arn, version_id=self.version_id)
