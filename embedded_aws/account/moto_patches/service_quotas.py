# pyright: basic
# moto has no types for its handlers.
"""Service Quotas of Fargate, which moto does not know; of an account whose quotas were raised.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html#service-quotas-fargate
"""

from __future__ import annotations

import json
from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

_RAISED = 4000.0
_DEFAULT = 6.0
_FARGATE = {
    "L-3032A538": "Fargate On-Demand vCPU resource count",
    "L-36FBB829": "Fargate Spot vCPU resource count",
}


def install() -> None:
    """Add the quotas, and the action that gives the default of one."""
    get_service_quota = ServiceQuotasBackend.get_service_quota

    def get(self: ServiceQuotasBackend, service_code: str, quota_code: str) -> dict[str, Any]:
        if service_code == "fargate" and quota_code in _FARGATE:
            return _fargate(quota_code, _RAISED, f"{self.region_name}:{self.account_id}")
        return get_service_quota(self, service_code, quota_code)

    def get_default(self: ServiceQuotasResponse) -> str:
        asked = json.loads(self.body)
        if asked["ServiceCode"] == "fargate" and asked["QuotaCode"] in _FARGATE:
            return json.dumps({"Quota": _fargate(asked["QuotaCode"], _DEFAULT, f"{self.region}:")})
        return json.dumps(
            {"Quota": get_service_quota(self.backend, asked["ServiceCode"], asked["QuotaCode"])}
        )

    setattr(ServiceQuotasBackend, "get_service_quota", get)  # noqa: B010 - untyped
    setattr(ServiceQuotasResponse, "get_aws_default_service_quota", get_default)  # noqa: B010 - untyped


def _fargate(code: str, value: float, place: str) -> dict[str, Any]:
    return {
        "ServiceCode": "fargate",
        "ServiceName": "AWS Fargate",
        "QuotaArn": f"arn:aws:servicequotas:{place}:fargate/{code}",
        "QuotaCode": code,
        "QuotaName": _FARGATE[code],
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
