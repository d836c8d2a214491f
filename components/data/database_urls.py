"""The connection URL of a database, as a secret."""

from dataclasses import dataclass

import pulumi

from ..base.component import Component
from ..base.stored_secret import StoredSecret, StoredSecretArgs
from ..model.services import urls
from ..model.services.roles import Secret
from ..model.settings.settings import SslMode


@dataclass(frozen=True, kw_only=True)
class DatabaseUrlsArgs:
    """What `DatabaseUrls` are made from."""

    host: pulumi.Input[str]
    """Host of the database."""
    port: pulumi.Input[int]
    """Its port."""
    database: str
    """Name of the database."""
    owner: str
    """The user that Airflow is."""
    password: pulumi.Input[str]
    """That user's password."""
    ssl_mode: SslMode
    """How much of the certificate is checked."""
    recoverable: bool
    """Whether a deleted secret can be restored for a week."""
    kms_key_arn: pulumi.Input[str] | None
    """The key that they are encrypted with; None: AWS's own."""


class DatabaseUrls(Component):
    """Makes the secret of the metadata database's URL."""

    url_secret_arn: pulumi.Output[str]
    """ARN of the secret with the metadata database's URL."""

    def __init__(self, name: str, args: DatabaseUrlsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{name}-urls", opts)
        self._name, self._args = name, args
        url = self._stored("url", self._url(args.owner, args.password), "metadata database URL")
        self.url_secret_arn = url.arn
        self.secret_references = {Secret.DATABASE_URL: url.reference}
        self._register()

    def _url(self, user: str, password: pulumi.Input[str]) -> pulumi.Output[str]:
        args = self._args
        return pulumi.Output.all(password=password, host=args.host, port=args.port).apply(
            lambda known: urls.database(
                user=user,
                password=known["password"],
                host=known["host"],
                port=int(known["port"]),
                name=args.database,
                ssl_mode=args.ssl_mode,
            )
        )

    def _stored(self, kind: str, value: pulumi.Output[str], description: str) -> StoredSecret:
        args = StoredSecretArgs(
            value=value,
            description=f"Airflow: {description}",
            recoverable=self._args.recoverable,
            kms_key_arn=self._args.kms_key_arn,
        )
        return StoredSecret(f"{self._name}-{kind}", args, self._child())
