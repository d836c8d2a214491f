"""Pulumi's names come from the SDK's own classes; where it has none, a rule makes them."""

from __future__ import annotations

import re

import pytest

from embedded_aws.engine.bridge import names, sdk
from embedded_aws.engine.provider import ProviderError


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
def test_a_token_maps_to_terraforms_type(token: str, type_: str) -> None:
    """By rule, by the module's other name, or by the table."""
    known = {"aws_ecs_service", "aws_lb", "aws_db_instance", "aws_rds_cluster", "aws_s3_object", "aws_region"}
    assert names.terraform_type(token, known) == type_


def test_a_type_that_the_provider_lacks_is_refused_with_what_was_tried() -> None:
    """The message shows where to add a rule."""
    with pytest.raises(ProviderError, match=r"aws:ecs/daemon:Daemon: .* none of aws_ecs_daemon, aws_daemon"):
        names.terraform_type("aws:ecs/daemon:Daemon", {"aws_ecs_service"})


@pytest.mark.conformance(
    operation="bridge:names",
    says="A name that Pulumi makes up is as long as the resource allows, and an error beyond.",
    source="https://github.com/pulumi/pulumi-terraform-bridge/blob/master/pkg/tfbridge/info/autonaming.go",
)
@pytest.mark.parametrize(
    ("type_", "length", "suffixed", "pattern"),
    [
        ("aws_lb", 24, False, r"A{24}-1234567"),
        ("aws_s3_bucket", 55, False, r"a{55}-1234567"),
        ("aws_kms_alias", 40, False, r"alias/A{40}-1234567"),
        ("aws_sqs_queue", 67, True, r"A{67}-1234567\.fifo"),
        ("aws_sqs_queue", 72, False, r"A{72}-1234567"),
    ],
)
def test_a_name_is_made_up_as_long_as_it_fits(
    type_: str, length: int, pattern: str, *, suffixed: bool
) -> None:
    """One character more, and it would be refused."""
    naming = names.autoname(type_)
    assert re.fullmatch(pattern, naming.make("aws:t:T", "A" * length, "1234567", suffixed=suffixed))
    longest = naming.limit - len(naming.prefix) - len("-1234567") - len(naming.suffix) * suffixed
    with pytest.raises(ProviderError):
        naming.make("aws:t:T", "A" * (longest + 1), "1234567", suffixed=suffixed)


@pytest.mark.conformance(
    operation="bridge:names",
    says="A name is never cut off: a logical name without room for the random part is an error.",
    source="https://github.com/pulumi/pulumi-terraform-bridge/blob/master/pkg/tfbridge/info/autonaming.go",
)
def test_a_name_without_room_is_refused_in_the_official_bridges_words() -> None:
    """Nothing is cut off: a preview on this engine stops where one on the official engine does."""
    with pytest.raises(ProviderError) as refused:
        names.autoname("aws_lb_target_group").make(
            "aws:lb/targetGroup:TargetGroup", "airflow-staging-api-server", "1234567"
        )
    assert str(refused.value) == (
        "could not make instance of 'aws:lb/targetGroup:TargetGroup': name 'airflow-staging-api-server-' "
        "plus 7 random chars is longer than maximum length 32"
    )


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
