"""The keys of Airflow's tokens, as files for Airflow: a private one that signs, public ones that are trusted.

Scheduler and both API servers sign, and the API servers verify too: these three have the keys, nobody else.
https://airflow.apache.org/docs/apache-airflow/stable/security/jwt_token_authentication.html
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from airflow_ecs_image.errors import PermanentError

VARIABLE = "AIRFLOW_ECS_JWT_PRIVATE_KEYS"
PEM_FILE = "jwt-private-key.pem"
JWKS_FILE = "jwks.json"
_PEM = re.compile(r"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----", re.DOTALL)


def files(environ: Mapping[str, str]) -> dict[str, str]:
    """What the files for Airflow hold, by name; none where the environment has no keys.

    Raises:
        PermanentError: what the environment has is not private keys of Ed25519.
    """
    if VARIABLE not in environ:
        return {}
    private = _private_keys(environ)
    return {PEM_FILE: private[0] + "\n", JWKS_FILE: json.dumps({"keys": [_public(key) for key in private]})}


def settings(written: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Airflow's settings for these files, as variables of the environment."""
    if not written:
        return {}
    return {
        # No other, whatever a token asks for: https://www.rfc-editor.org/rfc/rfc8725#section-3.1
        "AIRFLOW__API_AUTH__JWT_ALGORITHM": "EdDSA",
        "AIRFLOW__API_AUTH__JWT_KID": json.loads(written[JWKS_FILE])["keys"][0]["kid"],
        "AIRFLOW__API_AUTH__JWT_PRIVATE_KEY_PATH": str(folder / PEM_FILE),
        "AIRFLOW__API_AUTH__TRUSTED_JWKS_URL": str(folder / JWKS_FILE),
    }


def _private_keys(environ: Mapping[str, str]) -> list[str]:
    if found := _PEM.findall(environ[VARIABLE]):
        return found
    raise _error()


def _public(pem: str) -> dict[str, str]:
    """The public half as a JWK, known by its thumbprint: https://www.rfc-editor.org/rfc/rfc7638."""
    # Not at the top: health checks import this module too.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except ValueError:
        raise _error() from None
    if not isinstance(private, Ed25519PrivateKey):
        raise _error()
    key = {"crv": "Ed25519", "kty": "OKP", "x": _base64(private.public_key().public_bytes_raw())}
    thumbprint = hashlib.sha256(json.dumps(key, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {**key, "alg": "EdDSA", "kid": _base64(thumbprint), "use": "sig"}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _error() -> PermanentError:
    return PermanentError(
        f"{VARIABLE} must hold private keys of Ed25519 as PEM, the one that signs first. Give the container "
        "the secret that `pulumi up` stores"
    )
