"""What counts as a secret: by the words of its name, and by the form of its value."""

import pytest

from components.model.settings.plaintext import is_secret
from components.model.settings.settings import Settings

HARMLESS = {
    "AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS": "True",
    "AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES": "iban,tax_id",
    "AIRFLOW__LOGGING__MIN_LENGTH_MASKED_SECRET": "3",
    "AIRFLOW__LOGGING__SECRET_MASK_ADAPTER": "company.masks.adapt",
    "GOOGLE_APPLICATION_CREDENTIALS": "/opt/airflow/run/google.json",
    "SNOWFLAKE_PRIVATE_KEY_PATH": "/opt/airflow/run/key.p8",
    "TOKENIZERS_PARALLELISM": "false",
    "OAUTH_TOKEN_URL": "https://example.com/oauth2/token",
    "DB_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
    "SECRET_NAME": "sales/db",
    "PASSWORD_POLICY": "strict",
    "API_URL": "https://example.com:8443/a@b",
}
SECRET = {
    "AIRFLOW__CELERY__BROKER_URL": "x",
    "AIRFLOW__CELERY__RESULT_BACKEND": "x",
    "AIRFLOW__CORE__FERNET_KEY": "x",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "x",
    "AIRFLOW__SENTRY__SENTRY_DSN": "x",
    "AIRFLOW__SMTP__SMTP_PASSWORD": "x",
    "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS": '{"a": 1}',
    "AIRFLOW_CONN_SALES": "x",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_SESSION_TOKEN": "x",
    "DBT_ENV_SECRET_GIT": "x",
    "GITHUB_TOKEN": "x",
    "OPENAI_API_KEY": "x",
    "PGPASSWD": "postgresql://u:x@h/d",
    "DATABASE_URL": "postgresql+psycopg://etl:made-up@db.example.com/sales",
    "ALERTS": "https://hooks.example.com/services/T0000/B0000/x",
    "SSH_KEY": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "SLACK_WEBHOOK": "x",
    "BASIC_AUTH": "x",
    "clientSecret": "x",
    "X-Auth": "x",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_sounds_like_a_secret_is_allowed(name: str) -> None:
    """A place, a name, a switch or a number may be in plaintext; settings take it."""
    assert not is_secret(name, HARMLESS[name])
    if name.startswith("AIRFLOW__"):
        Settings(airflow_settings={name: HARMLESS[name]})
    else:
        Settings(extra_environment={"all": {name: HARMLESS[name]}})


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_known_by_its_name_or_its_form(name: str) -> None:
    """Airflow's own sensitive options among them."""
    assert is_secret(name, SECRET[name])


@pytest.mark.parametrize("value", ["", None, True, False])
def test_what_holds_nothing_is_no_secret(value: object) -> None:
    """An empty password is Airflow's way to write that there is none."""
    assert not is_secret("password", value)
