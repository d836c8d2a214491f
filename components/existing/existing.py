"""Everything that the settings name and that must be there already, looked up before anything is made."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.lookups import Errors, UnusableError
from ..base.stored_secret import SecretReference
from ..model.aws import arns
from ..model.secrets import Secret
from ..model.settings.errors import name_of
from ..model.settings.settings import Settings
from .existing_addresses import existing_addresses
from .existing_network import ExistingNetwork, existing_network
from .existing_secrets import gate_client_secret, secret_references

ENCRYPTION_KEY = ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
"""Use and kind of the keys that AWS's services take."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """User and password of a database."""

    user: str
    """In clear."""
    password: pulumi.Output[str]
    """A secret."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """An ECR repository."""

    url: str
    """Where images are pushed to and pulled from."""
    arn: str
    """Its ARN."""
    registry_id: str
    """The account of its registry."""


@dataclass(frozen=True, kw_only=True)
class Existing:
    """What is there already; None or empty: the cluster makes it, or has none."""

    network: ExistingNetwork | None
    database_login: Login | None
    hosted_zone_id: str | None
    addresses: Mapping[str, str]
    repository: Repository | None
    logs_bucket_arn: str | None
    gate_client_secret: pulumi.Output[str] | None
    secret_references: Mapping[Secret, SecretReference]


def existing(settings: Settings, region: str, invoke: pulumi.InvokeOptions) -> Existing:
    """Look up what the settings name.

    Raises:
        UnusableError: all that is not there or cannot be used.
    """
    errors = Errors()
    for path, arn in (
        ("kms.key_arn", settings.kms.key_arn),
        ("load_balancer.certificate_arn", settings.load_balancer.certificate_arn),
        ("load_balancer.web_acl_arn", settings.load_balancer.web_acl_arn),
    ):
        if arn and (error := arns.region_error(arn, region)):
            errors.add(path, error)
    _check_key(settings, errors, invoke)
    network = existing_network(settings, errors, invoke) if settings.vpc.exists else None
    found = Existing(
        network=network,
        database_login=_login(settings, errors, invoke),
        hosted_zone_id=_hosted_zone_id(settings, errors, invoke),
        addresses=existing_addresses(settings, network, errors, invoke),
        repository=_repository(settings, errors, invoke),
        logs_bucket_arn=_logs_bucket_arn(settings, region, errors, invoke),
        gate_client_secret=gate_client_secret(settings, errors, invoke),
        secret_references=secret_references(settings, errors, invoke),
    )
    if errors.found:
        raise UnusableError(errors.found)
    return found


def _check_key(settings: Settings, errors: Errors, invoke: pulumi.InvokeOptions) -> None:
    arn = settings.kms.key_arn
    if not arn:
        return
    key = errors.ask("kms.key_arn", lambda: aws.kms.get_key(key_id=arn, opts=invoke))
    if key is None:
        return
    if (
        not key.enabled
        or key.key_usage != "ENCRYPT_DECRYPT"
        or not key.customer_master_key_spec.startswith("SYM")
    ):
        errors.add(
            "kms.key_arn",
            f"must name an enabled symmetric key for encryption; {arn} is {key.key_state}, "
            f"{key.customer_master_key_spec}, for {key.key_usage}",
        )


def _login(settings: Settings, errors: Errors, invoke: pulumi.InvokeOptions) -> Login | None:
    arn = settings.database.secret_arn
    if not arn:
        return None
    version = errors.ask(
        "database.secret_arn", lambda: aws.secretsmanager.get_secret_version(secret_id=arn, opts=invoke)
    )
    if version is None:
        return None
    try:
        secret = json.loads(version.secret_string)
        user, password = str(secret["username"]), str(secret["password"])
    except (ValueError, KeyError, TypeError):
        errors.add(
            "database.secret_arn", f"must name a JSON of username and password; {arn} has another value"
        )
        return None
    return Login(user=user, password=pulumi.Output.secret(password))


def _hosted_zone_id(settings: Settings, errors: Errors, invoke: pulumi.InvokeOptions) -> str | None:
    balancer = settings.load_balancer
    if not balancer.makes_record:
        return None
    if not balancer.hosted_zone_id:
        return _zone_by_name(balancer.domain, errors, invoke)
    zone = errors.ask(
        "load_balancer.hosted_zone_id",
        lambda: aws.route53.get_zone(zone_id=balancer.hosted_zone_id, opts=invoke),
    )
    if zone is None:
        return None
    name = zone.name.rstrip(".")
    if zone.private_zone:
        errors.add(
            "load_balancer.hosted_zone_id",
            f"must name a public zone; {balancer.hosted_zone_id} ({name}) is private",
        )
    elif not f".{balancer.domain}".endswith(f".{name}"):
        errors.add("load_balancer.domain", f"must be in {name}, its hosted zone; got {balancer.domain}")
    return balancer.hosted_zone_id


def _zone_by_name(domain: str, errors: Errors, invoke: pulumi.InvokeOptions) -> str | None:
    labels = domain.split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    aside = Errors()
    for name in names:
        zone = aside.ask(
            "load_balancer.domain",
            lambda name=name: aws.route53.get_zone(name=name, private_zone=False, opts=invoke),
        )
        if zone is not None:
            return zone.zone_id
    errors.add(
        "load_balancer.domain",
        f"must be in a public Route 53 zone of this account; none is named {' or '.join(names)}. Set "
        f"{name_of('load_balancer.hosted_zone_id')}, or where DNS is elsewhere "
        f"{name_of('load_balancer.certificate_arn')}",
    )
    return None


def _repository(settings: Settings, errors: Errors, invoke: pulumi.InvokeOptions) -> Repository | None:
    name = settings.image.repository
    if not name:
        return None
    found = errors.ask("image.repository", lambda: aws.ecr.get_repository(name=name, opts=invoke))
    if found is None:
        return None
    return Repository(url=found.repository_url, arn=found.arn, registry_id=found.registry_id)


def _logs_bucket_arn(
    settings: Settings, region: str, errors: Errors, invoke: pulumi.InvokeOptions
) -> str | None:
    name = settings.logs.bucket
    if not name:
        return None
    found = errors.ask("logs.bucket", lambda: aws.s3.get_bucket(bucket=name, opts=invoke))
    if found is None:
        return None
    if found.bucket_region != region:
        errors.add("logs.bucket", f"must be in {region}; {name} is in {found.bucket_region}")
    return found.arn
