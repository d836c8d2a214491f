"""`airflow-ecs rotate`: the steps, where it goes on after an interruption, and what it waits for.

Not proved: that Airflow, PostgreSQL and AWS accept both values meanwhile. Each `up` is played here; the drill
`rotation` runs them.
"""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli import former_tasks, one_off, rotation
from cli.cluster import Cluster
from cli.errors import UsageError
from cli.rotation import ROTATIONS, Names, following, rotate
from cli.stack import Stack
from cli.token_lifetime import token_lifetime
from components.model import image_contract as image
from components.model.secrets import Secret
from tests.cli import pulumi
from tests.cli.deployed import GROUPS, NAMES, REGION, SECRET, Deployed
from tests.helpers.interrupts import interrupt_pauses

FERNET, JWT, API = "fernetKeyNames", "jwtKeyNames", "apiSecretKeyName"
OUTPUTS = {"cluster_name": "air", "service_names": NAMES, "log_groups": GROUPS}
RANDOM = "random:index/randomBytes:RandomBytes"


class StoppedError(Exception):
    """An `up` that ended before it was done."""


class Rotating:
    """A stack in whose place `change` deploys.

    Attributes:
        values: its file.
        history: its updates, the newest first.
        ups: what was deployed, in order.
        dropped: which resources might go with it.
        commands: what one-off tasks ran.
        written: the lines for the operator.
        rotated_masters: changes of the RDS instance.
        broken: how many of the next updates fail.
        running: tasks with a former value.
    """

    name = "dev"

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.values: dict[str, str] = {}
        self.history: list[dict[str, Any]] = []
        self.ups: list[str | Sequence[str] | None] = []
        self.dropped: list[Sequence[str]] = []
        self.commands: list[Sequence[str]] = []
        self.written: list[str] = []
        self.running: list[str] = []
        self.outputs: dict[str, Any] = {
            "secret_arns": dict.fromkeys(Secret, "arn"),
            "database_endpoint": "db.rds:5432",
        }
        self.rotated_masters: list[dict[str, Any]] = []
        self.broken, self.code = 0, 0
        self.update()
        monkeypatch.setattr(rotation, "change", self._change)
        monkeypatch.setattr(rotation.cluster, "opened", self._opened)
        monkeypatch.setattr(one_off, "run", self._run)
        monkeypatch.setattr(former_tasks, "find", self._find)
        monkeypatch.setattr(rotation, "token_lifetime", self._token_lifetime)

    def setting(self, key: str) -> str:
        """Give a setting as it stands in the file."""
        return self.values.get(key, "")

    def updates(self) -> list[dict[str, Any]]:
        """List its updates."""
        return self.history

    @property
    def deployed(self) -> list[dict[str, str]]:
        """List generated values that are there."""
        names = (
            *("fernet-key", "fernet-key-2", "jwt-private-key-1", "jwt-private-key-2", "api-secret-key"),
            *("broker-token", "broker-token-2", "database-owner-password", "database-owner-password-2"),
        )
        return [{"type": RANDOM, "urn": f"urn:pulumi:dev::x::{RANDOM}::air-dev-{name}"} for name in names]

    def update(self, result: str = "succeeded", *, hours_ago: float = 0) -> None:
        """Add an update with what the file says."""
        ended = datetime.now(UTC) - timedelta(hours=hours_ago)
        config = {f"x:{key}": {"value": value, "secret": False} for key, value in self.values.items()}
        one = {"kind": "update", "result": result, "endTime": ended.isoformat(), "config": config}
        self.history.insert(0, one)

    def rotate(self, kind: str, *, leaked: bool = False) -> rotation.Outcome:
        """Rotate a secret, with steps that wait for nothing."""
        stack: Any = self
        return rotate(stack, kind, leaked=leaked, wait_seconds=0, write=self.written.append)

    def _change(
        self,
        _stack: Any,
        _what: str,
        values: Mapping[str, Any],
        *,
        wait_seconds: float,
        dropped: Sequence[str],
    ) -> str:
        assert wait_seconds >= 0
        for key, value in values.items():
            self.values[key] = value if isinstance(value, str) else json.dumps(value)
            self.ups.append(value)
        self.dropped.append(dropped)
        if self.broken:
            self.broken -= 1
            self.update("failed")
            raise StoppedError
        self.update()
        return "Commit it"

    def _find(self, *_: Any) -> list[str]:
        return self.running

    def _token_lifetime(self, *_: Any) -> timedelta:
        return timedelta(hours=24)

    @contextmanager
    def _opened(self, *_: Any) -> Generator["Rotating"]:
        yield self

    def services(self) -> list[dict[str, int]]:
        """Describe its services."""
        return [{"desiredCount": 1}]

    def database(self, host: str) -> dict[str, str]:
        """Describe its RDS instance."""
        assert host == "db.rds"
        return {"DBInstanceIdentifier": "air-db"}

    def client(self, service: str) -> Any:
        """Return itself in the place of RDS."""
        assert service == "rds"
        return self

    def modify_db_instance(self, **parameters: Any) -> None:
        """Note down a change of the instance."""
        self.rotated_masters.append(parameters)

    def require_awake(self, services: list[dict[str, int]]) -> None:
        """Find it awake."""
        assert services

    def _run(self, _cluster: Any, command: Sequence[str], _write: Any) -> tuple[str, int]:
        self.commands.append(command)
        return "task", self.code


@pytest.fixture
def stack_(monkeypatch: pytest.MonkeyPatch) -> Rotating:
    """A stack that no rotation has changed yet."""
    return Rotating(monkeypatch)


@pytest.mark.parametrize(
    ("names", "after"),
    [(("1",), ("1", "2")), (("1", "2"), ("2", "1")), (("2", "1"), ("2",)), (("9", "10"), ("10", "9"))],
)
def test_two_values_are_valid_for_a_while(names: Names, after: Names) -> None:
    """Known to all before one uses it, used by all before the other one goes."""
    assert following(names, ROTATIONS["jwt"]) == after


@pytest.mark.parametrize("kind", ["broker", "database"])
def test_a_server_that_takes_two_values_needs_no_first_step(kind: str) -> None:
    """It accepts the new one before a service uses it."""
    steps: list[Names] = [("1",)]
    while len(steps) == 1 or len(steps[-1]) > 1:
        steps.append(following(steps[-1], ROTATIONS[kind]))
    assert steps == [("1",), ("2", "1"), ("2",)]


def test_names_of_somebodys_own_are_older_than_numbers() -> None:
    """So a stack that has such a name can be rotated too."""
    assert following(("blue",), ROTATIONS["jwt"]) == ("blue", "1")
    assert following(("blue", "1"), ROTATIONS["jwt"]) == ("1", "blue")
    assert following(("blue",), ROTATIONS["api"]) == ("1",)


@pytest.mark.parametrize("names", [("blue", "green"), ("1", "2", "3")])
def test_a_rotation_by_hand_is_finished_by_hand(names: Names) -> None:
    """Nobody knows which one is the newest."""
    with pytest.raises(UsageError, match="Finish by hand"):
        following(names, ROTATIONS["jwt"])


def test_the_fernet_key_is_rotated_in_one_command(stack_: Rotating) -> None:
    """Everything is encrypted again while both keys are there, and only the former one may go."""
    done = stack_.rotate("fernet")
    assert (done.names, done.waits_for, done.advice) == (("2",), "", "Commit it")
    assert stack_.ups == [["1", "2"], ["2", "1"], ["2"]]
    assert stack_.commands == [image.ROTATE_FERNET_KEY_COMMAND]
    assert [*map(list, stack_.dropped)] == [[], [], ["air-dev-fernet-key"]]
    assert stack_.written == [
        "fernet: step 1 of 3: services get 2 too, and still use 1",
        "fernet: step 2 of 3: 2 is used, and 1 is still accepted",
        "fernet: step 3 of 3: 2 alone is accepted",
    ]


@pytest.mark.parametrize("step", [0, 1, 2])
def test_an_interrupted_rotation_goes_on_where_it_was(stack_: Rotating, step: int) -> None:
    """The step that failed is deployed again, then come the others; none is begun twice."""
    if step:
        stack_.values[FERNET] = '["1","2"]' if step == 1 else '["2","1"]'
        stack_.update()
    stack_.broken = 1
    with pytest.raises(StoppedError):
        stack_.rotate("fernet")
    first = stack_.ups[-1]
    stack_.ups.clear()
    assert stack_.rotate("fernet").names == ("2",)
    assert stack_.ups[0] == first
    assert stack_.ups == [["1", "2"], ["2", "1"], ["2"]][step:]
    assert len(stack_.commands) == 1


def test_a_killed_update_has_no_entry_in_the_history(stack_: Rotating) -> None:
    """The file is one step ahead of it: the step is deployed."""
    stack_.values[FERNET] = '["1","2"]'
    stack_.rotate("fernet")
    assert stack_.ups == [["1", "2"], ["2", "1"], ["2"]]


def test_a_complete_rotation_is_followed_by_another_one(stack_: Rotating) -> None:
    """With a new name: a name that is used again would be of another value."""
    stack_.rotate("fernet")
    stack_.ups.clear()
    assert stack_.rotate("fernet").names == ("3",)
    assert stack_.ups == [["2", "3"], ["3", "2"], ["3"]]


def test_a_file_from_before_the_rotation_is_refused(stack_: Rotating) -> None:
    """It would take the rotation back, or delete the key in use."""
    stack_.values[FERNET] = '["2","1"]'
    stack_.update()
    del stack_.values[FERNET]
    with pytest.raises(
        UsageError, match=r"fernetKeyNames of stack dev is 1 in its file, but .* deployed 2, 1"
    ):
        stack_.rotate("fernet")
    assert stack_.ups == []


def test_what_cannot_be_decrypted_ends_the_rotation(stack_: Rotating) -> None:
    """Both keys stay."""
    stack_.code = 1
    with pytest.raises(SystemExit, match="not everything is encrypted with the new key, and both stay"):
        stack_.rotate("fernet")
    assert stack_.ups == [["1", "2"], ["2", "1"]]


def test_a_task_with_the_former_key_holds_the_rotation_up(stack_: Rotating) -> None:
    """Such as a scheduler that finishes its tasks: it knows neither key that comes later."""
    stack_.running = ["air-scheduler/abc"]
    done = stack_.rotate("fernet")
    assert done.names == ("1", "2")
    assert done.waits_for.endswith("until their Airflow tasks have ended: air-scheduler/abc")
    stack_.running = []
    assert stack_.rotate("fernet").names == ("2",)


def test_tokens_of_the_former_key_outlive_the_rotation(stack_: Rotating) -> None:
    """It is dropped when the last one has expired, counted from the update that stopped its use."""
    done = stack_.rotate("jwt")
    assert done.names == ("2", "1")
    assert "tokens of the former key are valid until " in done.waits_for
    assert stack_.ups == [["1", "2"], ["2", "1"]]
    assert stack_.rotate("jwt").names == ("2", "1"), "still"
    assert len(stack_.ups) == 2
    stack_.history.clear()
    stack_.update(hours_ago=25)
    stack_.values["workerCount"] = "2"
    stack_.update(hours_ago=1)
    assert stack_.rotate("jwt").names == ("2",)
    assert stack_.dropped[-1] == ["air-dev-jwt-private-key-1"]


def test_a_later_update_with_other_names_begins_the_wait_again(stack_: Rotating) -> None:
    """Whatever the last one of them was: meanwhile somebody may have signed with the former key."""
    stack_.values[JWT] = '["2","1"]'
    stack_.update(hours_ago=50)
    stack_.values[JWT] = '["1","2"]'
    stack_.update("failed", hours_ago=30)
    stack_.values[JWT] = '["2","1"]'
    stack_.update(hours_ago=2)
    assert stack_.rotate("jwt").waits_for


@pytest.mark.parametrize("text", ["", '["1","2"]', '["2","1"]'])
def test_a_leaked_key_goes_at_once(stack_: Rotating, text: str) -> None:
    """In one update, at whichever step."""
    if text:
        stack_.values[JWT] = text
        stack_.update()
    stack_.running = ["air-scheduler/abc"]
    assert stack_.rotate("jwt", leaked=True).names == ("2",)
    assert stack_.ups == [["2"]]


def test_a_leaked_keys_rotation_goes_on_too(stack_: Rotating) -> None:
    """After an `up` that failed, and after one that was killed."""
    stack_.values[JWT] = '["2"]'
    assert stack_.rotate("jwt", leaked=True).names == ("2",)
    stack_.update("failed")
    assert stack_.rotate("jwt").names == ("2",)
    assert stack_.ups == [["2"], ["2"]]


@pytest.mark.parametrize(
    ("kind", "gone"), [("broker", "air-dev-broker-token"), ("database", "air-dev-database-owner-password")]
)
def test_broker_and_database_are_rotated_in_two_steps(stack_: Rotating, kind: str, gone: str) -> None:
    """The former value goes when no task runs that connects with it, as a worker that finishes its tasks."""
    stack_.running = ["air-worker/abc"]
    done = stack_.rotate(kind)
    assert (done.names, bool(done.waits_for)) == (("2", "1"), True)
    stack_.running = []
    assert stack_.rotate(kind).names == ("2",)
    assert stack_.ups == [["2", "1"], ["2"]]
    assert [*map(list, stack_.dropped)] == [[], [gone]]
    assert stack_.written[0] == f"{kind}: step 1 of 2: 2 is used, and 1 is still accepted"
    assert f"{kind}: step 2 of 2: 2 alone is accepted" in stack_.written
    master = {
        "DBInstanceIdentifier": "air-db",
        "RotateMasterUserPassword": True,
        "ApplyImmediately": True,
    }
    assert stack_.rotated_masters == ([master] if kind == "database" else [])


@pytest.mark.parametrize("kind", ["broker", "database"])
def test_after_a_leak_nobody_waits_for_tasks(stack_: Rotating, kind: str) -> None:
    """Both steps one after the other: ElastiCache drops a token only after it has another one."""
    stack_.running = ["air-worker/abc"]
    assert stack_.rotate(kind, leaked=True).names == ("2",)
    assert stack_.ups == [["2", "1"], ["2"]]


def test_what_the_stack_does_not_have_is_refused(stack_: Rotating) -> None:
    """And what belongs to somebody else."""
    del stack_.outputs["secret_arns"][Secret.BROKER_URL]
    with pytest.raises(UsageError, match="stack dev has no broker-url: there is nothing to rotate"):
        stack_.rotate("broker")
    stack_.values["databaseHost"] = "db.example.com"
    with pytest.raises(UsageError, match="uses an existing database: change the password there"):
        stack_.rotate("database")
    assert stack_.ups == []


@pytest.mark.parametrize("kind", ["api", "admin"])
def test_a_value_of_which_there_is_one_is_replaced(stack_: Rotating, kind: str) -> None:
    """In one step, which a second command finishes."""
    stack_.broken = 1
    with pytest.raises(StoppedError):
        stack_.rotate(kind)
    assert stack_.rotate(kind).names == ("2",)
    assert stack_.ups == ["2", "2"]
    assert stack_.rotate(kind).names == ("3",)
    assert stack_.commands == []


def test_a_rotation_of_a_sleeping_stack_is_refused(stack_: Rotating) -> None:
    """Nothing would get the new value, and the database does not answer."""
    stack_.values["asleep"] = "true"
    with pytest.raises(UsageError, match="stack dev is asleep"):
        stack_.rotate("fernet")
    assert stack_.ups == []


def test_the_command_changes_the_stacks_file(stack: Deployed) -> None:
    """And deploys it, with a preview before; `pulumi` is played."""
    (stack.folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    stack.knows(secret_arns={"admin-password": SECRET, "api-secret-key": SECRET})
    done = stack.run("rotate", "api")
    assert done.code == 0, done.err
    assert done.out == (
        "api of stack dev is rotated. Commit Pulumi.dev.yaml: another deployment would change it back\n"
    )
    assert done.err.startswith("api: 2 takes the place of the former value\n")
    calls = [
        one for one in pulumi.calls(stack.folder / "bin") if one.startswith(("config s", "preview", "up"))
    ]
    assert calls[0].startswith("config set-all --path --plaintext apiSecretKeyName=2 ")
    assert [one.split()[0] for one in calls] == ["config", "preview", "up"]


def test_a_list_is_written_as_strings(stack: Deployed) -> None:
    """As a whole: what was there before goes first, in the same copy of the file."""
    pulumi.install(
        stack.folder / "bin",
        outputs=stack.outputs,
        configuration={"aws:region": REGION, "airflow-ecs:fernetKeyNames": '["1"]'},
    )
    (stack.folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    Stack("dev", stack.folder).configure({FERNET: ["2", "1"]})
    calls = [one.split() for one in pulumi.calls(stack.folder / "bin") if one.startswith("config ")]
    copies = {one[one.index("--config-file") + 1] for one in calls}
    written = [one[1 : one.index("--config-file")] for one in calls if one[1] in {"rm-all", "set"}]
    assert written == [
        ["rm-all", "--path", FERNET],
        ["set", "--path", "--type", "string", "--plaintext", f"{FERNET}[0]", "2"],
        ["set", "--path", "--type", "string", "--plaintext", f"{FERNET}[1]", "1"],
    ]
    assert len(copies) == 2, "one to read, one to write"
    assert not [*stack.folder.glob(".Pulumi*")]


def test_a_change_that_pulumi_refuses_leaves_the_file(stack: Deployed) -> None:
    """As it was, also where an earlier part of it was written."""
    file = stack.folder / "Pulumi.dev.yaml"
    file.write_text("config: {}\n")
    errors = {"config set": "error: no such key"}
    pulumi.install(stack.folder / "bin", outputs=stack.outputs, configuration={}, errors=errors)
    with pytest.raises(UsageError, match="no such key"):
        Stack("dev", stack.folder).configure({"nat": "none", FERNET: ["2"]})
    assert file.read_text() == "config: {}\n"
    assert not [*stack.folder.glob(".Pulumi*")]


@pytest.mark.parametrize("kind", ["fernet", "api", "admin"])
def test_what_nothing_waits_for_cannot_be_dropped_at_once(stack: Deployed, kind: str) -> None:
    """One line, exit code 2."""
    done = stack.run("rotate", kind, "--leaked")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--leaked is for jwt, database, broker" in done.err


def _definition(stack: Deployed, version: str) -> None:
    """Deploy the scheduler with a version of the Fernet key."""
    ecs = stack.client("ecs")
    ecs.register_task_definition(
        family="air-scheduler",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "scheduler",
                "image": "x",
                "memory": 256,
                "secrets": [{"name": "AIRFLOW__CORE__FERNET_KEY", "valueFrom": "arn:aws:x"}],
                "environment": [
                    {"name": former_tasks.VERSIONS, "value": f"fernet-key={version} jwt-private-keys=9"},
                    {"name": "AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME", "value": "172800"},
                    {"name": "AIRFLOW__API_AUTH__JWT_LEEWAY", "value": "120"},
                ],
            }
        ],
    )
    ecs.update_service(cluster="air", service="air-scheduler", taskDefinition="air-scheduler")


def _task(stack: Deployed, family: str) -> str:
    (service,) = stack.client("ecs").describe_services(cluster="air", services=[family])["services"]
    network = service["networkConfiguration"]
    ran = stack.client("ecs").run_task(
        cluster="air", taskDefinition=family, launchType="FARGATE", networkConfiguration=network
    )
    return ran["tasks"][0]["taskArn"].rpartition("/")[2]


def test_tasks_with_a_former_value_are_found(stack: Deployed) -> None:
    """By the version in their definition; those that do not have the secret do not matter."""
    cluster = Cluster("dev", "123456789012", OUTPUTS, stack.client)
    _definition(stack, "one")
    former = _task(stack, "air-scheduler")
    _task(stack, "air-api")
    assert former_tasks.find(cluster, Secret.FERNET_KEY) == []
    _definition(stack, "two")
    (found,) = former_tasks.find(cluster, Secret.FERNET_KEY)
    assert found.endswith(former)
    assert former_tasks.find(cluster, Secret.JWT_PRIVATE_KEYS) == []


@pytest.mark.parametrize(("single", "hours"), [("", 0), ("true", 12)])
def test_the_longest_life_of_a_token_counts(stack: Deployed, single: str, hours: int) -> None:
    """With `singleTask` former tasks sign for as long as a task may run."""
    _definition(stack, "one")
    cluster = Cluster("dev", "123456789012", OUTPUTS, stack.client)

    class Configured:
        """A stack with one setting."""

        setting = staticmethod({"singleTask": single}.get)

    configured: Any = Configured()
    assert token_lifetime(configured, cluster) == timedelta(hours=48 + hours, seconds=120)


def test_a_wait_shows_what_it_waits_for(stack_: Rotating, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, until Ctrl-C; what was done stays."""
    interrupt_pauses(monkeypatch)
    stack_.running = ["air-scheduler/abc"]
    stack: Any = stack_
    run = rotation._Run(  # pyright: ignore[reportPrivateUsage]
        stack, "fernet", leaked=False, wait_seconds=60, write=stack_.written.append
    )
    with pytest.raises(KeyboardInterrupt):
        run.all_steps()
    assert stack_.written[-1].startswith("fernet: waits: tasks run with the former value")
