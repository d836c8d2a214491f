"""Where the cluster's secrets are in a container: in files that its user may read, and in no environment.

ECS can hand secrets over as environment variables only. There every process of the same user reads them, in
/proc as well, tasks inherit them, and `env` prints them. So the entrypoint takes them out: Airflow finds its
own in a copy of airflow.cfg and in files that it names, the image's commands find all in a copy of the whole
environment.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

import json
import os
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from io import StringIO
from pathlib import Path

from airflow_ecs_image import jwt_keys
from airflow_ecs_image.errors import PermanentError

FOLDER = Path("/opt/airflow/run")
CONFIGURATION = "airflow.cfg"
ENVIRONMENT = "environment.json"
MASKED_VARIABLE = "AIRFLOW_ECS_MASKED"
"""Names the user's own variables that hold secrets: they stay where they are."""
FERNET_VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
"""During a rotation it holds several keys, with commas between."""
VARIABLES = (
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__CELERY__BROKER_URL",
    "AIRFLOW__CELERY__FLOWER_BASIC_AUTH",
    FERNET_VARIABLE,
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW_ECS_ADMIN_PASSWORD",
    jwt_keys.VARIABLE,
    "AIRFLOW_ECS_SSO_CLIENT_SECRET",
)
"""What the program hands over as a secret (`VARIABLES` in `components/model/secrets.py`)."""


def move_to_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Write the files; the environment without the secrets, in which Airflow finds its configuration.

    Raises:
        PermanentError: the folder cannot be written to, the configuration cannot be read, or the tokens' keys
            are none.
    """
    token_files = jwt_keys.files(environ)
    secrets = {name: environ[name] for name in VARIABLES if name in environ}
    base = Path(environ.get("AIRFLOW_CONFIG", "/opt/airflow/config/airflow.cfg"))
    try:
        _write(FOLDER / ENVIRONMENT, json.dumps(dict(environ)))
        for name, text in token_files.items():
            _write(FOLDER / name, text)
        settings = {**secrets, **jwt_keys.settings(token_files, FOLDER)}
        _write(FOLDER / CONFIGURATION, _configuration(base.read_text(), settings))
    except OSError as error:
        raise PermanentError(
            f"{error.filename}: {error.strerror}. The container needs a volume at {FOLDER} that its user may "
            "write to, and the image's airflow.cfg"
        ) from None
    rest = {name: value for name, value in environ.items() if name not in secrets}
    return {**rest, "AIRFLOW_CONFIG": str(FOLDER / CONFIGURATION)}


def environment() -> Mapping[str, str]:
    """The environment that the container was given, secrets included; this process's own outside of one."""
    try:
        return json.loads((FOLDER / ENVIRONMENT).read_text())
    except FileNotFoundError:
        return os.environ


def given(environ: Mapping[str, str]) -> Iterator[str]:
    """The secrets' values in an environment, those of the user's own included, and each of several keys."""
    names = (*VARIABLES, *environ.get(MASKED_VARIABLE, "").split())
    yield from (environ[name] for name in names if environ.get(name))
    if "," in (keys := environ.get(FERNET_VARIABLE, "")):
        yield from keys.split(",")


def _configuration(base: str, settings: Mapping[str, str]) -> str:
    """Airflow's configuration with those variables that are settings of Airflow in their sections."""
    parser = ConfigParser(interpolation=None)
    parser.read_string(base)
    for name, value in settings.items():
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__", 2)
            if not parser.has_section(section):
                parser.add_section(section)
            # Airflow reads the file with interpolation, a variable of the environment without.
            parser.set(section, option, value.replace("%", "%%"))
    text = StringIO()
    parser.write(text)
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    """Write a file for this user alone, in one step: a container may start twice on one volume."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
