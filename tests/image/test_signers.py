"""Who takes whose tokens: Airflow's own generators and validators, set up by the image's entrypoint.

What this does not prove: that Airflow asks these validators at each request; `test_services.py` sends some.
"""

import base64
import hmac
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from embedded_aws import images
from tests.image.cluster import ISSUER, address, jwt_private_key
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]

SCRIPTS = Path(__file__).parent / "scripts"
OLD, NEW, OTHER = jwt_private_key(), jwt_private_key(), jwt_private_key()
SIGNERS = ("scheduler", "execution-api", "api-server")


@dataclass
class Cluster:
    """Signs and verifies with some keys, as all components that have them do."""

    image: images.Image
    folder: Path
    runs: list[RunningService] = field(default_factory=list[RunningService])

    def run(
        self, keys: Sequence[str], tokens: Sequence[tuple[str, str]] = (), issuer: str = ISSUER
    ) -> tuple[dict[str, str], list[str]]:
        """Tokens by who signed them, and what became of the given ones."""
        number = len(self.runs)
        given = {
            **dict(entry.split("=", 1) for entry in self.image.config["Env"]),
            "AIRFLOW_ECS_SERVICE": "task",
            "AIRFLOW_ECS_JWT_PRIVATE_KEYS": "".join(keys),
            "AIRFLOW__API_AUTH__JWT_ISSUER": issuer,
            "PYTHONPATH": "/opt/airflow/lib:/tmp",
        }
        made = RunningService.make(
            self.image.root, self.folder / str(number), address(200 + number), given, ()
        )
        self.runs.append(made)
        shutil.copytree(SCRIPTS, made.folder / "tmp/scripts")
        (made.folder / "tmp/tokens").write_text(json.dumps(list(tokens)))
        code = made.run("bash", "-c", "python -m scripts.signers < /tmp/tokens")
        assert code == 0, made.text()
        (line,) = (line for line in made.text().splitlines() if line.startswith('{"signed"'))
        answer = json.loads(line)
        return answer["signed"], answer["verified"]


@pytest.fixture(scope="module")
def cluster(image: images.Image, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The image, without any server."""
    return Cluster(image, tmp_path_factory.mktemp("signers"))


@pytest.fixture(scope="module")
def signed(cluster: Cluster) -> dict[str, str]:
    """Tokens of a cluster with the old key."""
    return cluster.run([OLD])[0]


def test_each_component_takes_the_tokens_of_the_others(cluster: Cluster, signed: dict[str, str]) -> None:
    """The scheduler's for its tasks, the execution API's that replace them, the API server's for users."""
    assert tuple(signed) == SIGNERS
    assert cluster.run([OLD], list(signed.items()))[1] == [*SIGNERS]
    assert {_decoded(token.split(".")[0])["alg"] for token in signed.values()} == {"EdDSA"}


@pytest.mark.long
def test_a_rotation_refuses_no_token(cluster: Cluster, signed: dict[str, str]) -> None:
    """Trust the new key, sign with it, drop the old one: each step takes the tokens of the one before.

    Those that a scheduler signs while the API servers still run with the step before, too.
    """
    both, _ = cluster.run([OLD, NEW])
    changed, _ = cluster.run([NEW, OLD])
    last, of_both = cluster.run([NEW], [*both.items(), *changed.items()])
    one = [*SIGNERS]
    assert cluster.run([OLD], [*both.items()])[1] == one
    assert cluster.run([OLD, NEW], [*signed.items(), *changed.items()])[1] == one + one
    assert cluster.run([NEW, OLD], [*signed.items(), *both.items(), *last.items()])[1] == one + one + one
    assert of_both == ["refused: Kid did not match any validation keys"] * 3 + one


def test_another_clusters_token_is_refused(cluster: Cluster, signed: dict[str, str]) -> None:
    """By its issuer, even if both clusters had the same keys, which the program never gives two."""
    assert cluster.run([OLD], list(signed.items()), "another.internal")[1] == ["refused: Invalid issuer"] * 3


def test_a_forged_token_is_refused(cluster: Cluster, signed: dict[str, str]) -> None:
    """Whoever has the public half alone signs nothing, whatever algorithm the token names."""
    forgers: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
        "another key": ("EdDSA", _private(OTHER).sign),
        "no signature": ("none", lambda _: b""),
        **{
            f"HS512 with the public key as {form}": ("HS512", partial(_hs512, key))
            for form, key in _public_forms(OLD).items()
        },
    }
    forged = {
        (signer, name): _forged(token, algorithm, sign)
        for signer, token in signed.items()
        for name, (algorithm, sign) in forgers.items()
    }
    _, verdicts = cluster.run([OLD], [(signer, token) for (signer, _), token in forged.items()])
    found = dict(zip(forged, verdicts, strict=True))
    assert {verdict for (_, name), verdict in found.items() if name == "another key"} == {
        "refused: Signature verification failed"
    }
    assert {verdict for (_, name), verdict in found.items() if name != "another key"} == {
        "refused: The specified alg value is not allowed"
    }


def _forged(token: str, algorithm: str, sign: Callable[[bytes], bytes]) -> str:
    """The same claims and key id with another signature."""
    header, claims, _ = token.split(".")
    text = f"{_encoded(json.dumps({**_decoded(header), 'alg': algorithm}).encode())}.{claims}"
    return f"{text}.{_encoded(sign(text.encode()))}"


def _private(pem: str) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _public_forms(pem: str) -> dict[str, bytes]:
    key = _private(pem).public_key()
    return {
        "32 bytes": key.public_bytes_raw(),
        "PEM": key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        "x of the JWK": _encoded(key.public_bytes_raw()).encode(),
    }


def _hs512(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha512")


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(part: str) -> dict[str, str]:
    return json.loads(base64.urlsafe_b64decode(part + "=="))
