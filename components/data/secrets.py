"""The keys that Airflow's services share, made once and kept over every update."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_random as random

from ..base.component import Component
from ..base.generated_passwords import passwords
from ..base.stored_secret import SecretReference, StoredSecret, StoredSecretArgs
from ..model.secrets import FIRST_NAME, GENERATED, Secret, generated

KEY_BYTES = 32
"""Of a Fernet key, and of an Ed25519 private key: any 32 bytes are one.

https://www.rfc-editor.org/rfc/rfc8032#section-5.1.5
"""
SECRET_KEY_LENGTH = 64
PASSWORD_LENGTH = 24
_PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the 32 bytes in PKCS#8: https://www.rfc-editor.org/rfc/rfc8410#section-7."""


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """What `Secrets` are made from."""

    discard_data: bool
    """Delete secrets at once; else they can be restored for a week."""
    kms_key_arn: pulumi.Input[str] | None
    """The key that they are encrypted with; None: AWS's own."""
    names: Mapping[Secret, Sequence[str]]
    """By kind the names of a secret's values: the first is the one in use, all are valid."""
    former_fernet_keys: pulumi.Output[str] | None
    """Keys of restored data, joined by commas, which decrypt beside the cluster's own."""
    protect: bool
    """Refuse to delete the Fernet key in use, without which the database's secrets cannot be read."""
    flower: bool
    """Whether Flower, with separate credentials, is part of the cluster."""


class Secrets(Component):
    """Makes Fernet key, API's secret, tokens' private keys and admin's password, in Secrets Manager."""

    arns: Mapping[str, pulumi.Output[str]]
    """ARN by kind of secret."""
    secret_references: Mapping[Secret, SecretReference]
    """The same secrets as containers name them, by kind."""

    def __init__(self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        stored = {
            Secret.FERNET_KEY: self._stored(Secret.FERNET_KEY, self._fernet_keys()),
            Secret.API_SECRET_KEY: self._random(Secret.API_SECRET_KEY, SECRET_KEY_LENGTH),
            Secret.JWT_PRIVATE_KEYS: self._stored(Secret.JWT_PRIVATE_KEYS, self._jwt_private_keys()),
            Secret.ADMIN_PASSWORD: self._random(Secret.ADMIN_PASSWORD, PASSWORD_LENGTH),
        }
        if args.flower:
            role = f"{name}-{Secret.FLOWER_LOGIN}"
            (password,) = passwords(role, [FIRST_NAME], length=PASSWORD_LENGTH, opts=self._child())
            login = pulumi.Output.concat("flower:", password)
            stored[Secret.FLOWER_LOGIN] = self._stored(Secret.FLOWER_LOGIN, login)
        self.secret_references = {kind: secret.reference for kind, secret in stored.items()}
        self.arns = {kind.value: secret.arn for kind, secret in stored.items()}
        self._register()

    def _fernet_keys(self) -> pulumi.Output[str]:
        """Join them as Airflow reads them: the first encrypts, all decrypt.

        https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/fernet.html#rotating-encryption-keys
        """
        keys = self._keys(Secret.FERNET_KEY, protect_first=self._args.protect)
        own = pulumi.Output.all(*keys).apply(lambda known: ",".join(map(_url_safe, known)))
        former = self._args.former_fernet_keys
        return own if former is None else pulumi.Output.concat(own, ",", former)

    def _jwt_private_keys(self) -> pulumi.Output[str]:
        return pulumi.Output.concat(*(key.apply(_pem) for key in self._keys(Secret.JWT_PRIVATE_KEYS)))

    def _keys(self, kind: Secret, *, protect_first: bool = False) -> list[pulumi.Output[str]]:
        names = self._args.names[kind]
        return [
            self._key(generated(kind, name), protect=protect_first and name == names[0]) for name in names
        ]

    def _key(self, role: str, *, protect: bool) -> pulumi.Output[str]:
        lock = self._child(pulumi.ResourceOptions(protect=protect or None))
        return random.RandomBytes(f"{self._name}-{role}", length=KEY_BYTES, opts=lock).base64

    def _random(self, kind: Secret, length: int) -> StoredSecret:
        role = f"{self._name}-{GENERATED[kind]}"
        (value,) = passwords(role, self._args.names[kind], length=length, opts=self._child())
        return self._stored(kind, value)

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


def _pem(seed: str) -> str:
    key = base64.b64encode(_PKCS8_ED25519 + base64.standard_b64decode(seed)).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n"
