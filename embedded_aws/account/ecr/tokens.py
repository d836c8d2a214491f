# pyright: basic
# moto has no types for its responses.
"""The registry's passwords: random ones for each start of the account, where moto's can be guessed.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

_VALID = timedelta(hours=12)


def install() -> None:
    """Mend moto in this process."""
    key = secrets.token_bytes(32)

    def get_authorization_token(self: ECRResponse) -> ActionResult:
        registries = self._get_param("registryIds") or [self.current_account]
        return ActionResult({"authorizationData": [_token(key, one, self.region) for one in registries]})

    responses: Any = ECRResponse
    responses.get_authorization_token = get_authorization_token


def _token(key: bytes, registry_id: str, region: str) -> dict[str, Any]:
    password = hmac.digest(key, f"{registry_id} {region}".encode(), "sha256").hex()
    return {
        "authorizationToken": base64.b64encode(f"AWS:{password}".encode()).decode(),
        "expiresAt": datetime.now(UTC) + _VALID,
        "proxyEndpoint": f"https://{registry_id}.dkr.ecr.{region}.amazonaws.com",
    }
