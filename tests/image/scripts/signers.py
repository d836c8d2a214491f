# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Airflow's own code: a token of each component that signs, and who takes those that standard input holds."""

import json
import sys
from typing import Any

from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
from airflow.api_fastapi.execution_api import app
from airflow.executors.base_executor import BaseExecutor
from jwt import InvalidTokenError
from scripts.executor import print_json

SIGNERS = {
    "scheduler": BaseExecutor().jwt_generator,
    "execution-api": app._jwt_generator(),
    "api-server": BaseAuthManager._get_token_signer(),
}
VERIFIERS = {
    "scheduler": app._jwt_validator(),
    "execution-api": app._jwt_validator(),
    "api-server": BaseAuthManager._get_token_validator(),
}
"""By the component that has signed."""


def verified(signer: str, token: str) -> str:
    """Who the token is for, or why it is refused."""
    try:
        claims: dict[str, Any] = VERIFIERS[signer].validated_claims(token)
    except InvalidTokenError as error:
        return f"refused: {error}"
    return claims["sub"]


print_json(
    {
        "signed": {name: generator.generate({"sub": name}) for name, generator in SIGNERS.items()},
        "verified": [verified(signer, token) for signer, token in json.load(sys.stdin)],
    }
)
