"""What docs/hardening.md says of Airflow's settings, read by the image's Airflow."""

import json
from pathlib import Path

import pytest

from components.model.services import airflow_env
from components.model.settings import airflow_keys
from embedded_aws import images
from tests.components.model.samples import ENDPOINTS, LOCAL, member
from tests.helpers import hardening_page
from tests.image.cluster import address, jwt_private_key
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]

READ = """
import json, sys
from airflow.configuration import conf
values = [conf.get(section, option) or "" for section, option in json.loads(sys.argv[1])]
former = [[*new, *old[:2]] for new, old in conf.deprecated_options.items()]
print(json.dumps([values, former]))
"""
COLUMN = """
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import PickleType
print(isinstance(TaskInstance.__table__.c.executor_config.type, PickleType))
"""


def answer(image: images.Image, folder: Path, *argv: str) -> str:
    """The last line of a Python program in an API server's container, which the entrypoint has prepared."""
    given = {
        **dict(entry.split("=", 1) for entry in image.config["Env"]),
        **airflow_env.environment(LOCAL, member(LOCAL, "api-server"), ENDPOINTS),
        "AIRFLOW_ECS_JWT_PRIVATE_KEYS": jwt_private_key(),
        # No API server: there is no database.
        "AIRFLOW_ECS_SERVICE": "task",
    }
    made = RunningService.make(image.root, folder / "api-server", address(220), given, ())
    assert made.run("python", "-c", *argv) == 0, made.text()
    return made.last_line()


def test_airflow_reads_these_settings(image: images.Image, tmp_path: Path) -> None:
    """Each setting of its table, which Airflow and its providers must know: Airflow fails for any other.

    A former name of a reserved setting is reserved as well.
    """
    page = hardening_page.settings()
    found, former = json.loads(answer(image, tmp_path, READ, json.dumps([*page])))
    assert dict(zip(page, found, strict=True)) == page
    reserved = {
        f"AIRFLOW__{old_section}__{old_option}".upper()
        for section, option, old_section, old_option in former
        if airflow_keys.owned(f"AIRFLOW__{section}__{option}".upper())
    }
    assert reserved == airflow_keys.DEPRECATED


def test_airflow_still_unpickles_a_column(image: images.Image, tmp_path: Path) -> None:
    """Once it does not, SECURITY.md may say less of who has the database."""
    assert answer(image, tmp_path, COLUMN) == "True"
