"""What must hold between sections; names and paths begin in the whole cluster's settings."""

from typing import Any

from ..aws import subnets
from ..shown import without_logins
from . import broker_rules, environment_rules, runner_rules, service_rules, worker_group_rules
from .errors import Errors, at, name_of
from .load_balancer_settings import LoadBalancerSettings
from .sso_settings import SsoSettings
from .vpc_settings import Nat, VpcSettings

ZONE_COUNTS = range(2, 5)
"""Zones that subnets can be made in."""
DEFAULT_ZONE_COUNT = 2


def between_sections(settings: Any) -> Errors:
    """All rules between sections: those below, of services, worker groups, brokers, DAG sources."""
    balancer, network, zone_count = settings.load_balancer, settings.vpc, settings.availability_zone_count
    yield from data(protect_data=settings.protect_data, discard_data=settings.discard_data)
    yield from sign_in(settings.sso, balancer)
    yield from vpc(network, zone_count, settings.nat, balancer)
    yield from load_balancer(balancer, network, zone_count, settings.nat)
    yield from environment_rules.dag_source(
        settings.dag.source, settings.airflow_settings, settings.extra_secrets
    )
    yield from service_rules.counts(settings)
    yield from worker_group_rules.worker_groups(settings)
    yield from runner_rules.architectures(settings)
    yield from broker_rules.broker(settings)
    if settings.single_task:
        yield from service_rules.single_task(settings, settings.api_server)


def data(*, protect_data: bool, discard_data: bool) -> Errors:
    """What is locked is not thrown away."""
    if discard_data and protect_data:
        protect = name_of("protect_data")
        yield at(
            "discard_data", f"needs {protect} false; it is true. Set it, or remove {name_of('discard_data')}"
        )


def sign_in(sso: SsoSettings, load_balancer: LoadBalancerSettings) -> Errors:
    """An OpenID provider sends browsers back over TLS only."""
    if sso.issuer_url and not load_balancer.https:
        domain, certificate = name_of("load_balancer.domain"), name_of("load_balancer.certificate_arn")
        yield at(
            "sso.issuer_url",
            f"needs {domain} or {certificate}; both are empty, and a provider sends users back to https only."
            " Set one",
        )


def vpc(vpc: VpcSettings, zone_count: int, nat: Nat, load_balancer: LoadBalancerSettings) -> Errors:
    """The VPC has room for the subnets; an existing one names those that are needed."""
    if not vpc.exists:
        if zone_count in ZONE_COUNTS and (error := subnets.vpc_cidr_error(vpc.cidr, zone_count)):
            yield at("vpc.cidr", without_logins(error))
        return
    if zone_count != DEFAULT_ZONE_COUNT:
        yield at("availability_zone_count", "has no effect in an existing VPC: its subnets decide. Remove it")
    public = vpc.public_subnet_ids or vpc.public_subnet_tag
    if not public and (nat is Nat.NONE or not load_balancer.internal):
        tasks = f"the tasks ({name_of('nat')} is none)"
        user = tasks if nat is Nat.NONE else "a public load balancer"
        tag = name_of("vpc.public_subnet_tag")
        yield at("vpc.public_subnet_ids", f"or {tag} must be set for {user}; both are empty")


def load_balancer(settings: LoadBalancerSettings, vpc: VpcSettings, zone_count: int, nat: Nat) -> Errors:
    """What the load balancers need of a VPC that is made."""
    if vpc.exists:
        return
    ids = settings.nlb_allocation_ids
    if ids and len(ids) != zone_count:
        yield at(
            "load_balancer.nlb_allocation_ids",
            f"must hold one address for each zone, {name_of('availability_zone_count')} ({zone_count}); got "
            f"{len(ids)}",
        )
    if settings.oidc.issuer_url and settings.application_internal and nat is Nat.NONE:
        internal, nlb = name_of("load_balancer.internal"), name_of("load_balancer.nlb")
        yield at(
            "load_balancer.oidc.issuer_url",
            f"needs {name_of('nat')} single or perZone with {internal} or {nlb}: the load balancer calls "
            "the provider from the private subnets. Set it",
        )
