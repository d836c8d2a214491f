"""A real PostgreSQL and a real Redis, TLS only, each in a sandbox on a loopback address of its own."""

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from redis import Redis

from embedded_aws import sandbox
from tests.image.certificates import Authority

SERVER_USER = 65534  # nobody: initdb wants a user that has a name, and not root
START_SECONDS = 120
PASSWORD = "p@ss:w/o#r%d?$x"  # every character that a URL or Airflow's own expansion could trip over
MASTER = "dbadmin"
MASTER_SECRET = json.dumps({"username": MASTER, "password": PASSWORD})
"""As RDS writes it into Secrets Manager."""
TOKEN = "t0ken-of-the-broker"


@dataclass(frozen=True)
class Server:
    """A running server; `stop` ends it for good, as its data is scratch."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path
    argv: list[str] = field(default_factory=list[str])

    def signal(self, number: int) -> None:
        """Send a signal to the server itself, not to its sandbox."""
        main = sandbox.main_process(self.process.pid)
        if main is None:
            raise RuntimeError(f"the server ended: {self.log.read_text()}")
        os.kill(main, number)

    def again(self) -> "Server":
        """Start it once more, after it was stopped, with what it has on its disk."""
        return replace(self, process=run(self.argv, self.log.parent, self.log))

    def stop(self) -> None:
        """Kill it and wait."""
        self.process.kill()
        self.process.wait()


def run(argv: list[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a program in a sandbox with `folder` writable at /srv."""
    command = sandbox.command(
        argv,
        root=None,
        mounts=[sandbox.Mount(source=folder, target="/srv")],
        read_only_root=True,
        uid=SERVER_USER,
        gid=SERVER_USER,
        workdir="/srv",
        hostname="server",
    )
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, env={"PATH": "/usr/bin:/bin"})


def postgresql_program(name: str) -> str:
    """The newest installed PostgreSQL's program."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    return str(found[-1])


def postgresql(folder: Path, address: str, authority: Authority) -> Server:
    """A PostgreSQL that refuses connections without TLS, with a master user as RDS has, who is no superuser.

    The role `airflow` can log in and do no more, until a migration makes it the owner of the database.
    """
    folder.mkdir()
    authority.issue(address, folder)
    log = folder / "log"
    (folder / "password").write_text(PASSWORD)
    initialise = [postgresql_program("initdb"), "-D", "/srv/data", "-U", "rds", "--no-sync"]
    initialise += ["--auth=scram-sha-256", "--pwfile=/srv/password", "--encoding=UTF8", "--locale=C.UTF-8"]
    if run(initialise, folder, log).wait() != 0:
        raise RuntimeError(log.read_text())
    (folder / "data/pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
    settings = {
        "listen_addresses": address,
        "unix_socket_directories": "",
        "ssl": "on",
        "ssl_cert_file": "/srv/server.pem",
        "ssl_key_file": "/srv/server.key",
        "fsync": "off",
        "max_connections": "200",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    process = run([postgresql_program("postgres"), "-D", "/srv/data", *options], folder, log)
    server = Server(address, process, log)
    with _administrator(server) as connection:
        connection.execute("CREATE ROLE rds_superuser")
        connection.execute(
            f"CREATE ROLE {MASTER} LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}' IN ROLE rds_superuser"
        )
        connection.execute(f"CREATE DATABASE airflow OWNER {MASTER}")
        connection.execute(f"SET ROLE {MASTER}")
        connection.execute(f"CREATE ROLE airflow LOGIN PASSWORD '{PASSWORD}'")
    return server


def redis(folder: Path, address: str, authority: Authority) -> Server:
    """A Redis with TLS and a token, as ElastiCache with transit encryption and AUTH."""
    folder.mkdir()
    certificate, key = authority.issue(address, folder)
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("redis-server is not installed: apt-get install redis-server")
    settings = {
        "bind": address,
        "port": "0",
        "tls-port": "6379",
        "tls-cert-file": f"/srv/{certificate.name}",
        "tls-key-file": f"/srv/{key.name}",
        "tls-auth-clients": "no",
        "requirepass": TOKEN,
        "save": "",
        "dir": "/srv",
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    argv = [program, *options]
    return Server(address, run(argv, folder, folder / "log"), folder / "log", argv)


def metadata_url(
    server: Server, *, user: str = "airflow", password: str = PASSWORD, database: str = "airflow"
) -> str:
    """The URL as the program writes it into its secret."""
    tls = "sslmode=verify-full&sslrootcert=/opt/airflow/certs/database.pem"
    return f"postgresql+psycopg://{user}:{quote(password, safe='')}@{server.address}:5432/{database}?{tls}"


def broker_url(server: Server, token: str = TOKEN) -> str:
    """The URL as the program writes it into its secret."""
    tls = "ssl_cert_reqs=required&ssl_ca_certs=/opt/airflow/certs/broker.pem"
    return f"rediss://:{token}@{server.address}:6379/0?{tls}"


def redis_client(server: Server, ca: Path) -> Any:
    """A client for a test to look with; its own types leave much open."""
    return Redis(server.address, 6379, password=TOKEN, ssl=True, ssl_ca_certs=str(ca))


def connect(
    server: Server, user: str = "airflow", dbname: str = "airflow", password: str = PASSWORD
) -> psycopg.Connection:
    """A connection for a test to look with."""
    return psycopg.connect(
        host=server.address,
        user=user,
        password=password,
        dbname=dbname,
        autocommit=True,
    )


def _administrator(server: Server) -> psycopg.Connection:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return connect(server, "rds", "postgres")
        except psycopg.OperationalError:
            if time.monotonic() > deadline or server.process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {server.log.read_text()}") from None
            time.sleep(0.1)
