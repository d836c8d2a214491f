"""The migration as a value: what of a rotation it is given."""

from airflow_ecs_image import database_role
from components.model.services import migration
from components.model.settings.settings import DatabaseSettings, Settings


def _logins(*names: str) -> str | None:
    settings = Settings(database=DatabaseSettings(password_names=names))
    return migration.service(settings).environment.get(database_role.LOGINS_VARIABLE)


def test_it_gets_the_logins_of_a_rotation() -> None:
    """The image takes what is before `_` for the owner; without a rotation the URL has its only login."""
    assert _logins("1") is None
    assert _logins("2", "1") == "airflow_2 airflow"
    assert _logins("2") == "airflow_2"
