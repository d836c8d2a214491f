"""The entrypoint's decisions, without a server."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from airflow_ecs_image import broker, database_role, entrypoint, secret_files
from airflow_ecs_image.errors import NotReadyError, PermanentError

URL = "postgresql+psycopg://u:p@h/d"
BROKER_URL = "rediss://:t@h:6379/0"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.pauses.append(seconds)


def failing(times: int) -> Callable[[], None]:
    """A probe that is not ready `times` times."""
    left = [times]

    def probe() -> None:
        if left[0]:
            left[0] -= 1
            raise NotReadyError("starting up")

    return probe


def wait(probe: Callable[[], None], seconds: float) -> tuple[Clock, list[str]]:
    """Wait on a clock of its own; (the clock, the lines said)."""
    clock, lines = Clock(), list[str]()
    entrypoint.wait("it", probe, seconds, log=lines.append, clock=lambda: clock.now, sleep=clock.sleep)
    return clock, lines


def test_pauses_double_up_to_ten_seconds() -> None:
    """A database that starts is found soon, a long outage is not hammered."""
    clock, lines = wait(failing(8), 300)
    assert clock.pauses == [0.5, 1, 2, 4, 8, 10, 10, 10]
    assert lines[0] == "waiting for it (0 of 300 s): starting up"


def test_waiting_ends_in_time_with_the_last_reason() -> None:
    """The limit is not passed by a pause."""
    with pytest.raises(NotReadyError, match=r"it was not ready within 20 s: starting up"):
        wait(failing(1000), 20)


def test_a_permanent_error_ends_waiting_at_once() -> None:
    """No pause, no line."""

    def probe() -> None:
        raise PermanentError("wrong")

    with pytest.raises(PermanentError, match="wrong"):
        wait(probe, 300)


@pytest.mark.parametrize(
    ("service", "names"),
    [
        ("scheduler", ["the metadata database"]),
        ("worker", ["the metadata database", "the broker"]),
        ("flower", ["the metadata database", "the broker"]),
        ("", ["the metadata database"]),
        ("lineage", ["the metadata database", "the broker"]),
    ],
)
def test_each_service_waits_for_what_it_uses(service: str, names: list[str]) -> None:
    """Only what the environment names; one that the image does not know waits for all of that."""
    given = {
        "AIRFLOW_ECS_SERVICE": service,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL,
        "AIRFLOW__CELERY__BROKER_URL": BROKER_URL,
    }
    assert [name for name, _ in entrypoint.probes(given)] == names


def test_other_brokers_are_left_to_celery() -> None:
    """Celery retries them itself."""
    given = {"AIRFLOW_ECS_SERVICE": "worker", "AIRFLOW__CELERY__BROKER_URL": "sqs://"}
    assert not list(entrypoint.probes(given))


def test_servers_bind_to_the_tasks_address_by_default() -> None:
    """The task definition wins."""
    bound = entrypoint.bound({"AIRFLOW__API__HOST": "0.0.0.0", "X": "1"}, "10.0.0.7")  # noqa: S104
    assert bound["AIRFLOW__API__HOST"] == "0.0.0.0"  # noqa: S104
    assert bound["AIRFLOW__CELERY__FLOWER_HOST"] == "10.0.0.7"
    assert bound["AIRFLOW_ECS_TASK_ADDRESS"] == "10.0.0.7"
    assert bound["X"] == "1"
    assert "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__CLIENT_NAME" not in bound


def test_a_workers_connections_carry_its_name() -> None:
    """Its health check finds them by it."""
    given = {"AIRFLOW_ECS_SERVICE": "worker", "AIRFLOW__CELERY__BROKER_URL": BROKER_URL}
    bound = entrypoint.bound(given, "10.0.0.7")
    name = bound["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__CLIENT_NAME"]
    assert name == broker.client_name("10.0.0.7")
    assert " " not in name


def test_outside_of_ecs_nothing_is_changed() -> None:
    """`docker run` has no metadata endpoint."""
    assert entrypoint.bound({"X": "1"}, None) == {"X": "1"}


@pytest.mark.parametrize("text", ["-1", "soon", "", "86401"])
def test_a_wrong_wait_is_refused(text: str) -> None:
    """With the variable, the rule and the value."""
    with pytest.raises(PermanentError, match=r"AIRFLOW_ECS_DATABASE_WAIT_SECONDS must be .*; got"):
        entrypoint.wait_seconds({"AIRFLOW_ECS_DATABASE_WAIT_SECONDS": text})


def test_a_service_without_its_secrets_is_refused_with_all_of_them() -> None:
    """Airflow would make keys of its own and fail later, elsewhere."""
    with pytest.raises(PermanentError, match=r"scheduler needs .*FERNET_KEY, .*JWT_PRIVATE_KEYS, .*which"):
        entrypoint.check(
            ["x"], {"AIRFLOW_ECS_SERVICE": "scheduler", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL}
        )


def test_an_indirect_setting_counts() -> None:
    """Airflow reads `_SECRET` and `_CMD` variables too."""
    entrypoint.check(
        ["sh"], {"AIRFLOW_ECS_SERVICE": "flower", "AIRFLOW__CELERY__BROKER_URL_SECRET": "broker"}
    )


def test_a_service_of_somebodys_own_needs_nothing_more() -> None:
    """The image does not know it, and takes it as its catalogue describes it."""
    entrypoint.check(["sh"], {"AIRFLOW_ECS_SERVICE": "lineage"})


@pytest.mark.parametrize(
    ("service", "migrated"),
    [("scheduler", True), ("maintenance", True), ("lineage", True), ("migration", False), ("", False)],
)
def test_a_service_starts_with_the_schema_of_its_image(
    service: str, monkeypatch: pytest.MonkeyPatch, *, migrated: bool
) -> None:
    """But for the migration, which brings it, and for who looks for what is wrong."""
    looked: list[bool] = []

    def metadata(_url: str, _environ: object, *, migrated: bool) -> None:
        looked.append(migrated)

    monkeypatch.setattr(entrypoint, "_metadata", metadata)
    given = {"AIRFLOW_ECS_SERVICE": service, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL}
    ((_, probe),) = entrypoint.probes(given)
    probe()
    assert looked == [migrated]


def test_the_migration_waits_with_the_master_users_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it has made Airflow's role, that of the URL could not connect."""
    ensured: list[tuple[str, str]] = []

    def ensure(url: str, master: str, _logins: Sequence[str]) -> None:
        ensured.append((url, master))

    monkeypatch.setattr(database_role, "ensure", ensure)
    given = {
        "AIRFLOW_ECS_SERVICE": "migration",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL,
        database_role.VARIABLE: "{}",
    }
    ((name, probe),) = entrypoint.probes(given)
    probe()
    assert (name, ensured) == ("the metadata database", [(URL, "{}")])


def test_the_master_users_credentials_end_with_the_entrypoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a file nor the environment of what it becomes has them."""
    executed: list[dict[str, str]] = []

    def ensure(_url: str, _master: str, _logins: Sequence[str]) -> None:
        """There is no server."""

    def become(_file: str, _argv: list[str], environ: dict[str, str]) -> None:
        executed.append(environ)

    monkeypatch.setattr(secret_files, "FOLDER", tmp_path)
    monkeypatch.setattr(database_role, "ensure", ensure)
    monkeypatch.setattr(os, "execvpe", become)
    configuration = tmp_path / "base.cfg"
    configuration.write_text("[core]\n")
    given = {
        "PATH": os.defpath,
        "AIRFLOW_CONFIG": str(configuration),
        "AIRFLOW_ECS_SERVICE": "migration",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": URL,
        database_role.VARIABLE: '{"username": "dbadmin", "password": "mastered"}',
    }
    entrypoint.main(["sh"], given)
    files = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert URL in files["environment.json"]
    assert "mastered" not in str(files)
    assert "mastered" not in str(executed)


def test_no_command_is_refused() -> None:
    """Before anything is waited for."""
    with pytest.raises(PermanentError, match="no command"):
        entrypoint.check([], {})


@pytest.mark.parametrize(
    ("argv", "environ", "code", "line"),
    [
        (["/no/such/program"], {}, 78, "cannot start: there is no program '/no/such/program' in the image"),
        (
            ["sh"],
            {"ECS_CONTAINER_METADATA_URI_V4": "http://127.0.0.1:1/v4"},
            75,
            "cannot start: GET http://127.0.0.1:1",
        ),
    ],
)
def test_main_ends_with_one_line_and_a_code(
    argv: list[str],
    environ: dict[str, str],
    code: int,
    line: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Code 78: starting again is of no use. 75: it may be."""
    with pytest.raises(SystemExit) as ended:
        entrypoint.main(argv, {"PATH": os.defpath, **environ})
    assert ended.value.code == code
    assert capfd.readouterr().err.startswith(f"entrypoint: {line}")
