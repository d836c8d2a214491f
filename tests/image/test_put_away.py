"""How secrets leave the environment, and what is masked; without a server."""

import json
import os
from configparser import ConfigParser
from pathlib import Path

import pytest

from airflow_ecs_image import keys, masking
from airflow_ecs_image.errors import PermanentError

URL = "postgresql+psycopg://u:p%40ss%25word@h/d?sslmode=verify-full"
PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\nSM49AgEGCCqGSM49\n-----END PRIVATE KEY-----\n"
SECRETS = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL,
    "AIRFLOW__API_AUTH__JWT_SECRET": PEM,
    "AIRFLOW_ECS_ADMIN_PASSWORD": 'p"ss ',
}


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment with secrets, and folders for the files."""
    monkeypatch.setattr(keys, "FOLDER", tmp_path)
    base = tmp_path / "base.cfg"
    base.write_text("[core]\nload_examples = False\n[celery]\nextra = {'a': '100%%'}\n")
    return {**SECRETS, "AIRFLOW_CONFIG": str(base), "AIRFLOW_ECS_ROLE": "scheduler", "OWN": "1"}


def test_nothing_but_the_secrets_leaves_the_environment(given: dict[str, str]) -> None:
    """Airflow is told where its configuration is now."""
    assert keys.put_away(given) == {
        "AIRFLOW_CONFIG": str(keys.FOLDER / "airflow.cfg"),
        "AIRFLOW_ECS_ROLE": "scheduler",
        "OWN": "1",
    }


def test_airflow_reads_its_secrets_as_they_are(given: dict[str, str]) -> None:
    """As it reads a configuration file: with interpolation. What the file said before stands."""
    keys.put_away(given)
    found = ConfigParser()
    found.read(keys.FOLDER / "airflow.cfg")
    assert found["database"]["sql_alchemy_conn"] == URL
    assert found["api_auth"]["jwt_secret"] == PEM.strip()
    assert found["core"]["load_examples"] == "False"
    assert found["celery"]["extra"] == "{'a': '100%'}"
    assert set(found.sections()) == {"core", "celery", "database", "api_auth"}


def test_our_own_commands_find_all_that_was_given(given: dict[str, str]) -> None:
    """Health checks and one-off tasks; where there is no container, the process's own environment."""
    assert keys.environment() is os.environ
    keys.put_away(given)
    assert keys.environment() == given


def test_the_files_are_for_this_user_alone_and_can_be_written_again(given: dict[str, str]) -> None:
    """A container may start twice on one volume."""
    keys.put_away(given)
    keys.put_away({**given, "OWN": "2"})
    assert keys.environment()["OWN"] == "2"
    modes = {path.name: path.stat().st_mode & 0o777 for path in keys.FOLDER.iterdir()}
    assert modes == {"airflow.cfg": 0o400, "environment.json": 0o400, "base.cfg": 0o644}


def test_a_missing_folder_is_reported(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The container definition lacks the volume."""
    monkeypatch.setattr(keys, "FOLDER", keys.FOLDER / "none")
    with pytest.raises(PermanentError, match=r"environment.new: No such .* needs a volume at .*none"):
        keys.put_away(given)


@pytest.mark.parametrize(
    "text",
    [
        URL,
        URL.replace("%", "%%"),
        "p%40ss%25word",
        "p@ss%word",
        "SM49AgEGCCqGSM49",
        json.dumps(PEM)[1:-1],
        json.dumps(SECRETS["AIRFLOW_ECS_ADMIN_PASSWORD"])[1:-1],
    ],
)
def test_every_way_of_writing_a_secret_down_is_masked(text: str) -> None:
    """In a URL, in Airflow's configuration, in JSON; of a key each line, since logs come in lines."""
    assert text in masking.written(keys.given(SECRETS))


def test_the_frame_of_a_key_is_no_secret() -> None:
    """Else other keys' frames would be masked too."""
    assert "-----BEGIN PRIVATE KEY-----" not in masking.written([PEM])


def test_the_users_own_secrets_stay_in_the_environment_and_are_masked(given: dict[str, str]) -> None:
    """DAGs read them there; the program names them."""
    own = {**given, "DWH_PASSWORD": "hunter2/@:", keys.MASKED_VARIABLE: "DWH_PASSWORD GONE"}
    assert keys.put_away(own)["DWH_PASSWORD"] == "hunter2/@:"
    assert "hunter2/@:" in masking.written(keys.given(keys.environment()))
