"""How secrets leave the environment, and what is masked; without a server."""

import base64
import json
import os
from configparser import ConfigParser
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from airflow_ecs_image import jwt_keys, masking, secret_files
from airflow_ecs_image.errors import PermanentError
from tests.image.cluster import jwt_private_key, pem

URL = "postgresql+psycopg://u:p%40ss%25word@h/d?sslmode=verify-full"
PEM, NEXT_PEM = jwt_private_key(), jwt_private_key()
SECRETS = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL,
    "AIRFLOW_ECS_JWT_PRIVATE_KEYS": PEM + NEXT_PEM,
    "AIRFLOW_ECS_ADMIN_PASSWORD": 'p"ss ',
}


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment with secrets, and folders for the files."""
    monkeypatch.setattr(secret_files, "FOLDER", tmp_path)
    base = tmp_path / "base.cfg"
    base.write_text("[core]\nload_examples = False\n[celery]\nextra = {'a': '100%%'}\n")
    return {**SECRETS, "AIRFLOW_CONFIG": str(base), "AIRFLOW_ECS_SERVICE": "scheduler", "OWN": "1"}


def test_nothing_but_the_secrets_leaves_the_environment(given: dict[str, str]) -> None:
    """Airflow is told where its configuration is now."""
    assert secret_files.move_to_files(given) == {
        "AIRFLOW_CONFIG": str(secret_files.FOLDER / "airflow.cfg"),
        "AIRFLOW_ECS_SERVICE": "scheduler",
        "OWN": "1",
    }


def test_airflow_reads_its_secrets_as_they_are(given: dict[str, str]) -> None:
    """As it reads a configuration file: with interpolation. What the file said before stands."""
    secret_files.move_to_files(given)
    found = ConfigParser()
    found.read(secret_files.FOLDER / "airflow.cfg")
    assert found["database"]["sql_alchemy_conn"] == URL
    assert found["core"]["load_examples"] == "False"
    assert found["celery"]["extra"] == "{'a': '100%'}"
    assert set(found.sections()) == {"core", "celery", "database", "api_auth"}


def test_the_first_key_signs_and_all_are_trusted(given: dict[str, str]) -> None:
    """Each public key has an id of its own, and the private one that Airflow finds belongs to the first."""
    secret_files.move_to_files(given)
    found = ConfigParser()
    found.read(secret_files.FOLDER / "airflow.cfg")
    trusted = json.loads((secret_files.FOLDER / "jwks.json").read_text())["keys"]
    assert dict(found["api_auth"]) == {
        "jwt_algorithm": "EdDSA",
        "jwt_kid": trusted[0]["kid"],
        "jwt_private_key_path": str(secret_files.FOLDER / "jwt-private-key.pem"),
        "trusted_jwks_url": str(secret_files.FOLDER / "jwks.json"),
    }
    assert (secret_files.FOLDER / "jwt-private-key.pem").read_text() == PEM
    assert trusted[0]["kid"] != trusted[1]["kid"]
    assert trusted[0].keys() == {"alg", "crv", "kid", "kty", "use", "x"}, "the private half is called d"


def test_a_public_key_is_the_one_of_the_standard() -> None:
    """Key and thumbprint of https://www.rfc-editor.org/rfc/rfc8037#appendix-A."""
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    private = pem(Ed25519PrivateKey.from_private_bytes(seed))
    (found,) = json.loads(jwt_keys.files({jwt_keys.VARIABLE: private})["jwks.json"])["keys"]
    assert found["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert found["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_who_has_no_key_of_the_tokens_gets_no_file_of_them(given: dict[str, str]) -> None:
    """Airflow looks for none."""
    secret_files.move_to_files({name: value for name, value in given.items() if name != jwt_keys.VARIABLE})
    assert {path.name for path in secret_files.FOLDER.iterdir()} == {
        "airflow.cfg",
        "base.cfg",
        "environment.json",
    }
    assert "api_auth" not in (secret_files.FOLDER / "airflow.cfg").read_text()


OTHER_KEYS = {
    "nothing": "",
    "the old secret": "hunter2" * 9,
    "damaged": PEM.replace("MC4C", "AAAA"),
    "RSA": pem(rsa.generate_private_key(65537, 2048)),
}


@pytest.mark.parametrize("kind", OTHER_KEYS)
def test_other_keys_are_refused_without_being_shown(given: dict[str, str], kind: str) -> None:
    """Before any file is written; a secret of another kind must not end in a log."""
    value = OTHER_KEYS[kind]
    with pytest.raises(
        PermanentError, match=r"JWT_PRIVATE_KEYS must hold private keys of Ed25519"
    ) as refused:
        secret_files.move_to_files({**given, jwt_keys.VARIABLE: PEM + value if kind == "RSA" else value})
    assert not {*value.splitlines()} & {*str(refused.value).split()}
    assert [path.name for path in secret_files.FOLDER.iterdir()] == ["base.cfg"]


def test_our_own_commands_find_all_that_was_given(given: dict[str, str]) -> None:
    """Health checks and one-off tasks; where there is no container, the process's own environment."""
    assert secret_files.environment() is os.environ
    secret_files.move_to_files(given)
    assert secret_files.environment() == given


def test_the_files_are_for_this_user_alone_and_can_be_written_again(given: dict[str, str]) -> None:
    """A container may start twice on one volume."""
    secret_files.move_to_files(given)
    secret_files.move_to_files({**given, "OWN": "2"})
    assert secret_files.environment()["OWN"] == "2"
    modes = {path.name: path.stat().st_mode & 0o777 for path in secret_files.FOLDER.iterdir()}
    own = dict.fromkeys(("airflow.cfg", "environment.json", "jwks.json", "jwt-private-key.pem"), 0o400)
    assert modes == {**own, "base.cfg": 0o644}


def test_a_missing_folder_is_reported(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The container definition lacks the volume."""
    monkeypatch.setattr(secret_files, "FOLDER", secret_files.FOLDER / "none")
    with pytest.raises(PermanentError, match=r"environment.new: No such .* needs a volume at .*none"):
        secret_files.move_to_files(given)


WAYS = {
    "a URL": URL,
    "a URL in Airflow's configuration": URL.replace("%", "%%"),
    "a password in a URL": "p%40ss%25word",
    "a password": "p@ss%word",
    "a line of a key": PEM.splitlines()[1],
    "a line of the next key": NEXT_PEM.splitlines()[1],
    "keys in JSON": json.dumps(PEM + NEXT_PEM)[1:-1],
    "a password in JSON": json.dumps(SECRETS["AIRFLOW_ECS_ADMIN_PASSWORD"])[1:-1],
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_a_secret_down_is_masked(way: str) -> None:
    """Of a key each line, since logs come in lines."""
    assert WAYS[way] in masking.written(secret_files.given(SECRETS))


def test_the_frame_of_a_key_is_no_secret() -> None:
    """Else other keys' frames would be masked too."""
    assert "-----BEGIN PRIVATE KEY-----" not in masking.written([PEM])


def test_the_users_own_secrets_stay_in_the_environment_and_are_masked(given: dict[str, str]) -> None:
    """DAGs read them there; the program names them."""
    own = {**given, "DWH_PASSWORD": "hunter2/@:", secret_files.MASKED_VARIABLE: "DWH_PASSWORD GONE"}
    assert secret_files.move_to_files(own)["DWH_PASSWORD"] == "hunter2/@:"
    assert "hunter2/@:" in masking.written(secret_files.given(secret_files.environment()))


def test_each_of_two_fernet_keys_is_masked() -> None:
    """Not only the setting that has both, with a comma between."""
    assert {"new", "former"} <= {*secret_files.given({secret_files.FERNET_VARIABLE: "new,former"})}
    assert [*secret_files.given({secret_files.FERNET_VARIABLE: "one"})] == ["one"]
