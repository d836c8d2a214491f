"""The keys that Airflow's roles share, made once and kept over every update."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_random as random

from ..base.component import Component
from ..base.stored_secret import SecretReference, StoredSecret, StoredSecretArgs
from ..model.secrets import Secret

FERNET_KEY_BYTES = 32
KEY_LENGTH = 64
PASSWORD_LENGTH = 24


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """What `Secrets` are made from."""

    discard_data: bool
    """Delete secrets at once; else they can be restored for a week."""
    kms_key_arn: pulumi.Input[str] | None
    """The key that they are encrypted with; None: AWS's own."""
    flower: bool
    """Whether Flower, with a login of its own, is part of the cluster."""


class Secrets(Component):
    """Makes the Fernet key, the API's and the tokens' secret and the admin's password, in Secrets Manager."""

    arns: Mapping[str, pulumi.Output[str]]
    """ARN by kind of secret."""
    secret_references: Mapping[Secret, SecretReference]
    """The same secrets as containers name them, by kind."""

    def __init__(self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        stored = {
            Secret.FERNET_KEY: self._stored(Secret.FERNET_KEY, self._fernet_key()),
            Secret.API_SECRET_KEY: self._random(Secret.API_SECRET_KEY, KEY_LENGTH),
            Secret.JWT_SECRET: self._random(Secret.JWT_SECRET, KEY_LENGTH),
            Secret.ADMIN_PASSWORD: self._random(Secret.ADMIN_PASSWORD, PASSWORD_LENGTH),
        }
        if args.flower:
            password = self._password(Secret.FLOWER_LOGIN, PASSWORD_LENGTH)
            login = pulumi.Output.concat("flower:", password)
            stored[Secret.FLOWER_LOGIN] = self._stored(Secret.FLOWER_LOGIN, login)
        self.secret_references = {kind: secret.reference for kind, secret in stored.items()}
        self.arns = {kind.value: secret.arn for kind, secret in stored.items()}
        self._register()

    def _fernet_key(self) -> pulumi.Output[str]:
        key = random.RandomBytes(
            f"{self._name}-{Secret.FERNET_KEY}", length=FERNET_KEY_BYTES, opts=self._child()
        )
        return key.base64.apply(_url_safe)

    def _password(self, kind: Secret, length: int) -> pulumi.Output[str]:
        # Letters and digits only: Airflow expands `$` and `~` in its environment.
        return random.RandomPassword(
            f"{self._name}-{kind}", length=length, special=False, opts=self._child()
        ).result

    def _random(self, kind: Secret, length: int) -> StoredSecret:
        return self._stored(kind, self._password(kind, length))

    def _stored(self, kind: Secret, value: pulumi.Input[str]) -> StoredSecret:
        args = StoredSecretArgs(
            value=value,
            description=f"Airflow: {kind}",
            discard_data=self._args.discard_data,
            kms_key_arn=self._args.kms_key_arn,
        )
        return StoredSecret(f"{self._name}-{kind}", args, self._child())


def _url_safe(standard: str) -> str:
    """Fernet keys are written in the URL-safe alphabet: https://cryptography.io/en/latest/fernet/."""
    return base64.urlsafe_b64encode(base64.standard_b64decode(standard)).decode()
