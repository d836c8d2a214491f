"""A network, and where it is wanted a database in it, under a key or under none."""

import pulumi
import pulumi_aws as aws

from components.base.resource_defaults import ResourceDefaults
from components.data.database import Database
from components.data.database_args import DatabaseArgs
from components.data.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.model.settings.settings import DatabaseSettings, IamSettings, Nat
from components.network.network import Network, NetworkArgs

config = pulumi.Config()
database = config.get("database") or ""
account_id = aws.get_caller_identity().account_id
key = None
if database == "under a key":
    args = EncryptionKeyArgs(
        account_id=account_id,
        partition=aws.get_partition().partition,
        region=aws.get_region().region,
        alarms=True,
        protect=False,
    )
    key = EncryptionKey("key", args).arn
defaults = ResourceDefaults(
    account_id=account_id,
    iam=IamSettings(),
    kms_key_arn=key,
    log_retention_days=7,
)
network = Network(
    "parts",
    NetworkArgs(
        cidr="10.20.0.0/16",
        zone_count=2,
        nat=Nat(config.require("nat")),
        flow_log_retention_days=0,
        defaults=defaults,
    ),
)
if database:
    group = aws.ec2.SecurityGroup("database", vpc_id=network.vpc_id)
    Database(
        "parts-database",
        DatabaseArgs(
            settings=DatabaseSettings(),
            subnet_ids=network.private_subnet_ids,
            security_group_id=group.id,
            defaults=defaults,
            protect=False,
            discard_data=False,
        ),
    )
