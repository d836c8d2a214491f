"""Lookups of all existing infrastructure that the settings name, before any resource is created."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.lookups import Lookups, UnusableError
from ..base.stored_secret import SecretReference
from ..model.aws import arns
from ..model.secrets import Secret
from ..model.settings import service_rules
from ..model.settings.errors import name_of
from ..model.settings.settings import Settings
from .existing_addresses import existing_addresses
from .existing_network import ExistingNetwork, existing_network
from .existing_secrets import former_fernet_keys, oidc_client_secret, secret_references, warn_of_rotation

ENCRYPTION_KEY = ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
"""Use and kind of the keys that AWS's services take."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """User and password of a database."""

    user: str
    """In plaintext."""
    password: pulumi.Output[str]
    """A secret output."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """An ECR repository."""

    url: pulumi.Input[str]
    """Where images are pushed to and pulled from."""
    arn: pulumi.Input[str]
    """Its ARN."""


@dataclass(frozen=True, kw_only=True)
class Existing:
    """Existing infrastructure; None or empty: the cluster creates it, or has none."""

    network: ExistingNetwork | None
    database_login: Login | None
    hosted_zone_id: str | None
    addresses: Mapping[str, str]
    repository: Repository | None
    logs_bucket_arn: str | None
    oidc_client_secret: pulumi.Output[str] | None
    former_fernet_keys: pulumi.Output[str] | None
    secret_references: Mapping[Secret, SecretReference]


def existing(settings: Settings, region: str, invoke: pulumi.InvokeOptions) -> Existing:
    """Look up what the settings name.

    Raises:
        UnusableError: all that is not there or cannot be used.
    """
    lookups = Lookups()
    for path, arn in (
        ("kms.key_arn", settings.kms.key_arn),
        ("load_balancer.certificate_arn", settings.load_balancer.certificate_arn),
        ("load_balancer.web_acl_arn", settings.load_balancer.web_acl_arn),
    ):
        if arn and (error := arns.region_error(arn, region)):
            lookups.add(path, error)
    lookups.found.extend(service_rules.spot(settings, region))
    _check_key(settings, lookups, invoke)
    network = existing_network(settings, lookups, invoke) if settings.vpc.exists else None
    found = Existing(
        network=network,
        database_login=_login(settings, lookups, invoke),
        hosted_zone_id=_hosted_zone_id(settings, lookups, invoke),
        addresses=existing_addresses(settings, network, lookups, invoke),
        repository=_repository(settings, lookups, invoke),
        logs_bucket_arn=_logs_bucket_arn(settings, region, lookups, invoke),
        oidc_client_secret=oidc_client_secret(settings, lookups, invoke),
        former_fernet_keys=former_fernet_keys(settings, lookups, invoke),
        secret_references=secret_references(settings, lookups, invoke),
    )
    if lookups.found:
        raise UnusableError(lookups.found)
    return found


def _check_key(settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions) -> None:
    arn = settings.kms.key_arn
    key = lookups.get("kms.key_arn", arn, lambda arn: aws.kms.get_key(key_id=arn, opts=invoke))
    if key is None:
        return
    if not key.enabled or (key.key_usage, key.customer_master_key_spec) != ENCRYPTION_KEY:
        lookups.add(
            "kms.key_arn",
            f"must name an enabled symmetric key for encryption; {arn} is {key.key_state}, "
            f"{key.customer_master_key_spec}, for {key.key_usage}",
        )


def _login(settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions) -> Login | None:
    arn = settings.database.secret_arn
    version = lookups.get(
        "database.secret_arn",
        arn,
        lambda arn: aws.secretsmanager.get_secret_version(secret_id=arn, opts=invoke),
    )
    if version is None:
        return None
    warn_of_rotation(arn, invoke)
    try:
        secret = json.loads(version.secret_string)
        user, password = str(secret["username"]), str(secret["password"])
    except (ValueError, KeyError, TypeError):
        lookups.add(
            "database.secret_arn", f"must name a JSON of username and password; {arn} has another value"
        )
        return None
    return Login(user=user, password=pulumi.Output.secret(password))


def _hosted_zone_id(settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions) -> str | None:
    balancer = settings.load_balancer
    if not balancer.makes_record:
        return None
    if not balancer.hosted_zone_id:
        return _zone_by_name(balancer.domain, lookups, invoke)
    zone = lookups.get(
        "load_balancer.hosted_zone_id",
        balancer.hosted_zone_id,
        lambda zone_id: aws.route53.get_zone(zone_id=zone_id, opts=invoke),
    )
    if zone is None:
        return None
    name = zone.name.rstrip(".")
    if zone.private_zone:
        lookups.add(
            "load_balancer.hosted_zone_id",
            f"must name a public zone; {balancer.hosted_zone_id} ({name}) is private",
        )
    elif not f".{balancer.domain}".endswith(f".{name}"):
        lookups.add("load_balancer.domain", f"must be in {name}, its hosted zone; got {balancer.domain}")
    return balancer.hosted_zone_id


def _zone_by_name(domain: str, lookups: Lookups, invoke: pulumi.InvokeOptions) -> str | None:
    labels = domain.split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    aside = Lookups()
    for name in names:
        zone = aside.get(
            "load_balancer.domain",
            name,
            lambda name: aws.route53.get_zone(name=name, private_zone=False, opts=invoke),
        )
        if zone is not None:
            return zone.zone_id
    lookups.add(
        "load_balancer.domain",
        f"must be in a public Route 53 zone of this account; none is named {' or '.join(names)}. Set "
        f"{name_of('load_balancer.hosted_zone_id')}, or where DNS is elsewhere "
        f"{name_of('load_balancer.certificate_arn')}",
    )
    return None


def _repository(settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions) -> Repository | None:
    found = lookups.get(
        "image.repository",
        settings.image.repository,
        lambda name: aws.ecr.get_repository(name=name, opts=invoke),
    )
    return None if found is None else Repository(url=found.repository_url, arn=found.arn)


def _logs_bucket_arn(
    settings: Settings, region: str, lookups: Lookups, invoke: pulumi.InvokeOptions
) -> str | None:
    name = settings.logs.bucket
    found = lookups.get("logs.bucket", name, lambda name: aws.s3.get_bucket(bucket=name, opts=invoke))
    if found is None:
        return None
    if found.bucket_region != region:
        lookups.add("logs.bucket", f"must be in {region}; {name} is in {found.bucket_region}")
    return found.arn
