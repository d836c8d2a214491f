"""House rules as the tests of components need them."""

import pulumi

from components.base.resource_defaults import ResourceDefaults
from components.model.settings.settings import IamSettings

BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/4c1b"


def resource_defaults(iam: IamSettings | None = None, *, kms_key_arn: str | None = None) -> ResourceDefaults:
    """Give rules; call it while a program runs, since it makes Outputs."""
    return ResourceDefaults(
        account_id="123456789012",
        iam=iam or IamSettings(),
        kms_key_arn=None if kms_key_arn is None else pulumi.Output.from_input(kms_key_arn),
        log_retention_days=14,
    )
