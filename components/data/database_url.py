"""The connection URL of a database, as a secret."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from ..base.component import Component
from ..base.stored_secret import SecretReference, StoredSecret, StoredSecretArgs
from ..model.secrets import Secret
from ..model.services.database_url import database_url
from ..model.settings.database_settings import SslMode


@dataclass(frozen=True, kw_only=True)
class DatabaseUrlArgs:
    """Inputs of a `DatabaseUrl`."""

    host: pulumi.Input[str]
    """Host of the database."""
    port: pulumi.Input[int]
    """Its port."""
    database: str
    """Name of the database."""
    user: str
    """The user that Airflow connects as."""
    password: pulumi.Input[str]
    """That user's password."""
    ssl_mode: SslMode
    """How much of the server's certificate is checked."""
    discard_data: bool
    """Delete the secret at once; else it can be restored for a week."""
    kms_key_arn: pulumi.Input[str] | None
    """The key that it is encrypted with; None: AWS's own."""


class DatabaseUrl(Component):
    """Makes the secret of the metadata database's URL."""

    secret_references: Mapping[Secret, SecretReference]
    """The secret, by kind."""

    def __init__(self, name: str, args: DatabaseUrlArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        secret = StoredSecret(
            name,
            StoredSecretArgs(
                value=_url(args),
                description="Airflow: metadata database URL",
                discard_data=args.discard_data,
                kms_key_arn=args.kms_key_arn,
            ),
            self._child(),
        )
        self.secret_references = {Secret.DATABASE_URL: secret.reference}
        self._register()


def _url(args: DatabaseUrlArgs) -> pulumi.Output[str]:
    return pulumi.Output.all(password=args.password, host=args.host, port=args.port).apply(
        lambda server: database_url(
            user=args.user,
            password=server["password"],
            host=server["host"],
            port=int(server["port"]),
            name=args.database,
            ssl_mode=args.ssl_mode,
        )
    )
