"""What provider 6.x refuses of a service, the bridge to 5.100 refuses too."""

from __future__ import annotations

from typing import Any

import pytest

from embedded_aws.engine.bridge import newer
from embedded_aws.engine.bridge.schema import object_of
from embedded_aws.engine.provider import ProviderError
from tests.embedded_aws.engine.schemas import SET, attribute, block, nested

SERVICE = object_of(
    block(
        attribute("availability_zone_rebalancing"),
        attribute("force_new_deployment", "bool"),
        nested(
            "capacity_provider_strategy",
            block(attribute("capacity_provider"), attribute("base", "number"), attribute("weight", "number")),
            nesting=SET,
        ),
    ),
    None,
)
STRATEGY = "capacity_provider_strategy"
NONE: list[dict[str, Any]] = []
ON_DEMAND, SPOT = [{"capacity_provider": "FARGATE"}], [{"capacity_provider": "FARGATE_SPOT"}]


def _replacing(before: list[dict[str, Any]], after: list[dict[str, Any]], *, force: bool | None) -> set[str]:
    prior = SERVICE.empty() | {STRATEGY: before}
    planned = SERVICE.empty() | {STRATEGY: after, "force_new_deployment": force}
    return newer.replacing("aws_ecs_service", SERVICE, prior, planned, {STRATEGY, "name"})


@pytest.mark.conformance(
    operation="bridge:aws_ecs_service",
    says="Another capacity provider strategy needs `force_new_deployment`.",
    source="https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go",
)
@pytest.mark.parametrize(("before", "after"), [(ON_DEMAND, SPOT), (SPOT, NONE), (NONE, SPOT)])
@pytest.mark.parametrize("force", [None, False])
def test_another_strategy_needs_a_forced_deployment(
    before: list[dict[str, Any]], after: list[dict[str, Any]], *, force: bool | None
) -> None:
    """5.100 replaced the service."""
    with pytest.raises(
        ProviderError,
        match=r"^force_new_deployment should be true when capacity_provider_strategy is being updated$",
    ):
        _replacing(before, after, force=force)


@pytest.mark.conformance(
    operation="bridge:aws_ecs_service",
    says="With `force_new_deployment` the strategy changes in place.",
    source="https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go",
)
@pytest.mark.parametrize(("before", "after"), [(ON_DEMAND, SPOT), (SPOT, NONE), (NONE, SPOT)])
def test_with_one_it_is_changed_in_place(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """And what else needs a new service still does."""
    assert _replacing(before, after, force=True) == {"name"}


def test_the_same_strategy_needs_nothing() -> None:
    """Nor does a service that is made, or goes."""
    assert _replacing(SPOT, SPOT, force=False) == {STRATEGY, "name"}
    assert _replacing([SPOT[0] | {"base": 0}], SPOT, force=False) == {STRATEGY, "name"}
    for prior, planned in ((None, SERVICE.empty()), (SERVICE.empty(), None)):
        assert newer.replacing("aws_ecs_service", SERVICE, prior, planned, {"name"}) == {"name"}


@pytest.mark.conformance(
    operation="bridge:aws_ecs_service",
    says="`availability_zone_rebalancing` that is not set is left to AWS, which enables it.",
    source="https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go",
)
@pytest.mark.parametrize(
    ("prior", "given", "sent"),
    [
        (None, None, "ENABLED"),
        (None, "DISABLED", "DISABLED"),
        ({"availability_zone_rebalancing": "DISABLED"}, None, "DISABLED"),
    ],
)
def test_balance_over_the_zones_is_left_to_aws(
    prior: dict[str, Any] | None, given: str | None, sent: str
) -> None:
    """Which enables it for a new service; 5.100 disabled it."""
    config = SERVICE.empty() | {"availability_zone_rebalancing": given}
    found = newer.configuration("aws_ecs_service", prior, config)
    assert found["availability_zone_rebalancing"] == sent


def test_other_resources_are_as_they_are() -> None:
    """And so is a deletion."""
    assert newer.configuration("aws_lb", None, {"name": "a"}) == {"name": "a"}
    assert newer.configuration("aws_ecs_service", {"name": "a"}, None) is None
