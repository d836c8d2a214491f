"""A script in the place of `pulumi`, which does with a stack's file what Pulumi does.

Pulumi saves the salt of a stack's secrets into its file, or into the one that `--config-file` names:
https://github.com/pulumi/pulumi/blob/v3.200.0/pkg/cmd/pulumi/config/io.go#L174
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SCRIPT = """\
#!/bin/sh
known=$(dirname "$0")
[ "$1" = --non-interactive ] && shift
echo "$*" >> "$known/calls"
[ "$1" = version ] && echo v3.200.0 && exit
first=$1 name=$1 stack= file= log=
case $2 in -*) ;; *) name="$1 $2" ;; esac
secrets=no
while [ $# -gt 0 ]; do
  case $1 in
  --stack) stack=$2 ;;
  --config-file) file=$2 ;;
  --event-log) log=$2 ;;
  --show-secrets) secrets=yes ;;
  esac
  shift
done
here=$known/$stack
[ -d "$here" ] || { echo "error: no stack named '$stack' found" >&2; exit 1; }
case $first,$name,$secrets in
config,* | preview,* | up,* | destroy,* | *,"stack history",yes)
  file=${file:-Pulumi.$stack.yaml}
  grep -qs encryptionsalt "$file" || echo "encryptionsalt: v1:of-somebody" >> "$file" ;;
esac
[ -z "$log" ] || cat "$here/events $first" > "$log" 2>/dev/null || cat "$here/events" > "$log"
if [ -e "$here/error $name" ]; then cat "$here/error $name" >&2; exit 1; fi
[ -e "$here/$name" ] && cat "$here/$name" || echo "{}"
"""
CANCEL: dict[str, Any] = {"sequence": 100, "timestamp": 0, "cancelEvent": {}}
"""The last event: without it, the Automation API waits for more."""
DONE: dict[str, Any] = {
    "sequence": 99,
    "timestamp": 0,
    "summaryEvent": {
        "maybeCorrupt": False,
        "durationSeconds": 0,
        "resourceChanges": {},
        "PolicyPacks": {},
    },
}
UPDATE: dict[str, Any] = {
    "kind": "update",
    "startTime": "2026-01-01T00:00:00.000Z",
    "message": "",
    "environment": {},
    "config": {},
    "result": "succeeded",
}


def install(
    folder: Path,
    stack: str = "dev",
    *,
    outputs: Mapping[str, Any] | None = None,
    configuration: Mapping[str, str] | None = None,
    resources: Sequence[Mapping[str, Any]] | None = None,
    events: list[dict[str, Any]] | None = None,
    events_of_up: list[dict[str, Any]] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Path:
    """Write `pulumi` into a folder, and what it knows of a stack; return the folder, for PATH.

    Args:
        folder: it may know other stacks.
        stack: the stack's name.
        outputs: those of the stack.
        configuration: its values by full key.
        resources: those of its state.
        events: of each operation,
        events_of_up: but of this one.
        errors: what a command prints before it fails, such as `up`, `config` or `stack output`.
    """
    (folder / stack).mkdir(parents=True, exist_ok=True)
    program = folder / "pulumi"
    program.write_text(SCRIPT)
    program.chmod(0o755)
    values = {key: {"value": value, "secret": False} for key, value in (configuration or {}).items()}
    answers: dict[str, Any] = {
        "stack output": outputs or {},
        "config": values,
        "stack export": {"version": 3, "deployment": {"resources": [*(resources or [])]}},
        "stack history": [UPDATE],
    }
    for name, answer in answers.items():
        (folder / stack / name).write_text(json.dumps(answer))
    for name, found in (("events", events), ("events up", events_of_up)):
        if found is not None or name == "events":
            lines = (json.dumps(one) for one in [*(found or []), DONE, CANCEL])
            (folder / stack / name).write_text("".join(f"{line}\n" for line in lines))
    for name, printed in (errors or {}).items():
        (folder / stack / f"error {name}").write_text(f"{printed}\n")
    return folder


def calls(folder: Path) -> list[str]:
    """List the command lines that it was called with."""
    return (folder / "calls").read_text().splitlines()
