"""Of which regions the image can check the certificates that Amazon RDS shows.

RDS signs with root certificates of each region's own, and clients get them as a file:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
"""

import base64
import re
from typing import Final

from ..settings.database_settings import DatabaseSettings, SslMode
from ..settings.errors import SettingError, at, name_of

BUNDLE: Final = "docker/ca/rds-global-bundle.pem"
"""What docker/Dockerfile puts into the image, relative to the project."""
_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_ROOT: Final = re.compile(rb"Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d+) Root CA")
_RDS_HOST: Final = re.compile(r"[^.]+\.(?!proxy-)[^.]+\.([a-z0-9-]+)\.rds\.amazonaws\.com(\.cn)?")


def regions(pem: str) -> frozenset[str]:
    """Read from certificates, by their subject's common name, of which regions' RDS they are the root."""
    found = (_ROOT.findall(base64.b64decode(body)) for body in _CERTIFICATE.findall(pem))
    return frozenset(name.decode() for names in found for name in names)


def needed_region(settings: DatabaseSettings, region: str) -> str | None:
    """Give the region whose RDS signs the database's certificate; None where another authority does.

    An existing database's host name shows whether it is of RDS and where; RDS Proxy has a public certificate.
    """
    if settings.ssl_mode is not SslMode.VERIFY_FULL:
        return None
    if not settings.exists:
        return region
    named = _RDS_HOST.fullmatch(settings.host.lower())
    return named[1] if named else None


def error(settings: DatabaseSettings, region: str, trusted: frozenset[str]) -> SettingError | None:
    """Return an error if no task could connect to the database for want of a certificate, else None."""
    needed = needed_region(settings, region)
    if needed is None or needed in trusted:
        return None
    return at(
        "database.ssl_mode",
        f"verify-full needs the certificates of Amazon RDS in {needed}; {BUNDLE} has those of {len(trusted)} "
        "other regions. Run `make database-ca` where the network reaches AWS, or add them to the file that "
        f"{name_of('image.extra_ca_file')} names",
    )
