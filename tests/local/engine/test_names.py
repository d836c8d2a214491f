"""Pulumi's names come from the SDK's own classes; where it has none, a rule makes them."""

from __future__ import annotations

import re

import pytest

from local.engine.bridge import names, sdk
from local.engine.provider import ProviderError


@pytest.mark.parametrize(
    ("field", "pulumi"),
    [
        ("load_balancer", "loadBalancers"),
        ("capacity_provider_strategy", "capacityProviderStrategies"),
        ("service_registries", "serviceRegistries"),
    ],
)
def test_a_list_has_the_form_that_the_sdk_has(field: str, pulumi: str) -> None:
    """Plurals are those of the SDK's own class."""
    service = sdk.resource("aws:ecs/service:Service")
    assert names.pulumi_name(field, many=True, sdk=service) == pulumi


def test_the_sdk_decides_where_two_plurals_are_possible() -> None:
    """No rule could know this one."""
    assert names.pulumi_name("alias", many=True, sdk={"aliases": list[str]}) == "aliases"
    assert names.pulumi_name("alias", many=True, sdk={"alias": list[str]}) == "alias"


@pytest.mark.parametrize(
    ("token", "type_"),
    [
        ("aws:ecs/service:Service", "aws_ecs_service"),
        ("aws:lb/loadBalancer:LoadBalancer", "aws_lb"),
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:rds/cluster:Cluster", "aws_rds_cluster"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws_s3_object"),
        ("aws:index/getRegion:getRegion", "aws_region"),
    ],
)
def test_a_token_leads_to_terraforms_type(token: str, type_: str) -> None:
    """By rule, by the module's other name, or by the table."""
    known = {"aws_ecs_service", "aws_lb", "aws_db_instance", "aws_rds_cluster", "aws_s3_object", "aws_region"}
    assert names.terraform_type(token, known) == type_


def test_a_type_that_the_provider_lacks_is_refused_with_what_was_tried() -> None:
    """The message shows where to add a rule."""
    with pytest.raises(ProviderError, match=r"aws:ecs/daemon:Daemon: .* none of aws_ecs_daemon, aws_daemon"):
        names.terraform_type("aws:ecs/daemon:Daemon", {"aws_ecs_service"})


@pytest.mark.parametrize(
    ("type_", "suffixed", "pattern"),
    [
        ("aws_lb", False, r"A{24}-1234567"),
        ("aws_s3_bucket", False, r"a{40}-1234567"),
        ("aws_kms_alias", False, r"alias/A{40}-1234567"),
        ("aws_sqs_queue", True, r"A{40}-1234567\.fifo"),
        ("aws_sqs_queue", False, r"A{40}-1234567"),
    ],
)
def test_a_made_up_name_fits_what_aws_takes(type_: str, pattern: str, *, suffixed: bool) -> None:
    """Too long names are cut, not refused by AWS."""
    naming = names.autoname(type_)
    name = naming.make("A" * 40, "1234567", suffixed=suffixed)
    assert re.fullmatch(pattern, name)
    assert len(name) <= naming.limit


def test_the_classes_of_functions_and_nested_objects_are_read() -> None:
    """As resources are."""
    assert {"accountId", "arn", "userId"} <= sdk.function(
        "aws:index/getCallerIdentity:getCallerIdentity"
    ).keys()
    service = sdk.resource("aws:ecs/service:Service")
    nested = sdk.nested(service["loadBalancers"])
    assert nested is not None
    assert "targetGroupArn" in nested
    assert sdk.nested(service["name"]) is None


def test_a_token_that_the_sdk_lacks_is_refused() -> None:
    """Another language's SDK may be newer than the installed one."""
    with pytest.raises(ProviderError, match=r"the installed pulumi_aws has no pulumi_aws\.ecs\.Nothing"):
        sdk.resource("aws:ecs/nothing:Nothing")
