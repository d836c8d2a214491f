"""The connection URLs of a database, as secrets."""

from dataclasses import dataclass

import pulumi
import pulumi_random as random

from .component import Component
from .model import urls
from .model.roles import Secret
from .model.settings import SslMode
from .stored_secret import StoredSecret, StoredSecretArgs

PASSWORD_LENGTH = 32


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
    results_user: str | None
    """The user of Celery's results, which the migration makes; None: no Celery."""
    recoverable: bool
    """Whether a deleted secret can be restored for a week."""
    kms_key_arn: pulumi.Input[str] | None
    """The key that they are encrypted with; None: AWS's own."""


class DatabaseUrls(Component):
    """Makes the secret of the metadata database's URL, and for Celery that of its result backend."""

    url_secret_arn: pulumi.Output[str]
    """ARN of the secret with the metadata database's URL."""
    result_backend_secret_arn: pulumi.Output[str] | None
    """ARN of the secret with the URL of Celery's result backend, if there is one."""

    def __init__(self, name: str, args: DatabaseUrlsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{name}-urls", opts)
        self._name, self._args = name, args
        url = self._stored("url", self._url(args.owner, args.password), "metadata database URL")
        self.url_secret_arn, self.result_backend_secret_arn = url.arn, None
        self.secret_references = {Secret.DATABASE_URL: url.reference}
        if args.results_user is not None:
            password = random.RandomPassword(
                f"{name}-results-password", length=PASSWORD_LENGTH, special=False, opts=self._child()
            ).result
            results = self._url(args.results_user, password).apply(urls.result_backend)
            stored = self._stored("results-url", results, "Celery result backend URL")
            self.result_backend_secret_arn = stored.arn
            self.secret_references[Secret.RESULT_BACKEND_URL] = stored.reference
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
