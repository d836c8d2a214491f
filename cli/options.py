"""Options that several verbs have: their types and help."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

StackName = Annotated[str, Parameter("--stack", help="The Pulumi stack.")]
Workspace = Annotated[
    Path | None,
    Parameter(
        "--workspace",
        help="Folder with Pulumi.yaml; default: $AIRFLOW_ECS_WORKSPACE, else as for Pulumi the current "
        "folder or the nearest one above it.",
    ),
]
AsJson = Annotated[bool, Parameter("--json", help="Print the answer as JSON.")]
AlwaysJson = Annotated[
    bool, Parameter("--json", help="As other commands have it: the answer is always JSON.")
]
Refresh = Annotated[bool, Parameter("--refresh", help="Refresh the state from AWS first.")]
AllowDataLoss = Annotated[
    bool, Parameter("--allow-data-loss", help="Allow stateful resources to be replaced or deleted.")
]
WaitSeconds = Annotated[
    float,
    Parameter("--wait-seconds", help="How long to wait for another update of the stack.", show_default=True),
]
Out = Annotated[Path | None, Parameter("--out", help="File to write; default: print to stdout.")]
Project = Annotated[
    Path | None,
    Parameter(
        "--project",
        help="Folder of the project; default: the current one, or the nearest above it with Pulumi.yaml.",
    ),
]
