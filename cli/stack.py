"""A stack of Pulumi, as commands use it."""

import itertools
import json
import re
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli import stack_file, workspace
from cli.errors import UsageError, at_aws, one_line, reason, remedy
from components.base.aws_session import session
from components.model.aws.aws_access import AwsAccess
from components.model.secrets import Secret

if TYPE_CHECKING:
    import boto3
    from pulumi import automation as auto

PAGE: Final = 10
"""Updates that are read at a time."""
UNKNOWN: Final = re.compile("no stack named.*found")


class Stack:
    """A stack: its configuration and outputs, its own identity at AWS, and the engine's operations on it.

    Nothing is read before it is needed. The project's files are changed by `configure` alone.

    Attributes:
        name: the stack's.
        workspace: the folder with `Pulumi.yaml` and the stack's file.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        """Take a stack that need not exist yet; without a folder, in the default one.

        Raises:
            UsageError: no Pulumi, or no project.
        """
        self.name = name
        self.workspace = folder or workspace.default()
        workspace.check(self.workspace)

    @cached_property
    def configuration(self) -> dict[str, str]:
        """Its values by full key; lists and mappings as JSON; without secret values.

        Raises:
            UsageError: Pulumi cannot read it; as for everything below.
        """
        with stack_file.private_copy(self.workspace, self.name) as copy:
            read = self._pulumi("config", *(["--config-file", copy] if copy else []))
        return {key: entry.get("value", "") for key, entry in read.items()}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """Its outputs, without secret values."""
        found = self._pulumi("stack", "output")
        if "url" not in found:
            raise UsageError(
                f"stack {self.name} has no outputs yet: run `pulumi up --stack {self.name}` first"
            )
        return found

    @cached_property
    def deployed(self) -> list[dict[str, Any]]:
        """Its resources as they stand in Pulumi's state, secrets encrypted, without the Automation API."""
        deployment: dict[str, Any] = self._pulumi("stack", "export").get("deployment") or {}
        return deployment.get("resources", [])

    def setting(self, key: str) -> str:
        """Return a setting of the project by its key in the stack's file, without the project's name.

        Args:
            key: or a path, such as `workerGroups[0].count`.

        Returns:
            a list or mapping as JSON; empty where it is not set.
        """
        name, *steps = re.findall(r"[^.\[\]]+", key)
        written = next(
            (value for full, value in self.configuration.items() if full.rpartition(":")[2] == name), ""
        )
        if not steps or not written:
            return written
        found: Any = json.loads(written)
        for step in steps:
            try:
                found = found[int(step) if step.isdecimal() else step]
            except (IndexError, KeyError):
                return ""
        return found if isinstance(found, str) else json.dumps(found)

    @property
    def url(self) -> str:
        """Where Airflow is."""
        return self.outputs["url"]

    @property
    def region(self) -> str:
        """The region that its resources are in: `aws:region`, or that of its secrets."""
        return self.configuration.get("aws:region") or self._any_arn.split(":")[3]

    @property
    def account_id(self) -> str:
        """The account that its resources are in."""
        return self._any_arn.split(":")[4]

    @property
    def _any_arn(self) -> str:
        arns: Mapping[str, str] = self.outputs["secret_arns"]
        return next(iter(arns.values()))

    @property
    def access(self) -> AwsAccess:
        """The identity with which Pulumi's provider calls AWS: `aws:profile` and `aws:assumeRoles`."""
        roles = json.loads(self.configuration.get("aws:assumeRoles") or "[]")
        return AwsAccess.of_provider(self.configuration.get("aws:profile"), roles)

    def session(self) -> "boto3.Session":
        """Open a session with that identity, in its region; call it in `at_aws`, as all that uses it."""
        return session(self.access, self.region)

    @contextmanager
    def at_aws(self, what: str) -> Generator[None]:
        """Describe AWS's errors, with the account whose credentials are needed.

        Raises:
            UsageError: AWS refused, or could not be reached; one line.
        """
        account = f"account {self.account_id}"
        select = f"Select credentials of {account} with AWS_PROFILE, aws:profile or aws:assumeRoles"
        with at_aws(what, select):
            yield

    def password(self) -> str:
        """Read the administrator's password from Secrets Manager.

        Raises:
            UsageError: no credentials, or not those of the stack's account.
        """
        arn = self.outputs["secret_arns"][Secret.ADMIN_PASSWORD]
        with self.at_aws(f"the password of stack {self.name} cannot be read"):
            opened: Any = self.session()
            return opened.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]

    def preview(self, on_event: Callable[[Any], None], *, refresh: bool = False) -> None:
        """Preview an `up`.

        Raises:
            UsageError: there is no such stack.
            CommandError: of the Automation API; for each operation.
        """
        with self._engine() as (engine, copy):
            engine.preview(on_event=on_event, refresh=refresh or None, config_file=copy)

    def up(
        self, on_event: Callable[[Any], None], *, refresh: bool = False, policy_packs: list[str] | None = None
    ) -> "dict[str, auto.OutputValue]":
        """Bring it up, and return its outputs."""
        with self._engine() as (engine, copy):
            done = engine.up(
                on_event=on_event,
                refresh=refresh or None,
                policy_packs=policy_packs,
                config_file=copy,
                show_secrets=False,  # of the history: Pulumi would read the stack's file once more for them
            )
        self._forget()
        return dict(done.outputs)

    def destroy(self, on_event: Callable[[Any], None]) -> None:
        """Delete its resources."""
        with self._engine() as (engine, copy):
            engine.destroy(on_event=on_event, config_file=copy, show_secrets=False)
        self._forget()

    def protected(self) -> list[str]:
        """Name the resources that the engine would refuse to delete."""
        held = self.resources()
        return sorted({one["urn"].rsplit("::", 1)[1] for one in held if one.get("protect")})

    def resources(self) -> list[dict[str, Any]]:
        """List its resources as they stand in Pulumi's state, secrets encrypted."""
        with self._engine() as (engine, _):
            return (engine.export_stack().deployment or {}).get("resources", [])

    def configure(self, values: Mapping[str, str | Sequence[str] | None]) -> None:
        """Write settings into the stack's file, all of them or none.

        Args:
            values: by key, or by a path such as `loadBalancerAllowedCidrs[0]`; a list of strings as a whole;
                None removes one.

        Raises:
            UsageError: Pulumi refuses a key or value, or there is no such stack.
        """
        if not values:
            return
        single = [f"{key}={value}" for key, value in values.items() if isinstance(value, str)]
        lists = {
            key: value for key, value in values.items() if value is not None and not isinstance(value, str)
        }
        # Pulumi replaces no list: its items are set one by one.
        gone = [key for key, value in values.items() if value is None or (key in lists and self.setting(key))]
        with stack_file.rewritten(self.workspace, self.name) as copy:
            into = ["--config-file", copy] if copy else []
            if single:
                words = [word for one in single for word in ("--plaintext", one)]
                self._pulumi("config", "set-all", "--path", *words, *into)
            if gone:
                self._pulumi("config", "rm-all", "--path", *gone, *into)
            for key, items in lists.items():
                for number, item in enumerate(items):
                    # Else a path's number would not be a string.
                    words = ["--path", "--type", "string", "--plaintext", f"{key}[{number}]", item]
                    self._pulumi("config", "set", *words, *into)
        self._forget()

    def updates(self) -> Iterator[Mapping[str, Any]]:
        """Read the stack's updates, the newest first, with `kind`, `result`, `endTime` and `config`.

        https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_history/
        """
        for page in itertools.count(1):
            found: Any = self._pulumi("stack", "history", "--page-size", str(PAGE), "--page", str(page))
            yield from found
            if len(found) < PAGE:
                return

    def _forget(self) -> None:
        for name in ("configuration", "outputs", "deployed"):
            self.__dict__.pop(name, None)

    @contextmanager
    def _engine(self) -> "Generator[tuple[auto.Stack, str | None]]":
        """Select the stack for the Automation API, with the file that the engine may write into."""
        from cli import automation  # noqa: PLC0415 - what only reads does without: it takes a quarter of a second

        try:
            engine = automation.select(self.name, self.workspace)
        except automation.CommandError as error:
            raise UsageError(self._unreadable(str(error))) from None
        with stack_file.private_copy(self.workspace, self.name) as copy:
            yield engine, copy

    def _pulumi(self, *command: str) -> dict[str, Any]:
        reads = command[1:2] not in (("set",), ("set-all",), ("rm-all",))
        form = ["--json"] if reads and command[1:2] != ("export",) else []  # which has no other form
        done = subprocess.run(
            ["pulumi", *command, *form, "--non-interactive", "--stack", self.name],
            cwd=self.workspace,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise UsageError(self._unreadable(done.stderr))
        return json.loads(done.stdout) if reads else {}

    def _unreadable(self, printed: str) -> str:
        if UNKNOWN.search(printed):
            return f"there is no stack {self.name}: make it with `pulumi stack init {self.name}`"
        why = one_line(reason(printed)).removeprefix("error: ").rstrip(".")
        advice = remedy(printed)
        return f"stack {self.name} cannot be read: {why}{f'. {advice}' if advice else ''}"
