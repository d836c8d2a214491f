"""The metadata database's settings."""

from dataclasses import dataclass
from enum import StrEnum

from ..secrets import FIRST_NAME
from .errors import Errors, at, name_of
from .rules import between, each, matching, names, one_of, secret_arn
from .setting import Section, changed, setting

OF_AN_INSTANCE = (
    "instance_class",
    "engine_version",
    "storage_gib",
    "max_storage_gib",
    "multi_az",
    "backup_days",
    "monitoring_seconds",
    "insights",
    "snapshot_identifier",
    "allowed_security_group_ids",
    "password_names",
)
OF_AN_EXISTING_DATABASE = ("port", "name", "secret_arn")


class SslMode(StrEnum):
    """How much of the database's certificate is checked; less than these is refused.

    https://www.postgresql.org/docs/current/libpq-ssl.html
    """

    VERIFY_FULL = "verify-full"
    REQUIRE = "require"


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings(Section):
    """The metadata database: RDS for PostgreSQL, made, or an existing PostgreSQL."""

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
    monitoring_seconds: int = setting(
        0,
        "Sampling interval of the database's operating system metrics, seconds (RDS Enhanced Monitoring, "
        "whose log costs); 0: off.",
        one_of(0, 1, 5, 10, 15, 30, 60),
    )
    insights: bool = setting(
        default=False, doc="Keep 7 days of load by query (RDS Performance Insights, free that long)."
    )
    snapshot_identifier: str = setting(
        "",
        "RDS snapshot that the database is made from, as `airflow-ecs restore` sets it. Keep it: a change, "
        "also to none, replaces the database. Empty: a new database.",
        matching(r"[A-Za-z](-?[A-Za-z0-9]){0,254}|", "an identifier of a snapshot: letters, digits, hyphens"),
    )
    fernet_key_secret_arn: str = setting(
        "",
        "ARN of an existing secret with the Fernet keys of restored data, which decrypt next to the cluster's "
        "own, as `airflow-ecs restore` sets it. Remove it after `airflow-ecs rotate fernet`. Empty: none.",
        secret_arn,
    )
    ssl_mode: SslMode = setting(
        SslMode.VERIFY_FULL, "verify-full checks the database's certificate and name; require only encrypts."
    )

    allowed_security_group_ids: tuple[str, ...] = setting(
        (),
        "Security groups that may connect to the database in addition to the cluster's own, such as a "
        "reporting tool's.",
        each(r"sg-[0-9a-f]+", "ids of security groups, sg-..."),
    )
    password_names: tuple[str, ...] = setting(
        (FIRST_NAME,),
        "Names of the passwords with which Airflow connects to its RDS instance, 1 or 2: services use the "
        "first, and the database accepts both. A new name makes a new password, and one that is removed ends "
        "the sessions that began with it. `airflow-ecs rotate` changes them (docs/rotation.md).",
        names(2),
    )
    host: str = setting(
        "",
        "Host of an existing PostgreSQL to use; it must speak TLS, and its network must allow a security "
        "group of taskSecurityGroupIds. Empty: an RDS instance is created.",
        matching(r"([A-Za-z0-9][A-Za-z0-9.-]*)?", "a host name"),
    )
    port: int = setting(5432, "Port of the existing PostgreSQL.", between(1, 65535))
    name: str = setting(
        "airflow",
        "Name of the database on the existing PostgreSQL; its owner is the secret's user.",
        matching(r"[A-Za-z_][A-Za-z0-9_]{0,50}", "1 to 51 of A-Z a-z 0-9 _, no digit first"),
    )
    secret_arn: str = setting(
        "",
        "ARN of the Secrets Manager secret with `username` and `password` of the existing database, as RDS "
        "writes it. After a rotation run `pulumi up`.",
        secret_arn,
    )

    @property
    def exists(self) -> bool:
        """Whether an existing database is used."""
        return bool(self.host)

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        host, storage = name_of("host"), name_of("storage_gib")
        if self.exists:
            for (name,) in changed(self, OF_AN_INSTANCE):
                yield at(name, f"has no effect on an existing database ({host}). Remove it")
            if not self.secret_arn:
                yield at("secret_arn", f"must be set with {host}; it is empty")
            return
        for (name,) in changed(self, OF_AN_EXISTING_DATABASE):
            yield at(name, f"needs {host}. Set it, or remove {name_of(name)}")
        if self.storage_gib != self.max_storage_gib and self.max_storage_gib * 10 < self.storage_gib * 11:
            rule = f"must be {storage} ({self.storage_gib}) or at least a tenth more (a rule of AWS)"
            yield at("max_storage_gib", f"{rule}; got {self.max_storage_gib}")
