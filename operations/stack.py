"""What a deployed stack tells about itself."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from components.base.aws_session import session
from components.model.aws.aws_access import AwsAccess
from components.model.secrets import Secret
from operations import workspace


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack, its outputs, and the identity with which it calls AWS."""

    name: str
    outputs: dict[str, Any]
    access: AwsAccess
    region: str = ""
    """`aws:region`; empty: that of the secret."""

    @property
    def url(self) -> str:
        """Where Airflow is."""
        return self.outputs["url"]

    @property
    def home_region(self) -> str:
        """The region that its resources are in."""
        return self.region or next(iter(self.outputs["secret_arns"].values())).split(":")[3]

    def password(self) -> str:
        """Read the administrator's password from Secrets Manager.

        Raises:
            SystemExit: no credentials, or not those of the stack's account; one line with the remedy.
        """
        arn = self.outputs["secret_arns"][Secret.ADMIN_PASSWORD]
        try:
            opened: Any = session(self.access, self.region or arn.split(":")[3])
            return opened.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        except (BotoCoreError, ClientError) as error:
            sys.exit(
                f"the password of stack {self.name} cannot be read: {error}. Select credentials of account "
                f"{arn.split(':')[4]} with AWS_PROFILE, aws:profile or aws:assumeRoles"
            )


def read(name: str, folder: Path) -> Stack:
    """Read the outputs of a stack, with the Pulumi backend that is logged in to.

    Args:
        name: the stack's.
        folder: the one with `Pulumi.yaml` and the stack's file.

    Raises:
        SystemExit: no such stack, it was never brought up, or there is no Pulumi.
    """
    workspace.check(folder)
    outputs = _pulumi(name, folder, "stack", "output")
    if "url" not in outputs:
        sys.exit(f"stack {name} has no outputs yet: run `pulumi up --stack {name}` first")
    configuration = _configuration(name, folder)
    return Stack(
        name=name,
        outputs=outputs,
        access=_access(configuration),
        region=configuration.get("aws:region", ""),
    )


def access(name: str, folder: Path) -> AwsAccess:
    """Read the identity with which a stack calls AWS; the stack need not be deployed.

    Args:
        name: the stack's.
        folder: the one with `Pulumi.yaml` and the stack's file.

    Raises:
        SystemExit: no such stack, or there is no Pulumi.
    """
    workspace.check(folder)
    return _access(_configuration(name, folder))


def setting(name: str, folder: Path, key: str) -> str:
    """Read a stack's setting of this project; empty where it is not set.

    Args:
        name: the stack's.
        folder: the one with `Pulumi.yaml` and the stack's file.
        key: as in the stack's file, without the project's name.
    """
    workspace.check(folder)
    values = _configuration(name, folder)
    return next((value for full, value in values.items() if full.rpartition(":")[2] == key), "")


def _configuration(name: str, folder: Path) -> dict[str, str]:
    """Read a stack's values by full key; lists as JSON."""
    return {key: entry.get("value", "") for key, entry in _pulumi(name, folder, "config").items()}


def _access(configuration: Mapping[str, str]) -> AwsAccess:
    roles = json.loads(configuration.get("aws:assumeRoles") or "[]")
    return AwsAccess.of_provider(configuration.get("aws:profile"), roles)


def _pulumi(name: str, folder: Path, *command: str) -> dict[str, Any]:
    done = subprocess.run(
        ["pulumi", *command, "--json", "--stack", name],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"stack {name} cannot be read: {done.stderr.strip()}")
    return json.loads(done.stdout)
