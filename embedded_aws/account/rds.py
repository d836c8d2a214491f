# pyright: basic
# moto has no types for its backends.
"""RDS instances as real PostgreSQL servers, with TLS from the account's authority.

moto answers the API; an instance becomes `available` when its server answers. Its version is that of
Debian's PostgreSQL, whatever was asked for. A snapshot is a copy of the server's files. As on RDS,
the master user is no superuser, and the roles that RDS has are there.
Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.secretsmanager.models import secretsmanager_backends

from embedded_aws import programs
from embedded_aws.account import processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.rds.models import DBInstance

    from embedded_aws.account.account import Account

LOG = logging.getLogger(__name__)
_ADMIN = "rdsadmin"
_START_SECONDS = 60
_STOP_SECONDS = 10
_OWN_SETTINGS = {
    "unix_socket_directories": "",
    "ssl": "on",
    "synchronous_commit": "off",  # a machine that dies loses less than a second, and never the database
    "dynamic_shared_memory_type": "mmap",
}
_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8}
"""Memory of the small sizes of instance classes; `xlarge` has 16, and `12xlarge` twelve times as much."""
_DOUBLED = ("r", "x")
"""First letters of the families whose classes have twice as much memory."""
_USABLE_MEMORY = 0.75
"""Share of a class's memory that the system leaves (DBInstanceClassMemory), on the strict side."""
_BYTES_A_CONNECTION = 9_531_392
_MAX_CONNECTIONS = 5_000
_MASTER = """
CREATE ROLE rds_superuser;
CREATE ROLE rds_iam;
CREATE ROLE rds_password;
CREATE ROLE rds_replication;
GRANT rds_password, rds_replication TO rds_superuser WITH ADMIN OPTION;
GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_read_all_data, pg_write_all_data
  TO rds_superuser WITH ADMIN OPTION;
CREATE ROLE {user} LOGIN CREATEDB CREATEROLE PASSWORD {password} IN ROLE rds_superuser;
ALTER DATABASE postgres OWNER TO {user};
"""


def max_connections(instance_class: str) -> int:
    """Return RDS's default of max_connections for PostgreSQL on a class, such as `db.t4g.micro`.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections

    Raises:
        ValueError: its size is not known here.
    """
    family, size = instance_class.split(".")[1:3]
    gib = _GIB.get(size) or 16 * int(size.removesuffix("xlarge") or 1)
    gib *= 2 if family.startswith(_DOUBLED) else 1
    return min(int(gib * 2**30 * _USABLE_MEMORY) // _BYTES_A_CONNECTION, _MAX_CONNECTIONS)


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs."""
    postgres = programs.find("postgres")
    if postgres is None:
        raise RuntimeError(programs.not_installed("postgres"))
    return Path(postgres).parent


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What outlives a server: the administrator's password, address and name."""

    admin_password: str
    address: str
    name: str

    @classmethod
    def new(cls, account: Account, instance: DBInstance, admin_password: str = "") -> Saved:
        """Give a new server an address and a name, and a password unless its data has one."""
        return cls(
            admin_password=admin_password or secrets.token_hex(16),
            address=account.addresses.take(),
            name=f"{instance.db_instance_identifier}.{_of_account(instance)}.{instance.region}.rds.amazonaws.com",
        )


class Server:
    """The PostgreSQL server of one instance."""

    def __init__(self, account: Account, instance: DBInstance, saved: Saved | None = None) -> None:
        self._account, self._instance = account, instance
        self.folder = account.home / "rds" / f"{instance.region}-{instance.db_instance_identifier}"
        self._saved = saved or Saved.new(account, instance)
        self.address, self.name = self._saved.address, self._saved.name
        account.hosts_file.publish(instance.db_instance_arn, [(self.address, self.name)])
        self._certificate, self._key = account.authority.issue([self.name, self.address])
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    @property
    def _made(self) -> Path:
        """Is there when the server has all that a new instance has."""
        return self.folder / "made"

    @property
    def saved(self) -> Saved:
        """What it needs to serve the same data again."""
        return self._saved

    def resume(self) -> None:
        """Serve the data of before the account ended; an instance that was still being made is made again."""
        if not self._made.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.create()
        elif self._instance.status not in {"stopping", "stopped"}:
            self.start()

    def create(self) -> None:
        """Make the database cluster, start it, make the master user and its database."""
        self.folder.mkdir(parents=True, mode=0o700)

        def work() -> None:
            password_file = self.folder / "admin-password"
            password_file.touch(mode=0o600)
            password_file.write_text(self._saved.admin_password)
            self._tool(
                *(
                    "initdb",
                    "-D",
                    str(self.folder / "data"),
                    "--username",
                    _ADMIN,
                    "--pwfile",
                    str(password_file),
                ),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            )
            password_file.unlink()
            self._serve()
            user = _name(self._instance.master_username or "postgres")
            self._sql(_MASTER.format(user=user, password=_text(self._master_password())))
            if self._instance.db_name:
                self._sql(f"CREATE DATABASE {_name(self._instance.db_name)} OWNER {user};")
            self._made.touch()

        self._enter("creating", work, failure="failed")

    def restore(self, data: Path) -> None:
        """Serve a copy of a snapshot's files: its roles have the passwords that they had then."""
        self.folder.mkdir(parents=True, mode=0o700)

        def work() -> None:
            shutil.copytree(data, self.folder / "data")
            self._serve()
            self._made.touch()

        self._enter("creating", work, failure="failed")

    def back_up(self, data: Path, done: Callable[[], None], failed: Callable[[], None]) -> None:
        """Copy the files of the running server, which goes on serving.

        https://www.postgresql.org/docs/current/app-pgbasebackup.html

        Args:
            data: where to; it does not exist yet.
            done: called when they are there.
            failed: called when they will not be.
        """

        def work() -> None:
            copy = self.folder / "backup"
            shutil.rmtree(copy, ignore_errors=True)
            try:
                self._base_backup(copy)
                copy.rename(data)
            except Exception:
                failed()
                raise
            done()

        # What becomes of a snapshot does not change its instance.
        self._enter("backing-up", work, failure="available")

    def restart(self) -> None:
        """Stop and start again with the parameters of now."""

        def work() -> None:
            self._end()
            self._serve()

        self._enter("rebooting", work, failure="incompatible-parameters")

    def set_master_password(self) -> None:
        """Give the master user the password that the instance has now."""
        user = _name(self._instance.master_username or "postgres")
        work = f"ALTER ROLE {user} PASSWORD {_text(self._master_password())};"
        self._enter("resetting-master-credentials", lambda: self._sql(work), failure="failed")

    def start(self) -> None:
        """Start a stopped instance."""
        self._enter("starting", self._serve, failure="incompatible-parameters")

    def end(self) -> None:
        """End the server, its open transactions rolled back."""
        with self._turn:
            self._end()

    def leave(self, data: Path, *, deleted: bool) -> None:
        """End the server; its files, or a copy of them, become those of a snapshot."""
        self.end()
        if deleted:
            (self.folder / "data").rename(data)
        else:
            shutil.copytree(self.folder / "data", data)

    def forget(self) -> None:
        """End the server and remove its data, address and name."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._account.hosts_file.publish(self._instance.db_instance_arn, [])
        self._account.addresses.release(self.address)

    def _enter(self, status: str, work: Any, failure: str) -> None:
        """Do `work` in a thread; the instance has `status` meanwhile, then `available` or `failure`."""
        self._instance.status = status

        def run() -> None:
            with self._turn:
                try:
                    work()
                    self._instance.status = "available"
                except Exception:
                    LOG.exception("database %s", self._instance.db_instance_identifier)
                    self._instance.status = failure

        threading.Thread(target=run, name=f"rds-{self._instance.db_instance_identifier}", daemon=True).start()

    def _serve(self) -> None:
        connections = max_connections(self._instance.db_instance_class)
        settings = _OWN_SETTINGS | {"max_connections": str(connections)} | self._parameters()
        settings |= {
            "listen_addresses": self.address,
            "port": str(self._instance.port),
            "ssl_cert_file": str(self._certificate),
            "ssl_key_file": str(self._key),
        }
        data = self.folder / "data"
        kind = "hostssl" if self._force_ssl() else "host"
        # The first word for databases means all of them, but not replication, which a backup is.
        replication = f"hostssl replication {_ADMIN} 0.0.0.0/0 scram-sha-256"
        (data / "pg_hba.conf").write_text(f"{kind} all all 0.0.0.0/0 scram-sha-256\n{replication}\n")
        (data / "postgresql.auto.conf").write_text(
            "".join(f"{name} = {_text(value)}\n" for name, value in settings.items())
        )
        self._process = processes.spawn_server(
            "rds",
            [str(_programs() / "postgres"), "-D", str(data)],
            folder=self.folder,
            readable=[self._certificate.parent],
            log=self.folder / "postgresql.log",
        )
        self._await()

    def _await(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        ready = [str(_programs() / "pg_isready"), "-q", "-h", self.address, "-p", str(self._instance.port)]
        while subprocess.run(ready, check=False).returncode != 0:
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = (self.folder / "postgresql.log").read_text(errors="replace")[-1500:]
                raise RuntimeError(f"PostgreSQL does not answer on {self.address}:\n{tail}")
            time.sleep(0.05)

    def _end(self) -> None:
        if self._process is not None:
            processes.end(self._process, _STOP_SECONDS, signal.SIGINT)
            self._process = None

    def _base_backup(self, folder: Path) -> None:
        """Write what the server has into a folder, with the log that makes it consistent."""
        connection = f"host={self.address} port={self._instance.port} user={_ADMIN} sslmode=require"
        self._tool(
            *("pg_basebackup", "--pgdata", str(folder), "--wal-method", "stream", "--checkpoint", "fast"),
            *("--no-sync", "--dbname", connection),
            password=self._saved.admin_password,
        )

    def _tool(self, name: str, *arguments: str, password: str = "") -> None:
        command = processes.server_command(
            "rds", [str(_programs() / name), *arguments], folder=self.folder, readable=[]
        )
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        if password:
            environment["PGPASSWORD"] = password
        with (self.folder / "tools.log").open("ab") as log:
            process = processes.spawn(command, environment=environment, output=log)
            if process.wait() != 0:
                raise RuntimeError(
                    f"{name} failed: {(self.folder / 'tools.log').read_text(errors='replace')[-1500:]}"
                )

    def _sql(self, statements: str) -> None:
        environment = {
            "PATH": "/usr/bin:/bin",
            "PGPASSWORD": self._saved.admin_password,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self._account.authority.path),
        }
        address = ["-h", self.address, "-p", str(self._instance.port), "-U", _ADMIN, "-d", "postgres"]
        subprocess.run(
            [str(_programs() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *address, "-f", "-"],
            input=statements,
            text=True,
            env=environment,
            check=True,
            capture_output=True,
        )

    def _master_password(self) -> str:
        if not self._instance.manage_master_user_password:
            return self._instance._master_user_password or ""  # noqa: SLF001 - moto tells it to nobody
        backend = secretsmanager_backends[self._instance.account_id][self._instance.region]
        secret = backend.get_secret_value(self._instance.master_user_secret.secret_arn, "", "AWSCURRENT")
        return json.loads(secret["SecretString"])["password"]

    def _group_parameters(self) -> dict[str, str]:
        group = self._instance.backend.db_parameter_groups.get(self._instance.db_parameter_group_name or "")
        parameters = group.parameters.items() if group else ()
        return {name: str(p["ParameterValue"]) for name, p in parameters if "ParameterValue" in p}

    def _parameters(self) -> dict[str, str]:
        """Return the parameter group's settings that are PostgreSQL's own and no formula."""
        return {
            name: value
            for name, value in self._group_parameters().items()
            if not name.startswith("rds.") and "{" not in value
        }

    def _force_ssl(self) -> bool:
        """Whether plaintext is refused: the default from PostgreSQL 15 on."""
        major = str(self._instance.engine_version).split(".")[0]
        default = "1" if major.isdecimal() and int(major) >= 15 else "0"  # noqa: PLR2004 - a version
        return self._group_parameters().get("rds.force_ssl", default) == "1"


def _of_account(instance: DBInstance) -> str:
    """Return what all endpoints of one account and region have in common: a name comes back with its owner.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.html
    """
    owner = f"{instance.account_id} {instance.region}"
    return f"c{hashlib.sha256(owner.encode()).hexdigest()[:11]}"


def _name(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _text(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
