"""Encryption with a customer managed key."""

from dataclasses import dataclass

from .errors import Errors, at, name_of
from .rules import matching
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class KmsSettings(Section):
    """The key that everything stored is encrypted with; AWS managed keys where neither is set."""

    key_arn: str = setting(
        "",
        "ARN of an existing KMS key for database, broker, buckets, secrets, logs and images. Its policy "
        "must let CloudWatch Logs use it. A change replaces database and broker.",
        matching(r"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+)?", "the ARN of a KMS key"),
    )
    create_key: bool = setting(
        default=False, doc="Create such a key, rotated every year (1 USD a month and its requests)."
    )

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        if self.key_arn and self.create_key:
            yield at("create_key", f"must be false where {name_of('key_arn')} is set. Keep one")
