"""Connection URLs, with every part that comes from elsewhere percent-encoded."""

from urllib.parse import quote

from .. import image_contract as image
from ..settings.settings import SslMode


def database(*, user: str, password: str, host: str, port: int, name: str, ssl_mode: str) -> str:
    """Build the metadata database's URL; psycopg 3 takes it for synchronous and asynchronous use.

    `$` and `~` never stand in it unencoded: Airflow expands both in what it reads from the environment.
    """
    query = f"sslmode={ssl_mode}"
    if ssl_mode == SslMode.VERIFY_FULL:
        query += f"&sslrootcert={image.DATABASE_CA_FILE}"
    return (
        f"postgresql+psycopg://{_encoded(user)}:{_encoded(password)}@{host}:{port}/{_encoded(name)}?{query}"
    )


def broker(*, token: str, host: str, port: int) -> str:
    """Build the broker's URL: Redis' protocol over TLS, the certificate checked."""
    query = f"ssl_cert_reqs=required&ssl_ca_certs={image.BROKER_CA_FILE}"
    return f"rediss://:{_encoded(token)}@{host}:{port}/0?{query}"


def _encoded(text: str) -> str:
    return quote(text, safe="").replace("~", "%7E")
