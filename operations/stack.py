"""What a deployed stack tells about itself."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import boto3


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack and its outputs."""

    name: str
    outputs: dict[str, Any]

    @property
    def url(self) -> str:
        """Where Airflow is."""
        return self.outputs["url"]

    def password(self) -> str:
        """Read the administrator's password from Secrets Manager."""
        arn = self.outputs["secret_arns"]["admin-password"]
        session: Any = boto3.Session(region_name=arn.split(":")[3])
        return session.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]


def read(name: str) -> Stack:
    """Read the outputs of a stack of this project, with the Pulumi backend that is logged in to.

    Raises:
        SystemExit: no such stack, it was never brought up, or there is no Pulumi.
    """
    if shutil.which("pulumi") is None:
        sys.exit("no pulumi on PATH: install it, or take the one of this machine's cluster (. .local/env)")
    done = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", name], check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"stack {name} cannot be read: {done.stderr.strip()}")
    outputs = json.loads(done.stdout)
    if "url" not in outputs:
        sys.exit(f"stack {name} has no outputs yet: run `pulumi up --stack {name}` first")
    return Stack(name=name, outputs=outputs)
