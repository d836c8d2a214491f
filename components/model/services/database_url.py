"""The metadata database's URL, with every part that comes from elsewhere percent-encoded."""

from .. import image_contract as image
from ..settings.database_settings import SslMode
from ..url_encoding import encoded


def database_url(*, user: str, password: str, host: str, port: int, name: str, ssl_mode: str) -> str:
    """Build the metadata database's URL; psycopg 3 takes it for synchronous and asynchronous use."""
    query = f"sslmode={ssl_mode}"
    if ssl_mode == SslMode.VERIFY_FULL:
        query += f"&sslrootcert={image.DATABASE_CA_FILE}"
    return f"postgresql+psycopg://{encoded(user)}:{encoded(password)}@{host}:{port}/{encoded(name)}?{query}"
