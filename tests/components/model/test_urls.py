"""Connection URLs, read back as SQLAlchemy, redis-py and Airflow read them."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from components.model.brokers import redis
from components.model.services.database_url import database_url
from components.model.settings.database_settings import SslMode

ANYTHING = st.text(min_size=1)
HARD = "p@ss:w/o?r#d&%41+$HOME~ é\"'\\"


def _database(password: str, *, user: str = "airflow", name: str = "airflow") -> str:
    return database_url(
        user=user, password=password, host="db.example", port=5432, name=name, ssl_mode=SslMode.VERIFY_FULL
    )


@given(user=ANYTHING, password=ANYTHING, name=ANYTHING)
def test_any_user_password_and_database_come_back(user: str, password: str, name: str) -> None:
    """Every part stands in the URL so that a reader finds it again, whatever it holds."""
    found = urlsplit(_database(password, user=user, name=name))
    assert (unquote(found.username or ""), unquote(found.password or "")) == (user, password)
    assert (found.hostname, found.port, unquote(found.path)) == ("db.example", 5432, f"/{name}")


@given(password=ANYTHING)
def test_nothing_is_left_for_airflow_to_expand(password: str) -> None:
    """Airflow expands `$` and `~` in its environment, and a `%` that begins no code breaks its parser."""
    for url in (_database(password), redis.url(token=password, host="broker.example", port=6379)):
        assert not set("$~ ") & set(url)
        assert not re.search(r"%(?![0-9A-F]{2})", url)


@given(token=ANYTHING)
def test_the_broker_url_holds_any_token_in_full(token: str) -> None:
    """The broker's token is the password of nobody, in database 0, over TLS with a checked certificate."""
    found = urlsplit(redis.url(token=token, host="broker.example", port=6379))
    assert (found.scheme, found.username, unquote(found.password or "")) == ("rediss", "", token)
    assert (found.hostname, found.port, found.path) == ("broker.example", 6379, "/0")
    assert parse_qs(found.query) == {
        "ssl_cert_reqs": ["required"],
        "ssl_ca_certs": ["/opt/airflow/certs/broker.pem"],
    }


def test_a_hard_password_in_full() -> None:
    """What the properties say, to be seen once."""
    assert _database(HARD) == (
        "postgresql+psycopg://airflow:p%40ss%3Aw%2Fo%3Fr%23d%26%2541%2B%24HOME%7E%20%C3%A9%22%27%5C"
        "@db.example:5432/airflow?sslmode=verify-full&sslrootcert=/opt/airflow/certs/database.pem"
    )


def test_only_verify_full_names_a_certificate_authority() -> None:
    """With `require` libpq would check the authority too if it were named."""
    url = database_url(user="a", password="b", host="h", port=1, name="n", ssl_mode=SslMode.REQUIRE)
    assert url == "postgresql+psycopg://a:b@h:1/n?sslmode=require"
