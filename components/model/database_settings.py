"""The metadata database's settings."""

from dataclasses import dataclass
from enum import StrEnum

from .setting import between, matching, setting


class SslMode(StrEnum):
    """How much of the database's certificate is checked; less than these is refused.

    https://www.postgresql.org/docs/current/libpq-ssl.html
    """

    VERIFY_FULL = "verify-full"
    REQUIRE = "require"


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """The metadata database, RDS for PostgreSQL."""

    instance_class: str = setting(
        "db.t4g.small",
        "RDS instance class. A change restarts the database.",
        matching(r"db\.[a-z0-9]+\.[a-z0-9]+", "an RDS instance class such as db.t4g.small"),
    )
    engine_version: str = setting(
        "17",
        "Major version of PostgreSQL. A new one is an upgrade in place.",
        matching(r"1[4-8]", "14 to 18"),
    )
    storage_gib: int = setting(20, "Storage at the start, GiB.", between(20, 65536))
    max_storage_gib: int = setting(
        100,
        "Storage grows by itself up to this, GiB; as large as databaseStorageGib: never, else at least a "
        "tenth more.",
        between(20, 65536),
    )
    multi_az: bool = setting(
        default=False, doc="Keep a standby in a second zone and fail over to it by itself."
    )
    backup_days: int = setting(7, "Days that automatic backups are kept; 0 turns them off.", between(0, 35))
    ssl_mode: SslMode = setting(
        SslMode.VERIFY_FULL, "verify-full checks the database's certificate and name; require only encrypts."
    )

    def faults(self) -> list[str]:
        """Say what does not fit together."""
        storage, largest = self.storage_gib, self.max_storage_gib
        if largest == storage or largest * 10 >= storage * 11:
            return []
        rule = f"must be databaseStorageGib ({storage}) or at least a tenth more (a rule of AWS)"
        return [f"databaseMaxStorageGib {rule}; got {largest}"]
