"""What terraform-provider-aws 6.x, which pulumi-aws 7 wraps, does otherwise than the 5.100 of this bridge.

Only where 5.100 is kinder: what the newer one refuses or leaves to AWS.
Source: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.engine.bridge import planning
from embedded_aws.engine.provider import ProviderError, is_array

if TYPE_CHECKING:
    from embedded_aws.engine.bridge.schema import Object

_SERVICE = "aws_ecs_service"
_STRATEGY = "capacity_provider_strategy"
_REBALANCING = "availability_zone_rebalancing"


def configuration(name: str, prior: dict[str, Any] | None, config: Any) -> Any:
    """Return a configuration with what is left to AWS, where 5.100 would send a default of its own.

    Unset, AWS rebalances a new service over the zones, and leaves one that is there as it is.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    """
    if name != _SERVICE or config is None or config.get(_REBALANCING) is not None:
        return config
    there = prior.get(_REBALANCING) if prior else None
    return config | {_REBALANCING: there or "ENABLED"}


def replacing(name: str, type_: Object, prior: Any, planned: Any, fields: set[str]) -> set[str]:
    """Return the fields that need a new resource.

    A service's strategy is changed in place, since 6.x; from and to none too, where 5.100 replaced.

    Raises:
        ProviderError: `capacityProviderStrategyCustomizeDiff` refuses.
    """
    if name != _SERVICE or prior is None or planned is None:
        return fields
    field = type_.fields[_STRATEGY]
    if planning.equal(field, _normalized(prior.get(_STRATEGY)), _normalized(planned.get(_STRATEGY))):
        return fields
    if planned.get("force_new_deployment") is not True:
        raise ProviderError(
            "force_new_deployment should be true when capacity_provider_strategy is being updated"
        )
    return fields - {_STRATEGY}


def _normalized(strategy: Any) -> Any:
    """Return a strategy in which a number that is not said is 0, as both providers have it."""
    items: list[dict[str, Any]] = strategy if is_array(strategy) else []
    return [item | {key: item.get(key) or 0 for key in ("base", "weight")} for item in items]
